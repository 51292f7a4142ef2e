//! The boards in `grafana/boards`, written here and compared with the files. After a change:
//!
//! ```sh
//! BOARDS=write cargo test --test boards
//! ```
//!
//! Grafana's JSON repeats forty lines for each panel; here a panel says only what is its own. What every board must be is
//! asked of the files themselves in `it/compose/boards.rs`, whether they tell the truth in `it/tells_the_truth.rs`.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking, its support too")]

#[path = "boards/annotation.rs"]
mod annotation;
#[path = "boards/board.rs"]
mod board;
#[path = "boards/colour.rs"]
mod colour;
#[path = "boards/delays.rs"]
mod delays;
#[path = "boards/destination.rs"]
mod destination;
#[path = "boards/overview.rs"]
mod overview;
#[path = "boards/panel.rs"]
mod panel;
#[path = "boards/replicas.rs"]
mod replicas;

#[path = "boards/rules.rs"]
mod rules;
#[path = "boards/table.rs"]
mod table;
#[path = "boards/variable.rs"]
mod variable;

use std::path::{Path, PathBuf};

use board::Board;

fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn boards() -> [Board; 4] {
    [overview::board(), destination::board(), replicas::board(), delays::board()]
}

#[test]
fn the_files_are_what_is_written_here() {
    for board in boards() {
        let file = project("grafana/boards").join(format!("{}.json", board.file()));
        let json = board.json();
        let text = format!("{}\n", serde_json::to_string_pretty(&json).unwrap());
        if std::env::var("BOARDS").is_ok_and(|wish| wish == "write") {
            std::fs::write(&file, &text).unwrap();
        }
        let there = std::fs::read_to_string(&file).unwrap_or_default();
        let place = there.lines().zip(text.lines()).position(|(old, new)| old != new);
        assert!(
            there == text,
            "{} differs from tests/boards/{}.rs, first in line {}: BOARDS=write cargo test --test boards",
            file.display(),
            board.file(),
            place.map_or(0, |line| line + 1)
        );
    }
}

#[test]
fn no_other_board_lies_about() {
    let mut there: Vec<String> = std::fs::read_dir(project("grafana/boards"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    there.sort();
    let mut written = boards().map(|board| format!("{}.json", board.file()));
    written.sort();
    assert_eq!(there, written);
}

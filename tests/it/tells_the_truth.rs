//! The consumer's boards, rules and counts tell the truth: a run with failures of many kinds is watched by a real Prometheus,
//! and then everything that people would ask is asked, and key figures are held against the receivers' own.
//! The run is in `scene`, what happened in `truth`, the figures in `figures`; what is asked is in `boards` and `rules`, how
//! it is judged in `checks`, and what may answer nothing in `excused`.

mod boards;
mod checks;
mod excused;
mod figures;
mod rules;
mod scene;
mod truth;

use std::process::Command;

use checks::Checks;
use excused::{UNACCOUNTED, UNACCOUNTED_OF_EACH};
use scene::Scene;

use crate::compose::file::project;
use crate::support::cluster::Cluster;
use crate::support::prometheus::{Prometheus, Series, Span};
use crate::support::{note, skipped};

#[test]
fn what_boards_and_rules_say_of_a_run_is_what_happened() {
    const NAME: &str = "boards and rules in a real Prometheus";
    let Some(cluster) = Cluster::apache() else { return skipped(NAME) };
    if !Prometheus::is_installed() {
        return note(&format!(
            "{NAME}: skipped, for there is no prometheus; install it with: apt-get install prometheus"
        ));
    }
    let mut scene = Scene::start(cluster);
    scene.play();

    let run = Span { from: scene.began, to: scene.ended };
    let checks = Checks::new(&scene.prometheus, run);
    let mut found = boards::wrong(&checks);
    found.extend(rules::wrong(&checks));
    let mut complaints = excused::complaints(&found, &excused::EMPTY);
    complaints.extend(rules::fired(&checks, &excused::FIRING));
    assert!(complaints.is_empty(), "of {} expressions, these are wrong: {complaints:#?}", found.len());

    let renamed = boards::renamed(&checks);
    assert!(!renamed.is_empty());
    for asked in renamed {
        assert_ne!(checks.wrong(&asked), [], "{} is not noticed", asked.place);
    }
    // Of times in which replicas come or go it says nothing.
    let alone = Checks::new(&scene.prometheus, Span { from: scene.settled, ..run });
    for panel in [UNACCOUNTED, UNACCOUNTED_OF_EACH] {
        for answer in boards::answers(&alone, panel) {
            let told: Vec<f64> = answer.unwrap().iter().filter_map(Series::last).collect();
            assert_eq!(told, [0.0], "{panel}, between two moments of quiet");
        }
    }
    draw(&scene.prometheus, run);
    scene.stop();
}

/// Draws the boards as they look after the run, where a folder for the pictures is named.
fn draw(prometheus: &Prometheus, run: Span) {
    let Some(folder) = std::env::var_os("KAFKA_WEBHOOKS_TEST_DRAW") else { return };
    let [from, to] = [run.from.floor(), run.to.ceil()].map(|time| time.to_string());
    let mut node = Command::new("node");
    node.current_dir(project()).args(["tests/draw/draw.mjs", "--prometheus", &prometheus.url()]);
    let status = node.args(["--from", &from, "--to", &to, "--out"]).arg(folder).status().unwrap();
    assert!(status.success(), "the boards could not be drawn: {status}");
}

//! What a person sees, in order: the opening, rows, the lines to try, warnings, the summary. Keeps account of what was said;
//! what a row or a line is, is decided by `story`, `table` and `words`.

use std::collections::HashSet;
use std::net::SocketAddr;

use anstyle::{AnsiColor, Style};

use super::scene::Scene;
use super::story::{Signatures, Story};
use super::table::Table;
use super::tally::Tally;
use super::words;
use crate::app::build;
use crate::cli::paint::Paint;
use crate::cli::say;
use crate::route::destination::{Destination, Sends};
use crate::stage::notice::Notice;

/// The course of what is said.
#[derive(Debug)]
pub(super) struct Show {
    paint: Paint,
    table: Table,
    story: Story,
    opening: Vec<String>,
    invitation: Option<Vec<String>>,
    has_head: bool,
}

/// Characters of a destination's id, or of that and the longest name of a mapping.
fn width(destination: &Destination) -> usize {
    let id = destination.id.as_str().len();
    let Sends::Mappings(mappings) = &destination.sends else { return id };
    let names = mappings.iter().filter_map(|mapping| mapping.name.as_deref());
    id + names.map(|name| 1 + name.chars().count()).max().unwrap_or(0)
}

impl Show {
    /// Takes the scene's signatures, for it tells the story from here on.
    pub(super) fn new(paint: Paint, scene: &mut Scene, admin: SocketAddr) -> Self {
        let signatures = std::mem::replace(&mut scene.signatures, Signatures::Sent(HashSet::new()));
        let destinations = scene.destinations();
        let longest = scene.config.destinations.iter().map(width).max().unwrap_or(0);
        Self {
            paint,
            table: Table { paint, destination: longest.max(2) },
            story: Story::new(signatures),
            opening: words::opening(scene.places(admin), &destinations, &scene.remarks),
            invitation: Some(words::to_try(paint, &scene.config, &build::topics(&scene.config), admin)),
            has_head: false,
        }
    }

    /// Says what runs where.
    pub(super) fn open(&mut self) {
        for (number, line) in std::mem::take(&mut self.opening).iter().enumerate() {
            say(&if number == 0 { self.paint.paint(Style::new().bold(), line) } else { line.clone() });
        }
    }

    /// Says which lines to try, once.
    pub(super) fn invite(&mut self) {
        let lines = self.invitation.take().into_iter().flatten();
        // The opening ends with an empty line already.
        lines.skip(usize::from(!self.has_head)).for_each(|line| say(&line));
    }

    /// Tells what happened.
    pub(super) fn tell(&mut self, notice: Notice) {
        let Some(row) = self.story.hear(notice) else { return };
        if !std::mem::replace(&mut self.has_head, true) {
            say(&self.table.head());
        }
        say(&self.table.row(&time(), &row));
    }

    /// Warns of what a person should know now.
    pub(super) fn warn(&mut self, text: &str) {
        say(&self.paint.paint(AnsiColor::Red.on_default().bold(), &format!("warning: {text}")));
    }

    /// Says what came of it all; so many rows were left out.
    pub(super) fn close(&mut self, missed: u64) {
        say("");
        if missed > 0 {
            say(&format!("{missed} notices came too fast to be shown and are not counted here; /metrics had them all"));
        }
        say(&self.paint.paint(Style::new().bold(), &format!("stopped: {}", self.story.tally)));
    }

    /// The counts so far.
    pub(super) fn tally(&self) -> Tally {
        self.story.tally
    }

    /// What is over so far.
    pub(super) fn settled(&self) -> u64 {
        self.story.tally.settled()
    }
}

/// The time of the day, where we are.
fn time() -> String {
    jiff::Zoned::now().strftime("%H:%M:%S%.3f").to_string()
}

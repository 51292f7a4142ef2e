//! How far a command has come, on one line that is written over: only where standard error is a terminal, and only once
//! it takes longer than a second.

use std::io::{IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

/// After so long a person wants to know.
const SILENCE: Duration = Duration::from_secs(1);
/// Between two looks.
const PACE: Duration = Duration::from_millis(200);

/// The line.
#[derive(Debug)]
pub(super) struct Progress {
    what: &'static str,
    of: u64,
    done: u64,
    next: Instant,
    is_shown: bool,
    is_wanted: bool,
}

impl Progress {
    /// Nothing of so many is done yet.
    pub(super) fn new(what: &'static str, of: u64) -> Self {
        let is_wanted = std::io::stderr().is_terminal();
        Self { what, of, done: 0, next: Instant::now() + SILENCE, is_shown: false, is_wanted }
    }

    /// One more is done.
    pub(super) fn step(&mut self) {
        self.done += 1;
        // A clock is dearer than a record.
        if self.is_wanted && self.done.is_multiple_of(64) {
            self.look();
        }
    }

    /// Shows how far it is, if it is time.
    pub(super) fn look(&mut self) {
        let now = Instant::now();
        if self.is_wanted && now >= self.next {
            self.next = now + PACE;
            self.is_shown = true;
            // There is nobody left to tell when that fails.
            let _ = write!(std::io::stderr().lock(), "\r{}\u{1b}[K", text(self.what, self.done, self.of));
        }
    }
}

impl Drop for Progress {
    /// Takes the line away.
    fn drop(&mut self) {
        if self.is_shown {
            let _ = write!(std::io::stderr().lock(), "\r\u{1b}[K");
        }
    }
}

fn text(what: &str, done: u64, of: u64) -> String {
    // Compaction leaves gaps, so there may be fewer than that.
    let percent = done.min(of) * 100 / of.max(1);
    format!("{what}: {done} ({percent} %)")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_what_and_how_far() {
        assert_eq!(text("sending", 250, 1000), "sending: 250 (25 %)");
        assert_eq!(text("reading", 0, 0), "reading: 0 (0 %)");
        assert_eq!(text("reading", 7, 5), "reading: 7 (100 %)");
    }
}

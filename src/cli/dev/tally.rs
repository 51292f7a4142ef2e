//! What came of the deliveries so far, and whether that is what `--exit-after` waits for.
//! Plain data; time is an argument.

use std::fmt;
use std::time::Duration;

/// Counts since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    /// Deliveries with a 2xx.
    pub(super) delivered: u64,
    /// Attempts after the first.
    pub(super) retried: u64,
    /// Deliveries that wait for another attempt.
    pub(super) waiting: u64,
    /// Dead letters.
    pub(super) dead_lettered: u64,
}

/// What `--exit-after` asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Goal {
    /// Deliveries with a 2xx.
    pub(super) delivered: u64,
    /// Within so long.
    pub(super) within: Duration,
}

/// How a goal stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Reached,
    Missed,
    Open,
}

impl Goal {
    /// How it stands after so long; what was reached in time stays reached.
    pub(super) fn standing(self, tally: Tally, after: Duration) -> Standing {
        if tally.delivered >= self.delivered {
            Standing::Reached
        } else if after >= self.within {
            Standing::Missed
        } else {
            Standing::Open
        }
    }
}

impl Tally {
    /// Deliveries and records that are over.
    pub(super) fn settled(self) -> u64 {
        self.delivered + self.dead_lettered
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { delivered, retried, waiting, dead_lettered } = self;
        let times = if *retried == 1 { "time" } else { "times" };
        write!(f, "delivered {delivered}, retried {retried} {times}, dead-lettered {dead_lettered}")?;
        if *waiting > 0 { write!(f, "; {waiting} still waited for another attempt") } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_goal_is_reached_by_deliveries_and_missed_by_time() {
        let goal = Goal { delivered: 5, within: Duration::from_secs(60) };
        let after = |delivered, seconds| {
            goal.standing(Tally { delivered, retried: 9, waiting: 9, dead_lettered: 9 }, Duration::from_secs(seconds))
        };
        assert_eq!(after(4, 59), Standing::Open);
        assert_eq!(after(4, 60), Standing::Missed);
        assert_eq!(after(5, 59), Standing::Reached);
        assert_eq!(after(5, 60), Standing::Reached);
    }

    #[test]
    fn the_summary_counts_in_words() {
        let tally = Tally { delivered: 6, retried: 1, waiting: 0, dead_lettered: 3 };
        assert_eq!(tally.to_string(), "delivered 6, retried 1 time, dead-lettered 3");
        assert_eq!(tally.settled(), 9);
        let waiting = Tally { retried: 2, waiting: 4, ..Tally::default() };
        assert_eq!(
            waiting.to_string(),
            "delivered 0, retried 2 times, dead-lettered 0; 4 still waited for another attempt"
        );
    }
}

//! Credit for returning records: how many may lie in front of a stranger's fresh event.
//! A partition of the deliveries topic takes returning records only while the deliver group is close behind them, so a wave
//! of half a million trickles in as it is settled. That group commits twice a second, so credit comes in large pieces; it is
//! used up in small ones, lest a fresh event find a whole allowance in front of it each time.

use std::time::Duration;

use crate::outcome::time::Moment;

/// Returned records that may lie unsettled in one partition of the deliveries topic.
pub const ALLOWANCE: u64 = 4_000;

/// The part of the allowance that may be used within a stretch of time: all of it in less than the half second in which it
/// is renewed.
const PART: u64 = 8;
/// A little less than the driver's tick of 50 ms, so that each tick begins another one.
const STRETCH: Duration = Duration::from_millis(40);

/// The credit of one partition of the deliveries topic.
#[derive(Clone, Copy, Debug, Default)]
pub struct Credit {
    /// Appends that were asked for, in all.
    asked: u64,
    /// Appends that were confirmed or given up, in all.
    ended: u64,
    /// The deliver group's lag when last observed, with the ended appends it surely includes.
    observed: Option<(u64, u64)>,
    /// When the present stretch of time began, with the appends asked for before it.
    stretch: Option<(Moment, u64)>,
}

impl Credit {
    /// Whether one more record may return, if so many may lie unsettled; never before a first observation.
    pub fn allows(&mut self, allowance: u64, now: Moment) -> bool {
        let is_close = self.observed.is_some_and(|(lag, included)| lag + (self.asked - included) < allowance);
        is_close && self.asked - self.before(now) < (allowance / PART).max(1)
    }

    /// Counts a returning record.
    pub fn ask(&mut self) {
        self.asked += 1;
    }

    /// Counts its confirmation, or that it was given up.
    pub fn end(&mut self) {
        self.ended += 1;
    }

    /// What an observation that begins now is sure to include; to be handed back with it.
    pub fn mark(&self) -> u64 {
        self.ended
    }

    /// Takes an observation of the lag that began at `mark`.
    pub fn observe(&mut self, lag: u64, mark: u64) {
        self.observed = Some((lag, mark));
    }

    /// Appends that were asked for before this stretch of time.
    fn before(&mut self, now: Moment) -> u64 {
        let begun = self.stretch.filter(|(began, _)| now.since(*began) < STRETCH);
        let (began, before) = begun.unwrap_or((now, self.asked));
        self.stretch = Some((began, before));
        before
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_than_the_allowance_lies_in_front_of_a_fresh_event() {
        let mut credit = Credit::default();
        let mut now = Moment::default();
        assert!(!credit.allows(ALLOWANCE, now), "nothing is known yet");
        credit.observe(1_000, credit.mark());
        let mut returned = 0;
        let mut stretches = 0;
        while credit.allows(ALLOWANCE, now) {
            while credit.allows(ALLOWANCE, now) {
                credit.ask();
                returned += 1;
            }
            stretches += 1;
            assert!(returned <= stretches * ALLOWANCE / PART, "{returned} in {stretches}");
            now = now.plus(STRETCH);
        }
        assert_eq!(returned, ALLOWANCE - 1_000);
        // An observation that began before their confirmation does not set them free.
        credit.observe(0, credit.mark());
        assert_eq!(credit.allows(ALLOWANCE, now), returned < ALLOWANCE);
        (0..returned).for_each(|_| credit.end());
        credit.observe(returned, credit.mark());
        assert!(credit.allows(ALLOWANCE, now));
    }
}

//! Credit for returning records: how many may lie in front of a stranger's fresh event.
//! A partition of the deliveries topic takes returning records only while few of them are unsettled there, so a wave of half
//! a million trickles in as it is settled. What others wrote there does not count: a lane that holds the offset back for a
//! while must not keep its neighbours' retries, nor its own, from coming back.
//! The deliver group commits twice a second, so credit comes in large pieces; it is used up in small ones, lest a fresh
//! event find a whole allowance in front of it each time.

use std::collections::VecDeque;
use std::ops::Range;
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
#[derive(Clone, Debug, Default)]
pub struct Credit {
    /// Appends that were asked for, in all.
    asked: u64,
    /// Appends that were confirmed or given up, in all.
    ended: u64,
    /// How many of those asked for are surely settled, or were never appended.
    settled: u64,
    /// Ended appends that were surely there when the end of the partition was seen, in order, as far as they are not settled.
    seen: VecDeque<Seen>,
    observed: Option<Observed>,
    /// When the present stretch of time began, with the appends asked for before it.
    stretch: Option<(Moment, u64)>,
}

/// An end of the partition, and the ended appends that surely lie before it.
#[derive(Clone, Copy, Debug)]
struct Seen {
    end: i64,
    included: u64,
}

/// What was observed last.
#[derive(Clone, Copy, Debug)]
struct Observed {
    /// Unsettled records, with the ended appends that are surely among them, or settled.
    lag: u64,
    included: u64,
    /// Those that were there before the first observation: nobody knows which of them returned.
    before: u64,
    /// Where those end.
    first_end: i64,
}

impl Credit {
    /// Whether one more record may return, if so many may lie unsettled; never before a first observation.
    pub fn allows(&mut self, allowance: u64, now: Moment) -> bool {
        let unsettled = |own: &Observed| {
            let all = own.lag + (self.asked - own.included);
            all.min(own.before + (self.asked - self.settled))
        };
        let has_credit = self.observed.is_some_and(|own| unsettled(&own) < allowance);
        has_credit && self.asked - self.before(now) < (allowance / PART).max(1)
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

    /// Takes an observation that began at `mark`: the offsets from the committed one to the end.
    pub fn observe(&mut self, behind: &Range<i64>, mark: u64) {
        if self.seen.back().is_none_or(|last| last.included < mark) {
            self.seen.push_back(Seen { end: behind.end, included: mark });
        }
        while let Some(seen) = self.seen.front().filter(|seen| seen.end <= behind.start) {
            self.settled = seen.included;
            self.seen.pop_front();
        }
        let count = |end: i64| u64::try_from(end - behind.start).unwrap_or(0);
        let first_end = self.observed.map_or(behind.end, |own| own.first_end);
        self.observed = Some(Observed { lag: count(behind.end), included: mark, before: count(first_end), first_end });
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

    /// A credit that is asked once in each stretch of time.
    #[derive(Default)]
    struct Asked {
        credit: Credit,
        now: Moment,
    }

    impl Asked {
        fn observe(&mut self, behind: Range<i64>) {
            self.credit.observe(&behind, self.credit.mark());
        }

        fn allows(&mut self, allowance: u64) -> bool {
            self.now = self.now.plus(STRETCH);
            self.credit.allows(allowance, self.now)
        }

        /// Lets return what may within a stretch, and answers how many that were.
        fn at_once(&mut self) -> u64 {
            let before = self.credit.asked;
            self.now = self.now.plus(STRETCH);
            while self.credit.allows(ALLOWANCE, self.now) {
                self.credit.ask();
            }
            self.credit.asked - before
        }

        /// Lets return what may, and answers how many that were.
        fn all(&mut self) -> u64 {
            let pieces = std::iter::from_fn(|| Some(self.at_once()).filter(|piece| *piece > 0));
            pieces.inspect(|piece| assert!(*piece <= ALLOWANCE / PART, "{piece} at once")).sum()
        }

        fn return_at_once(&mut self, count: usize) {
            for _ in 0..count {
                self.credit.ask();
                self.credit.end();
            }
        }
    }

    #[test]
    fn no_more_than_the_allowance_lies_in_front_of_a_fresh_event() {
        let mut asked = Asked::default();
        assert!(!asked.allows(ALLOWANCE), "nothing is known yet");
        asked.observe(0..1_000);
        assert_eq!(asked.all(), ALLOWANCE - 1_000);
        // An observation that began before their confirmation does not set them free.
        asked.observe(1_000..1_000);
        assert_eq!(asked.all(), 1_000);
        (0..ALLOWANCE).for_each(|_| asked.credit.end());
        asked.observe(1_000..5_000);
        assert_eq!(asked.all(), 0);
        asked.observe(4_999..5_000);
        assert_eq!(asked.all(), ALLOWANCE - 1);
    }

    #[test]
    fn what_others_wrote_does_not_count() {
        let mut asked = Asked::default();
        asked.observe(0..0);
        asked.return_at_once(100);
        // Behind one that is not settled for long comes a stream of fresh ones.
        for end in [1_000, 10_000, 100_000] {
            asked.observe(5..end);
            assert!(asked.allows(101) && !asked.allows(100), "the hundred may all lie there yet");
        }
        asked.return_at_once(50);
        asked.observe(1_000..200_000);
        assert!(asked.allows(51) && !asked.allows(50), "the first hundred lay before the end that was seen first");
        asked.observe(200_000..200_000);
        assert!(asked.allows(1) && asked.credit.seen.is_empty());
    }
}

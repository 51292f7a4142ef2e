//! The pace of a lane: how fast it settles, what it has parked in delays, and so how long it is busy with what it has.
//! By this a parked record waits about as long as it would have waited in the lane, instead of coming back in vain.
//! Plain data; moments are arguments.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::outcome::time::Moment;

/// Over which time the rate is an average.
const MEMORY: f64 = 10.0;

/// The pace of one lane.
#[derive(Clone, Debug, Default)]
pub struct Pace {
    /// What was settled, the older the less.
    settled: f64,
    since: Option<Moment>,
    last: Moment,
    /// How many parked records come back, by the second.
    parked: BTreeMap<u64, usize>,
    /// All of them.
    away: usize,
}

impl Pace {
    /// Counts an attempt that ended.
    pub fn settled(&mut self, now: Moment) {
        self.fade(now);
        self.settled += 1.0;
    }

    /// Counts a record that comes back at a moment.
    pub fn parked(&mut self, back: Moment) {
        *self.parked.entry(second(back)).or_default() += 1;
        self.away += 1;
    }

    /// How long the lane is busy with what it holds and has parked, at its pace; `None` before anything was settled.
    pub fn time_for(&mut self, held: usize, now: Moment) -> Option<Duration> {
        self.fade(now);
        while let Some(back) = self.parked.first_entry().filter(|back| *back.key() < second(now)) {
            self.away -= back.remove();
        }
        let age = self.since.map_or(0.0, |since| now.since(since).as_secs_f64()).clamp(1.0, MEMORY);
        let rate = self.settled / age;
        // Counts of records are far below what a double holds exactly.
        (rate > 0.0).then(|| Duration::try_from_secs_f64((held + self.away) as f64 / rate).unwrap_or(Duration::MAX))
    }

    fn fade(&mut self, now: Moment) {
        self.since.get_or_insert(now);
        let passed = now.since(self.last).as_secs_f64();
        self.settled *= (-passed / MEMORY).exp();
        self.last = now;
    }
}

fn second(moment: Moment) -> u64 {
    moment.since(Moment::default()).as_secs()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: f64) -> Moment {
        Moment::after(Duration::from_secs_f64(seconds))
    }

    /// A lane that settles so many in each second for a minute.
    fn steady(per_second: u32) -> Pace {
        let mut pace = Pace::default();
        for index in 0..60 * per_second {
            pace.settled(at(f64::from(index) / f64::from(per_second)));
        }
        pace
    }

    #[test]
    fn a_lane_is_busy_as_long_as_its_pace_says() {
        let mut pace = steady(20);
        let seconds = |pace: &mut Pace, held, now| pace.time_for(held, at(now)).unwrap().as_secs_f64();
        let busy = seconds(&mut pace, 2_000, 60.0);
        assert!((90.0..110.0).contains(&busy), "{busy}");
        for _ in 0..2_000 {
            pace.parked(at(70.0));
        }
        let busy = seconds(&mut pace, 2_000, 60.0);
        assert!((180.0..220.0).contains(&busy), "{busy}");
        let later = seconds(&mut pace, 2_000, 71.0);
        assert!(later > 200.0, "nothing was settled for ten seconds: {later}");
        assert_eq!(pace.parked.len(), 0, "what came back is parked no more");
    }

    #[test]
    fn a_young_lane_is_judged_by_its_own_time() {
        let mut pace = Pace::default();
        assert_eq!(pace.time_for(1_000, at(5.0)), None);
        for _ in 0..100 {
            pace.settled(at(6.0));
        }
        let busy = pace.time_for(1_000, at(7.0)).unwrap().as_secs_f64();
        assert!((15.0..30.0).contains(&busy), "{busy}");
    }

    #[test]
    fn parked_records_are_counted_in_few_entries() {
        let mut pace = Pace::default();
        for index in 0..100_000_u32 {
            // Two tiers in turn.
            pace.parked(at(f64::from(index) / 10_000.0 + if index % 2 == 0 { 10.0 } else { 60.0 }));
        }
        assert!(pace.parked.len() <= 40, "{}", pace.parked.len());
        assert_eq!(pace.parked.values().sum::<usize>(), 100_000);
    }
}

//! The pace of a lane: how fast it settles, what it has parked in delays, and so how long it is busy with what it has.
//! By this a parked record waits about as long as it would have waited in the lane, instead of coming back in vain.
//! Plain data; moments are arguments.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::outcome::time::Moment;

/// Over which time the rate is an average.
const MEMORY: f64 = 10.0;
/// Seconds of work after which a pace is known.
const KNOWN_AFTER: f64 = 0.9;

/// The pace of one lane.
#[derive(Clone, Debug, Default)]
pub struct Pace {
    /// What was settled, the older the less.
    settled: f64,
    /// Seconds it was busy, the older the less. Idle time says nothing of a lane's pace.
    busy: f64,
    /// Since when it is busy, or was last looked at.
    since: Option<Moment>,
    /// How many parked records come back, by the second.
    parked: BTreeMap<u64, usize>,
    /// All of them.
    away: usize,
}

impl Pace {
    /// The lane has something to do again.
    pub fn begin(&mut self, now: Moment) {
        self.since = Some(now);
    }

    /// Counts an attempt that ended.
    pub fn settled(&mut self, now: Moment) {
        self.fade(now);
        self.settled += 1.0;
    }

    /// The lane has nothing to do.
    pub fn rest(&mut self, now: Moment) {
        self.fade(now);
        self.since = None;
    }

    /// The lane may do nothing before a moment, which says nothing of its pace either.
    pub fn excuse(&mut self, until: Moment) {
        self.since = self.since.map(|since| since.max(until));
    }

    /// What was known of its pace no longer holds; what it has parked still does.
    pub fn forget(&mut self) {
        (self.settled, self.busy) = (0.0, 0.0);
    }

    /// Counts a record that comes back at a moment.
    pub fn parked(&mut self, back: Moment) {
        *self.parked.entry(second(back)).or_default() += 1;
        self.away += 1;
    }

    /// How long the lane is busy with what it holds and has parked, at its pace; `None` before that is known.
    pub fn time_for(&mut self, held: usize, now: Moment) -> Option<Duration> {
        self.fade(now);
        while let Some(back) = self.parked.first_entry().filter(|back| *back.key() < second(now)) {
            self.away -= back.remove();
        }
        let rate = self.settled / self.busy;
        // Counts of records are far below what a double holds exactly.
        (self.busy >= KNOWN_AFTER && rate > 0.0)
            .then(|| Duration::try_from_secs_f64((held + self.away) as f64 / rate).unwrap_or(Duration::MAX))
    }

    fn fade(&mut self, now: Moment) {
        let Some(since) = self.since.filter(|since| *since < now) else {
            return;
        };
        self.since = Some(now);
        let passed = now.since(since).as_secs_f64();
        let kept = (-passed / MEMORY).exp();
        self.settled *= kept;
        self.busy = self.busy * kept + MEMORY * (1.0 - kept);
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
        pace.begin(at(0.0));
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
    fn a_young_lane_is_judged_by_its_own_time_once_that_is_long_enough() {
        let mut pace = Pace::default();
        assert_eq!(pace.time_for(1_000, at(5.0)), None);
        pace.begin(at(5.0));
        for index in 0..100 {
            pace.settled(at(5.0 + f64::from(index) / 50.0));
        }
        assert_eq!(steady(0).time_for(1_000, at(0.5)), None, "nothing was settled");
        let busy = pace.time_for(1_000, at(7.0)).unwrap().as_secs_f64();
        assert!((18.0..22.0).contains(&busy), "{busy}");
        let mut quick = Pace::default();
        quick.begin(at(0.0));
        quick.settled(at(0.02));
        assert_eq!(quick.time_for(1_000, at(0.1)), None, "too early to say");
    }

    #[test]
    fn idle_time_does_not_count_as_slowness() {
        let mut pace = steady(500);
        pace.rest(at(60.0));
        for idle in [10.0, 60.0, 3_600.0] {
            let busy = pace.time_for(8_000, at(60.0 + idle)).unwrap().as_secs_f64();
            assert!((15.0..17.0).contains(&busy), "{busy} after {idle}");
        }
        pace.begin(at(4_000.0));
        let busy = pace.time_for(8_000, at(4_000.1)).unwrap().as_secs_f64();
        assert!((15.0..17.0).contains(&busy), "{busy}");
        let hung = pace.time_for(8_000, at(4_030.0)).unwrap().as_secs_f64();
        assert!(hung > 200.0, "{hung}: busy for thirty seconds and nothing settled");
    }

    #[test]
    fn a_pause_says_nothing_of_the_pace() {
        let mut pace = steady(20);
        pace.excuse(at(360.0));
        let busy = |pace: &mut Pace, now| pace.time_for(200, at(now)).map(|busy| busy.as_secs_f64().round());
        assert_eq!((busy(&mut pace, 100.0), busy(&mut pace, 360.0)), (Some(10.0), Some(10.0)));
        pace.forget();
        assert_eq!(busy(&mut pace, 360.0), None);
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

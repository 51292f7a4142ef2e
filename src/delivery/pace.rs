//! The pace of a lane: how fast it settles, when what it has parked in delays comes back, and so for how long it has something
//! to do. By this a record is parked for as long as the lane does without it, neither longer (the lane would stand idle)
//! nor much shorter (it would come back in vain).
//! Plain data; moments are arguments.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::outcome::time::Moment;

/// Over which time the rate is an average.
const MEMORY: f64 = 20.0;
/// Seconds of work after which a pace is known.
const KNOWN_AFTER: f64 = 0.9;
/// A lane may turn out to be so many times faster than it was lately: with a hundred attempts of ten seconds each, begun
/// together, the average is a third too low just before they end.
const HASTE: f64 = 1.3;
/// How much later than its tier says a record may be back, in seconds: it waits for credit and for a fetch.
const LATE: f64 = 2.5;
/// How much later than its tier says a record may be back.
pub const LATENESS: Duration = Duration::from_millis((LATE * 1e3) as u64);

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
}

/// For how long a lane has something to do.
#[derive(Clone, Debug)]
pub struct Outlook {
    /// Deliveries per second at most, as far as is known.
    rate: f64,
    /// How many times faster than that it may ever be; none where it has no limit.
    most: Option<f64>,
    /// Seconds until it stands idle.
    dry: f64,
    /// What comes back later, in seconds from now; the latest first.
    later: Vec<(f64, usize)>,
}

impl Pace {
    /// The lane has something to do again.
    pub fn begin(&mut self, now: Moment) {
        self.since = Some(now);
    }

    /// Counts the deliveries of an attempt that ended.
    ///
    /// The time to the first answer is not its pace: with a hundred attempts under way they come no slower for it.
    pub fn settled(&mut self, count: usize, now: Moment) {
        self.fade(now);
        if self.settled == 0.0 {
            self.busy = 0.0;
        }
        // A batch has thousands at most.
        self.settled += count as f64;
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

    /// Counts a record that is due back at a moment.
    pub fn parked(&mut self, back: Moment) {
        *self.parked.entry(second(back)).or_default() += 1;
    }

    /// Deliveries it settles per second; `None` before that is known.
    pub fn per_second(&mut self, now: Moment) -> Option<f64> {
        self.fade(now);
        let rate = self.settled / self.busy;
        (self.busy >= KNOWN_AFTER && rate > 0.0).then_some(rate)
    }

    /// How many deliveries the lane must hold to have something to do for a while, with what comes back meanwhile. `None`
    /// where its pace is not known and it has no `limit`, which is the least time from one delivery to the next.
    pub fn needed(&mut self, period: Duration, limit: Option<Duration>, now: Moment) -> Option<usize> {
        let (rate, _) = self.at_most(limit, now)?;
        let period = period.as_secs_f64();
        let (mut needed, mut back) = (0.0_f64, 0);
        for (seconds, count) in self.coming(now).take_while(|(seconds, _)| *seconds < period) {
            needed = needed.max(rate * seconds - back as f64);
            back += count;
        }
        // Counts are far below what a double holds exactly; a conversion that saturates.
        Some(needed.max(rate * period - back as f64).ceil() as usize)
    }

    /// For how long the lane has something to do with so many deliveries; `None` as for [`Self::needed`].
    pub fn outlook(&mut self, held: usize, limit: Option<Duration>, now: Moment) -> Option<Outlook> {
        let (rate, most) = self.at_most(limit, now)?;
        let mut later: Vec<_> = self.coming(now).collect();
        later.reverse();
        let mut outlook = Outlook { rate, most, dry: 0.0, later };
        outlook.has(held);
        Some(outlook)
    }

    /// The fastest it may be, and how many times faster its limit is.
    fn at_most(&mut self, limit: Option<Duration>, now: Moment) -> Option<(f64, Option<f64>)> {
        self.forget_what_is_back(now);
        let limit = limit.map(|interval| interval.as_secs_f64().recip());
        let measured = self.per_second(now).map(|rate| rate * HASTE);
        let rate = [measured, limit].into_iter().flatten().reduce(f64::min)?;
        Some((rate, limit.map(|limit| limit / rate)))
    }

    /// What comes back, by the seconds until then.
    fn coming(&self, now: Moment) -> impl Iterator<Item = (f64, usize)> {
        let now = now.since(Moment::default()).as_secs_f64();
        self.parked.iter().map(move |(back, count)| (*back as f64 + LATE - now, *count))
    }

    /// What is due in this second counts as back, for some of it is, and the lane holds it.
    fn forget_what_is_back(&mut self, now: Moment) {
        while self.parked.first_entry().is_some_and(|back| *back.key() <= second(now)) {
            self.parked.pop_first();
        }
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

impl Outlook {
    /// The longest wait after which a record is back in time, at most so long, unless the lane's own limit says that it will
    /// not be wanted before.
    pub fn wait(&self, usual: Duration) -> Duration {
        let usual = usual.as_secs_f64();
        let surely = self.most.map_or(0.0, |most| self.dry / most);
        Duration::try_from_secs_f64(self.dry.min(usual.max(surely)) - LATE).unwrap_or_default()
    }

    /// Hears that a record was parked, and is back in time.
    pub fn parked(&mut self) {
        self.has(1);
    }

    fn has(&mut self, count: usize) {
        self.dry += count as f64 / self.rate;
        while let Some((_, count)) = self.later.pop_if(|(seconds, _)| *seconds <= self.dry) {
            self.dry += count as f64 / self.rate;
        }
    }
}

fn second(moment: Moment) -> u64 {
    moment.since(Moment::default()).as_secs()
}

#[cfg(test)]
mod tests;

//! What a run of hours is judged by: what each delivery cost in Kafka, how many were delivered in each minute, how long the
//! lane stood idle, and what became of its neighbour.

use std::collections::BTreeMap;

use kafka_webhooks::outcome::disposition::{Cause, Reason};

const MINUTE: i64 = 60_000;

/// What is counted of the lane that cannot keep up, and of its neighbour. Times in milliseconds since the beginning.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// Appends to deliveries and delays, by delivery, its first one included.
    pub(crate) writes: Vec<u32>,
    /// Delivered, by the minute.
    pub(crate) minutes: Vec<usize>,
    pub(crate) delivered: usize,
    pub(crate) attempts: usize,
    /// Attempts that counted as such before a delivery went through.
    pub(crate) failed: usize,
    pub(crate) waits: BTreeMap<&'static str, usize>,
    pub(crate) tiers: BTreeMap<String, usize>,
    pub(crate) dead: BTreeMap<&'static str, usize>,
    /// Copies that were dropped, of whichever destination.
    pub(crate) repeated: usize,
    pub(crate) in_flight: usize,
    pub(crate) most_in_flight: usize,
    idle_since: i64,
    /// Times of half a second and more with nothing under way: when each began and how long it was.
    pub(crate) gaps: Vec<(i64, i64)>,
    pub(crate) ended: i64,
    pub(crate) neighbour: Neighbour,
}

/// What is counted of the healthy one.
#[derive(Debug, Default)]
pub(crate) struct Neighbour {
    pub(crate) produced: usize,
    pub(crate) delivered: usize,
    /// The longest time from its record to its delivery.
    pub(crate) slowest: i64,
    pub(crate) waits: usize,
    pub(crate) dead: usize,
}

impl Tally {
    pub(crate) fn begins(&mut self, now: i64) {
        let idle = now - self.idle_since;
        if self.in_flight == 0 && idle >= 500 {
            self.gaps.push((self.idle_since, idle));
        }
        self.attempts += 1;
        self.in_flight += 1;
        self.most_in_flight = self.most_in_flight.max(self.in_flight);
    }

    pub(crate) fn ends(&mut self, now: i64) {
        self.in_flight -= 1;
        self.idle_since = now;
    }

    pub(crate) fn delivered(&mut self, attempts: u32, now: i64) {
        let minute = (now / MINUTE) as usize;
        if self.minutes.len() <= minute {
            self.minutes.resize(minute + 1, 0);
        }
        self.minutes[minute] += 1;
        self.delivered += 1;
        self.failed += attempts as usize - 1;
        self.ended = now;
    }

    pub(crate) fn waits(&mut self, cause: Cause) {
        *self.waits.entry(cause.label()).or_default() += 1;
    }

    pub(crate) fn dies(&mut self, reason: Reason) {
        *self.dead.entry(reason.label()).or_default() += 1;
    }

    /// The longest time with nothing under way that began before a moment.
    pub(crate) fn idle(&self, before: i64) -> i64 {
        self.gaps.iter().filter(|(began, _)| *began < before).map(|(_, idle)| *idle).max().unwrap_or(0)
    }

    /// Appends to Kafka per delivery, on average.
    pub(crate) fn writes_each(&self) -> f64 {
        self.writes.iter().sum::<u32>() as f64 / self.writes.len() as f64
    }

    pub(crate) fn most_writes(&self) -> u32 {
        self.writes.iter().copied().max().unwrap_or(0)
    }

    /// Deliveries per second in the slowest and the fastest minute, from one on and without the last.
    pub(crate) fn rates(&self, from: usize) -> (f64, f64) {
        let whole = &self.minutes[from..self.minutes.len() - 1];
        let rates = whole.iter().map(|count| *count as f64 / 60.0);
        rates.fold((f64::MAX, 0.0), |(low, high), rate| (rate.min(low), rate.max(high)))
    }
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (low, high) = self.rates(0);
        let Self { delivered, attempts, waits, tiers, dead, ended, neighbour, .. } = self;
        write!(
            f,
            "{delivered} delivered in {} s by {attempts} attempts, {low:.1} to {high:.1} per second in each minute, nothing \
             under way for {} ms at most; {:.1} appends each, {} at most; waits {waits:?} in {tiers:?}, dead {dead:?}; \
             neighbour: {} of {} delivered, the slowest in {} ms, {} waits, {} dead",
            ended / 1_000,
            self.idle(i64::MAX),
            self.writes_each(),
            self.most_writes(),
            neighbour.delivered,
            neighbour.produced,
            neighbour.slowest,
            neighbour.waits,
            neighbour.dead
        )
    }
}

//! Counts which events of a run came, how often, and how long after they were made.
//! Plain data; what is done about a missing or repeated one is left to the scenarios.

use serde::{Deserialize, Serialize};

use crate::event::{self, now_us};

/// What came since `begin`.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Counts {
    /// All requests with an event of this run.
    pub(crate) requests: u32,
    /// Different events among them.
    pub(crate) distinct: u32,
    /// Requests that are none of this run: left over from before, or no event at all.
    pub(crate) strays: u32,
    /// Requests that waited for their answer at the same time, at most.
    pub(crate) most_at_once: u32,
    /// Requests of all kinds in one second of the clock, at most.
    pub(crate) busiest_second: u32,
    /// When the first and the last different event came, in microseconds since 1970.
    pub(crate) first_us: u64,
    pub(crate) last_us: u64,
}

/// Milliseconds from when an event was made to when it first came.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Latencies {
    pub(crate) p50: f64,
    pub(crate) p99: f64,
    pub(crate) most: f64,
}

#[derive(Debug, Default)]
pub(super) struct Tally {
    run: u32,
    seen: Vec<bool>,
    latencies_us: Vec<u64>,
    /// Requests without an answer so far.
    open: u32,
    /// The second of the clock, and the requests in it.
    second: (u64, u32),
    pub(super) counts: Counts,
}

impl Tally {
    /// Another one, for so many events of a run; what waits for its answer goes on waiting.
    pub(super) fn expecting(&self, run: u32, events: u32) -> Self {
        let events = usize::try_from(events).unwrap_or(usize::MAX);
        let (seen, latencies_us) = (vec![false; events], Vec::with_capacity(events));
        Self { run, seen, latencies_us, open: self.open, ..Self::default() }
    }

    /// Counts a request, which is open until [`Self::answered`] says otherwise.
    pub(super) fn count(&mut self, body: &[u8]) {
        let now = now_us();
        self.open += 1;
        self.counts.most_at_once = self.counts.most_at_once.max(self.open);
        self.in_its_second(now);
        let own = event::mark(body).filter(|mark| mark.run == self.run);
        let place = own.and_then(|mark| self.seen.get_mut(usize::try_from(mark.number).ok()?));
        let (Some(mark), Some(seen)) = (own, place) else {
            self.counts.strays += 1;
            return;
        };
        self.counts.requests += 1;
        if std::mem::replace(seen, true) {
            return;
        }
        self.counts.distinct += 1;
        self.counts.last_us = now;
        if self.counts.distinct == 1 {
            self.counts.first_us = now;
        }
        self.latencies_us.push(now.saturating_sub(mark.made_us));
    }

    pub(super) fn answered(&mut self) {
        self.open -= 1;
    }

    fn in_its_second(&mut self, now_us: u64) {
        let second = now_us / 1_000_000;
        let before = if self.second.0 == second { self.second.1 } else { 0 };
        self.second = (second, before + 1);
        self.counts.busiest_second = self.counts.busiest_second.max(before + 1);
    }

    pub(super) fn latencies(&mut self) -> Latencies {
        self.latencies_us.sort_unstable();
        let all = &self.latencies_us;
        let at = |share: f64| {
            // A conversion that rounds down and saturates; the place exists unless nothing came.
            let place = (all.len().saturating_sub(1) as f64 * share) as usize;
            all.get(place).map_or(0.0, |us| *us as f64 / 1e3)
        };
        Latencies { p50: at(0.5), p99: at(0.99), most: at(1.0) }
    }
}

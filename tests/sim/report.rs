//! What a run saw, counted by name, and a hash of everything that happened in it, in order.
//! A run that saw too little proves nothing.

use std::collections::BTreeMap;

use crate::violation::{Checked, Invariant, hold};

/// What every rough run must have seen.
const MUST: [&str; 28] = [
    "append refused",
    "append too large",
    "append unconfirmed",
    "append written unconfirmed",
    "batch",
    "batch split",
    "breaker closed",
    "breaker opened",
    "commit refused",
    "copy dropped",
    "crash",
    "dead: attempts_exhausted",
    "dead: destination_disabled",
    "dead: expired",
    "dead: rejected",
    "dead: unknown_destination",
    "drain timed out",
    "handed back",
    "landed after a crash",
    "lost",
    "no room",
    "our fault",
    "paused",
    "probe",
    "repeat",
    "wait: breaker",
    "wait: retry",
    "wait: throttled",
];

/// What a run saw.
#[derive(Clone, Debug, Default)]
pub(crate) struct Report {
    pub(crate) counts: BTreeMap<&'static str, u64>,
    pub(crate) hash: u64,
}

impl Report {
    pub(crate) fn count(&mut self, what: &'static str) {
        self.add(what, 1);
    }

    pub(crate) fn add(&mut self, what: &'static str, count: u64) {
        *self.counts.entry(what).or_default() += count;
    }

    pub(crate) fn get(&self, what: &str) -> u64 {
        self.counts.get(what).copied().unwrap_or(0)
    }

    /// Adds something that happened to the trace (FNV-1a, word by word).
    pub(crate) fn trace(&mut self, words: [u64; 3]) {
        for word in words {
            self.hash = (self.hash ^ word).wrapping_mul(0x0000_0100_0000_01b3).rotate_left(5);
        }
    }

    pub(crate) fn proves_something(&self) -> Checked {
        let missing: Vec<_> = MUST.iter().filter(|what| self.get(what) == 0).collect();
        hold(missing.is_empty(), Invariant::ProvesSomething, || format!("never seen: {missing:?}; seen: {self:?}"))
    }
}

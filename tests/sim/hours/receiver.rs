//! How the receiver behaves whose lane cannot keep up, and how long it takes to say so.

use std::collections::VecDeque;

use kafka_webhooks::outcome::Outcome;

const SECOND: i64 = 1_000;

/// A manner; times in milliseconds.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Manner {
    /// Takes everything, after this time.
    Takes(i64),
    /// Takes so many in any second, and throttles the others.
    Throttles(usize),
    /// Is not there before this time.
    AwayUntil(i64),
}

/// A receiver.
#[derive(Debug)]
pub(crate) struct Receiver {
    manner: Manner,
    /// When the last ones came that it took.
    taken: VecDeque<i64>,
}

impl Receiver {
    pub(crate) fn new(manner: Manner) -> Self {
        Self { manner, taken: VecDeque::new() }
    }

    /// What a request comes to that is made now, and how long that takes.
    pub(crate) fn answer(&mut self, now: i64) -> (Outcome, i64) {
        match self.manner {
            Manner::Takes(latency) => (Outcome::Delivered, latency),
            Manner::Throttles(most) => {
                while self.taken.front().is_some_and(|first| now - first >= SECOND) {
                    self.taken.pop_front();
                }
                if self.taken.len() >= most {
                    return (Outcome::Throttled, 20);
                }
                self.taken.push_back(now);
                (Outcome::Delivered, 20)
            }
            Manner::AwayUntil(there) if now < there => (Outcome::Unreachable, 1),
            Manner::AwayUntil(_) => (Outcome::Delivered, 20),
        }
    }
}

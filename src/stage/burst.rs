//! When appends leave: in bursts, the next one when Kafka has confirmed the last. Plain data.
//!
//! An idempotent librdkafka producer has one batch of a partition under way; while more waits behind it than `linger.ms`
//! allows, its broker thread asks the clock and the socket without pause, a third of what a delivery costs. So what is
//! asked for meanwhile is held here: the busier Kafka is, the larger the bursts, and a lone append leaves at once.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// How long a confirmation may keep the next burst waiting: one partition without a leader holds up no other.
const PATIENCE: Duration = Duration::from_millis(10);
/// Bytes of a burst; less than the producer's `batch.size`, so that one partition takes it as one batch.
const MOST_BYTES: usize = 500_000;

/// What is to leave, and how much of what left is not confirmed.
#[derive(Debug)]
pub(super) struct Bursts<T> {
    held: VecDeque<(T, usize)>,
    unconfirmed: usize,
    began: Option<Instant>,
}

impl<T> Default for Bursts<T> {
    fn default() -> Self {
        Self { held: VecDeque::new(), unconfirmed: 0, began: None }
    }
}

impl<T> Bursts<T> {
    /// Holds one of so many bytes until a burst takes it.
    pub(super) fn hold(&mut self, one: T, bytes: usize) {
        self.held.push_back((one, bytes));
    }

    /// The next burst, in the order of asking; nothing before its time.
    pub(super) fn next(&mut self, now: Instant) -> Vec<T> {
        let mut burst = Vec::new();
        if self.due().is_some_and(|due| now < due) {
            return burst;
        }
        let mut bytes = 0;
        while bytes < MOST_BYTES
            && let Some((one, size)) = self.held.pop_front()
        {
            bytes += size;
            burst.push(one);
        }
        if !burst.is_empty() {
            self.began = Some(now);
        }
        burst
    }

    /// Until when something held has to wait, unless a confirmation comes before; none where it need not.
    pub(super) fn due(&self) -> Option<Instant> {
        let waits = self.unconfirmed > 0 && !self.held.is_empty();
        self.began.filter(|_| waits).map(|began| began + PATIENCE)
    }

    /// Notes that one is on its way.
    pub(super) fn left(&mut self) {
        self.unconfirmed += 1;
    }

    /// Notes that so many were confirmed or refused.
    pub(super) fn confirmed(&mut self, count: usize) {
        self.unconfirmed -= count;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_while_a_burst_is_under_way_waits_for_it_but_not_for_ever() {
        let now = Instant::now();
        let mut bursts = Bursts::default();
        assert_eq!(bursts.next(now), [0; 0]);
        bursts.hold(1, 10);
        assert_eq!((bursts.due(), bursts.next(now)), (None, vec![1]), "a lone one leaves at once");
        bursts.left();
        bursts.hold(2, 10);
        bursts.hold(3, 10);
        assert_eq!((bursts.due(), bursts.next(now)), (Some(now + PATIENCE), vec![]));
        bursts.confirmed(1);
        assert_eq!((bursts.due(), bursts.next(now)), (None, vec![2, 3]));
        bursts.left();
        bursts.left();
        bursts.confirmed(1);
        bursts.hold(4, 10);
        assert_eq!(bursts.next(now + PATIENCE / 2), [0; 0], "one of the burst is not confirmed");
        assert_eq!(bursts.next(now + PATIENCE), [4]);
    }

    #[test]
    fn a_burst_ends_with_the_one_that_fills_it() {
        let now = Instant::now();
        let mut bursts = Bursts::default();
        for (one, bytes) in [(1, MOST_BYTES - 1), (2, 1), (3, 2 * MOST_BYTES), (4, 1)] {
            bursts.hold(one, bytes);
        }
        assert_eq!(bursts.next(now), [1, 2]);
        assert_eq!(bursts.next(now), [3], "none of the first found room, so none is waited for");
        assert_eq!(bursts.next(now), [4]);
    }
}

//! How many events each destination did not want, and why, until the driver takes the counts. With a thousand destinations
//! an event is mostly counted here, so that is one addition.

use crate::route::Filtered;

/// Counts by destination and reason.
#[derive(Debug)]
pub(super) struct Tally {
    counts: Vec<[u64; Filtered::ALL.len()]>,
    is_empty: bool,
}

/// Events a destination did not want for a reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unwanted {
    /// The place of the destination in the configuration.
    pub route: usize,
    /// Why.
    pub reason: Filtered,
    /// How many; at least one.
    pub events: u64,
}

impl Tally {
    pub(super) fn new(routes: usize) -> Self {
        Self { counts: vec![[0; Filtered::ALL.len()]; routes], is_empty: true }
    }

    pub(super) fn count(&mut self, route: usize, reason: Filtered) {
        self.is_empty = false;
        if let Some(counts) = self.counts.get_mut(route) {
            counts[reason.index()] += 1;
        }
    }

    /// What was counted since the last call.
    pub(super) fn take(&mut self) -> Vec<Unwanted> {
        let mut all = Vec::new();
        if std::mem::replace(&mut self.is_empty, true) {
            return all;
        }
        for (route, counts) in self.counts.iter_mut().enumerate() {
            for (reason, count) in Filtered::ALL.into_iter().zip(std::mem::take(counts)) {
                if count > 0 {
                    all.push(Unwanted { route, reason, events: count });
                }
            }
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_counted_is_taken_once() {
        let mut tally = Tally::new(3);
        assert_eq!(tally.take(), []);
        for (route, reason) in [
            (2, Filtered::NoMatchingMapping),
            (0, Filtered::DestinationDisabled),
            (2, Filtered::NoMatchingMapping),
            (2, Filtered::UnsupportedEventType),
        ] {
            tally.count(route, reason);
        }
        let of = |route, reason, events| Unwanted { route, reason, events };
        let expected = [
            of(0, Filtered::DestinationDisabled, 1),
            of(2, Filtered::UnsupportedEventType, 1),
            of(2, Filtered::NoMatchingMapping, 2),
        ];
        assert_eq!(tally.take(), expected);
        assert_eq!(tally.take(), []);
    }
}

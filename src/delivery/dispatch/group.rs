//! What the lanes of one destination share, where it has several: the deliveries it may have under way, and its rate.
//! No mapping waits for a stranger either: a lane takes most of what is free, and leaves one to each that has none, as far as
//! half of the limit goes.

use std::collections::HashMap;

use crate::delivery::lane::{LaneId, LaneLimits};
use crate::delivery::rate::{Meter, Spent};
use crate::outcome::time::Moment;
use crate::route::destination::DestinationId;

/// How many times what is still free one lane may hold; alone it has four fifths of the destination's limit.
const SHARE: usize = 4;

/// The lanes of one destination.
#[derive(Debug, Default)]
pub(super) struct Group {
    in_flight: usize,
    /// Lanes that have something under way.
    busy: usize,
    meter: Meter,
}

impl Group {
    /// What a lane shares with others, if there are others.
    pub(super) fn of<'a>(
        groups: &'a mut HashMap<DestinationId, Self>,
        lane: &LaneId,
        limits: &LaneLimits,
    ) -> Option<&'a mut Self> {
        if limits.lanes <= 1 {
            return None;
        }
        if !groups.contains_key(&lane.destination) {
            groups.insert(lane.destination.clone(), Self::default());
        }
        groups.get_mut(&lane.destination)
    }

    /// Whether a lane that has so many under way may start another one.
    pub(super) fn has_room(&self, own: usize, limits: &LaneLimits) -> bool {
        let free = limits.max_in_flight.saturating_sub(self.in_flight);
        // Where there are more lanes than places, most of which may never have anything, one that is busy still has half.
        let left = limits.lanes.saturating_sub(self.busy).min(limits.max_in_flight / 2);
        if own == 0 { free > 0 } else { free > left && own < SHARE * free }
    }

    /// When the next one may start, if not now.
    pub(super) fn gate(&mut self, limits: &LaneLimits, now: Moment) -> Option<Moment> {
        let ready = self.meter.ready();
        let is_held = limits.rate.is_some() && now < ready;
        if is_held {
            self.meter.wait();
        }
        is_held.then_some(ready)
    }

    /// Notes that one starts in a lane that had so many, and answers what it took of the rate.
    pub(super) fn begin(&mut self, own: usize, limits: &LaneLimits, now: Moment) -> Option<Spent> {
        self.in_flight += 1;
        self.busy += usize::from(own == 0);
        limits.rate.map(|rate| self.meter.spend(rate.interval(), now))
    }

    /// Notes that one is over in a lane that now has so many.
    pub(super) fn over(&mut self, own: usize) {
        self.in_flight = self.in_flight.saturating_sub(1);
        self.busy = self.busy.saturating_sub(usize::from(own == 0));
    }

    /// Takes back what one took of the rate that was never attempted.
    pub(super) fn refund(&mut self, spent: Spent) {
        self.meter.refund(spent);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_lane_leaves_room_for_the_others_however_many_hang() {
        let limits = LaneLimits { lanes: 12, ..LaneLimits::of(100) };
        let mut group = Group::default();
        let mut fill = || {
            let mut own = 0;
            while group.has_room(own, &limits) {
                group.begin(own, &limits, Moment::default());
                own += 1;
            }
            own
        };
        assert_eq!(fill(), 80);
        let others: Vec<usize> = (0..11).map(|_| fill()).collect();
        assert_eq!(others, [10, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]);
    }

    #[test]
    fn one_lane_alone_has_half_of_a_limit_that_is_smaller_than_the_number_of_lanes() {
        let limits = LaneLimits { lanes: 50, ..LaneLimits::of(10) };
        let mut group = Group::default();
        let mut own = 0;
        while group.has_room(own, &limits) {
            group.begin(own, &limits, Moment::default());
            own += 1;
        }
        assert_eq!(own, 5);
        assert!(group.has_room(0, &limits));
    }
}

//! The lane: the queue of one destination inside one replica, and how many of its deliveries are under way.
//! Which lane comes next is decided by `dispatch`.

use std::collections::VecDeque;

use super::Delivery;
use super::claim::Claim;
use super::load::Held;

/// A delivery waiting in a lane.
#[derive(Debug)]
pub struct Queued {
    /// What is owed.
    pub delivery: Delivery,
    /// Where it was read.
    pub claim: Claim,
    /// Its share of the partition's memory.
    pub held: Option<Held>,
}

/// What a lane may do; from the destination's configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LaneLimits {
    /// Deliveries under way at once.
    pub max_in_flight: usize,
    /// Requests that one delivery makes at once (its hooks).
    pub requests: usize,
}

/// The queue of one destination.
#[derive(Debug)]
pub(super) struct Lane {
    pub(super) limits: LaneLimits,
    pub(super) queue: VecDeque<Queued>,
    pub(super) in_flight: usize,
    /// Whether the lane stands in the rotation already.
    pub(super) rotating: bool,
    /// Whether it found no free request when it last looked.
    pub(super) crowded_out: bool,
}

impl Lane {
    pub(super) fn new(limits: LaneLimits) -> Self {
        Self { limits, queue: VecDeque::new(), in_flight: 0, rotating: false, crowded_out: false }
    }

    /// Whether something waits and the lane's own limit allows it.
    pub(super) fn is_ready(&self) -> bool {
        !self.queue.is_empty() && self.in_flight < self.limits.max_in_flight
    }

    pub(super) fn requests_in_flight(&self) -> usize {
        self.in_flight * self.limits.requests
    }
}

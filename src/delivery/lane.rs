//! The lane: the queue of one destination inside one replica, and how many of its deliveries are under way.
//! Which lane comes next is decided by `dispatch`.

use std::collections::VecDeque;
use std::sync::Arc;

use super::Delivery;
use super::claim::Claim;
use super::flow::Flow;
use super::load::Held;
use crate::outcome::schedule::Tier;
use crate::outcome::time::{KafkaTime, Moment};
use crate::route::destination::DestinationId;
use crate::route::flow::{BreakerTerms, RequestRate};

/// Which lane: that of a destination, or of one of its mappings where it has several.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct LaneId {
    /// Whose.
    pub destination: DestinationId,
    /// The name of the mapping; none where the destination has only one, or none.
    pub mapping: Option<Arc<str>>,
}

impl From<DestinationId> for LaneId {
    fn from(destination: DestinationId) -> Self {
        Self { destination, mapping: None }
    }
}

/// A delivery waiting in a lane.
#[derive(Debug)]
pub struct Queued {
    /// What is owed.
    pub delivery: Delivery,
    /// Where it was read.
    pub claim: Claim,
    /// Its share of the partition's memory.
    pub held: Option<Held>,
    /// Since when it could be attempted.
    pub due: Due,
}

/// Since when a delivery could be attempted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// The tier it comes back from; none where it is fresh.
    pub tier: Option<Tier>,
    /// When it was appended, or its wait was over.
    pub at: KafkaTime,
}

/// What a lane may do; from the destination's configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LaneLimits {
    /// Deliveries under way at once.
    pub max_in_flight: usize,
    /// Requests that one delivery makes at once (its hooks).
    pub requests: usize,
    /// Requests per second, if there is a limit.
    pub rate: Option<RequestRate>,
    /// When it stops calling a receiver that keeps failing.
    pub breaker: BreakerTerms,
}

impl LaneLimits {
    /// No limit but so many deliveries under way, each of one request.
    pub const fn of(max_in_flight: usize) -> Self {
        Self { max_in_flight, requests: 1, rate: None, breaker: BreakerTerms::OFF }
    }

    /// So many parts of them; at least one, for who has none of the partitions may hold what came before the
    /// spread, or the number of partitions, changed.
    pub fn part(self, own: u32, of: u32) -> Self {
        let (own, of) = (own.max(1), of.max(1));
        let share = self.max_in_flight.saturating_mul(own as usize) / of as usize;
        Self { max_in_flight: share.max(1), rate: self.rate.map(|rate| rate.part(own, of)), ..self }
    }
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
    /// What may hold it back.
    pub(super) flow: Flow,
    /// The moment it waits for, while it is held back until one.
    pub(super) gated: Option<Moment>,
}

impl Lane {
    pub(super) fn new(limits: LaneLimits) -> Self {
        Self {
            limits,
            queue: VecDeque::new(),
            in_flight: 0,
            rotating: false,
            crowded_out: false,
            flow: Flow::default(),
            gated: None,
        }
    }

    /// Whether something waits, the lane's own limit allows it and no moment is waited for.
    pub(super) fn is_ready(&self) -> bool {
        !self.queue.is_empty() && self.gated.is_none() && !self.is_full()
    }

    /// Whether it has as much under way as it may.
    pub(super) fn is_full(&self) -> bool {
        self.in_flight >= self.flow.most_in_flight(self.limits.max_in_flight)
    }

    pub(super) fn requests_in_flight(&self) -> usize {
        self.in_flight * self.limits.requests
    }
}

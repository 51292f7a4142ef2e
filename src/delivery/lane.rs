//! The lane: the queue of one destination inside one replica, and how many of its deliveries are under way.
//! Which lane comes next is decided by `dispatch`.

use std::fmt;
use std::sync::Arc;

use super::Delivery;
use super::batch::{BatchLimits, Place};
use super::claim::Claim;
use super::flow::Flow;
use super::load::Held;
use super::queue::Queue;
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

impl fmt::Display for LaneId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.mapping {
            Some(mapping) => write!(f, "{}, mapping {mapping}", self.destination),
            None => self.destination.fmt(f),
        }
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
    /// What it is in a batch, where its lane makes batches.
    pub place: Option<Place>,
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
    /// What a batch may have; none where each delivery goes by itself.
    pub batch: Option<BatchLimits>,
    /// Lanes of its destination that share the limits.
    pub lanes: usize,
}

impl LaneLimits {
    /// No limit but so many deliveries under way, each of one request.
    pub const fn of(max_in_flight: usize) -> Self {
        Self { max_in_flight, requests: 1, rate: None, breaker: BreakerTerms::OFF, batch: None, lanes: 1 }
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
    pub(super) queue: Queue,
    pub(super) in_flight: usize,
    /// Whether the lane stands in the rotation already.
    pub(super) rotating: bool,
    /// Whether it found no free request when it last looked.
    pub(super) crowded_out: bool,
    /// What may hold it back.
    pub(super) flow: Flow,
    /// The moment it waits for, while it is held back until one.
    pub(super) gated: Option<Moment>,
    /// Whether it waits for nothing but more to go with what it has.
    pub(super) gathers: bool,
    /// Its turn among the lanes that wait for the same moment: who waited longer comes first.
    pub(super) turn: Option<u64>,
}

impl Lane {
    pub(super) fn new(limits: LaneLimits) -> Self {
        Self {
            limits,
            queue: Queue::new(limits.batch),
            in_flight: 0,
            rotating: false,
            crowded_out: false,
            flow: Flow::default(),
            gated: None,
            gathers: false,
            turn: None,
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

    /// What its own flow has to do with: the rate is kept by all lanes of the destination together, where there are several.
    pub(super) fn own_limits(&self) -> LaneLimits {
        let rate = self.limits.rate.filter(|_| self.limits.lanes <= 1);
        LaneLimits { rate, ..self.limits }
    }

    pub(super) fn requests_in_flight(&self) -> usize {
        self.in_flight * self.limits.requests
    }
}

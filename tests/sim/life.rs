//! What is noted of each delivery and of each of its lives. Judging by it is the business of `facts`.
//! Plain data.

use bytes::Bytes;
use kafka_webhooks::delivery::id::DeliveryId;
use kafka_webhooks::outcome::Outcome;

/// One life of a delivery: from one wait to the next. Copies made by faults are the same life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Life {
    pub(crate) delivery: u32,
    pub(crate) hops: u32,
}

/// What happened within one life.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hop {
    /// Records in the deliveries topic.
    pub(crate) copies: u32,
    /// Records in tiers, which become those.
    pub(crate) waits: u32,
    /// Dead letters, by the stage that wrote them.
    pub(crate) dead: [u32; 2],
    pub(crate) attempts: u32,
    /// Answers of 2xx.
    pub(crate) delivered: u32,
    /// How often faults allow each stage to do it again.
    pub(crate) again: [u32; 2],
    /// When the first of the waits is over.
    pub(crate) due: Option<i64>,
}

/// One delivery.
#[derive(Debug)]
pub(crate) struct Course {
    pub(crate) receiver: usize,
    pub(crate) id: DeliveryId,
    /// The id as headers have it.
    pub(crate) text: String,
    pub(crate) value: Bytes,
    pub(crate) hops: Vec<Hop>,
    /// Attempts whose outcome counts as one.
    pub(crate) costed: u32,
    pub(crate) outcomes: Vec<Outcome>,
    pub(crate) too_large: bool,
    /// Whether it was delivered or given up.
    pub(crate) ended: bool,
}

/// The life that led to a wait.
pub(crate) fn before(life: Life) -> Life {
    Life { hops: life.hops.saturating_sub(1), ..life }
}

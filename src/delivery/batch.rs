//! Batches: deliveries of one lane that may leave in one request. Owns what is known of a delivery for that: with whom it may
//! go, and what it adds to the body. Which ones are put together is decided by `dispatch`; what a delivery resolves to is
//! known to `attempt`, which is asked once for each.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// What a delivery is in a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parcel {
    /// Those with the same key may go together; none for one that goes alone, as what cannot be resolved does: the attempt
    /// then says what is wrong with it.
    pub key: Option<u64>,
    /// Bytes of its data in the body.
    pub bytes: usize,
}

/// Knows what deliveries of one mapping are in a batch. Always answers the same for the same event.
pub trait Measure: fmt::Debug + Send + Sync {
    /// What the delivery of this event is.
    fn parcel(&self, event: &[u8]) -> Parcel;
}

/// How the deliveries of a lane are put together.
#[derive(Clone, Debug)]
pub struct Batching {
    /// Most deliveries in one.
    pub size: usize,
    /// How long the first of them waits for others.
    pub wait: Duration,
    /// What is known of each.
    pub measure: Arc<dyn Measure>,
}

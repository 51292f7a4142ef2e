//! Batches: deliveries of one lane that may leave in one request. Owns what is known of a delivery for that (with whom it may
//! go, what it adds to the body), the limits of a batch, and how a receiver that finds batches too large is found out.
//! Which ones are put together is decided by `queue`; what a delivery resolves to is known to `attempt`, which is asked
//! once for each.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::outcome::time::Moment;
use crate::route::actions::MAX_BATCH_BYTES;

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

impl Batching {
    /// What a batch may have.
    pub fn limits(&self) -> BatchLimits {
        BatchLimits { size: self.size.max(1), wait: self.wait, bytes: MAX_BATCH_BYTES }
    }

    /// The place of a delivery that comes into its lane now.
    pub fn place(&self, event: &[u8], now: Moment) -> Place {
        Place { parcel: self.measure.parcel(event), since: now }
    }
}

/// What a batch may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchLimits {
    /// Most deliveries.
    pub size: usize,
    /// How long the first of them waits for others.
    pub wait: Duration,
    /// Most bytes of the body; one delivery may have more, and then goes by itself.
    pub bytes: usize,
}

/// A delivery in its lane: what it is in a batch, and since when it waits for others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// What it is.
    pub parcel: Parcel,
    /// Since when.
    pub since: Moment,
}

/// Counts what a batch has, as its body is written: an array with a comma between two elements.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Weight {
    /// Deliveries.
    pub count: usize,
    data: usize,
}

impl Weight {
    /// Counts one in.
    pub fn add(&mut self, parcel: Parcel) {
        self.count += 1;
        self.data += parcel.bytes;
    }

    /// Counts one out that was counted in.
    pub fn remove(&mut self, parcel: Parcel) {
        self.count -= 1;
        self.data -= parcel.bytes;
    }

    /// Bytes of the body.
    pub fn bytes(&self) -> usize {
        self.data + self.count + 1
    }
}

/// The bytes a receiver takes at once. One that answers 413 gets half as much from then on, and a little more with each
/// that it takes, so that one event of unusual size does not make all batches small for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ceiling(usize);

/// The part by which it rises.
const RISE: usize = 64;

impl Default for Ceiling {
    fn default() -> Self {
        Self(MAX_BATCH_BYTES)
    }
}

impl Ceiling {
    /// Bytes of a body.
    pub fn bytes(self) -> usize {
        self.0
    }

    /// Hears that so many bytes were too many.
    pub fn refused(&mut self, bytes: usize) {
        self.0 = self.0.min(bytes / 2).max(1);
    }

    /// Hears that so many bytes were taken.
    pub fn taken(&mut self, bytes: usize) {
        if bytes >= self.0 - self.0 / 4 {
            // One delivery may be more than the receiver was thought to take.
            let taken = self.0.max(bytes);
            self.0 = (taken + taken / RISE + 1).min(MAX_BATCH_BYTES);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_weight_of_a_batch_is_the_length_of_its_body() {
        let mut weight = Weight::default();
        let bodies = ["[1]", "[1,22]", "[1,22,333]"];
        for (bytes, body) in [1, 2, 3].into_iter().zip(bodies) {
            weight.add(Parcel { key: None, bytes });
            assert_eq!(weight.bytes(), body.len());
        }
        weight.remove(Parcel { key: None, bytes: 3 });
        assert_eq!((weight.count, weight.bytes()), (2, bodies[1].len()));
    }

    #[test]
    fn what_a_receiver_takes_is_found_out_and_forgiven() {
        let mut ceiling = Ceiling::default();
        ceiling.refused(1_000_000);
        ceiling.taken(500_000);
        assert_eq!(ceiling.bytes(), 507_813);
        ceiling.taken(100);
        assert_eq!(ceiling.bytes(), 507_813, "what is far below says nothing");
        ceiling.refused(507_813);
        assert_eq!(ceiling.bytes(), 253_906);
        ceiling.refused(1);
        assert_eq!(ceiling.bytes(), 1);
        for _ in 0..10_000 {
            ceiling.taken(ceiling.bytes());
        }
        assert_eq!(ceiling, Ceiling::default());
    }
}

//! Which open batch holds which record of a partition, in the order of arrival: what waits longest of a partition is found
//! without looking through all batches, of which there may be as many as deliveries.

use std::collections::BTreeMap;

use super::super::claim::{Claim, TopicPartition};

/// The keys of the batches that records wait in.
#[derive(Debug, Default)]
pub(super) struct Order(BTreeMap<(TopicPartition, u64), u64>);

impl Order {
    /// Notes that a record waits in the batch of a key.
    pub(super) fn add(&mut self, claim: &Claim, key: u64) {
        self.0.insert(place(claim), key);
    }

    /// Notes that it does no more.
    pub(super) fn remove(&mut self, claim: &Claim) {
        self.0.remove(&place(claim));
    }

    /// The number of the oldest record of a partition, and the key of the batch it waits in.
    pub(super) fn oldest(&self, at: &TopicPartition) -> Option<(u64, u64)> {
        let range = (at.clone(), u64::MIN)..=(at.clone(), u64::MAX);
        self.0.range(range).next().map(|((_, sequence), key)| (*sequence, *key))
    }
}

fn place(claim: &Claim) -> (TopicPartition, u64) {
    (claim.at.clone(), claim.sequence)
}

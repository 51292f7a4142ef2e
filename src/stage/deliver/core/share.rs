//! Who fills a partition's buffer: the bytes each lane holds of it.
//! Answers one question: is one lane clogging the partition while another one stands idle? Only then do records move to
//! a delay; a lane that is alone, or among others as busy, simply waits (back-pressure).

use std::collections::HashMap;

use crate::delivery::claim::TopicPartition;
use crate::delivery::lane::Queued;
use crate::route::destination::DestinationId;

/// What waits, by partition and lane.
#[derive(Debug)]
pub(super) struct Shares {
    clogged_at: usize,
    partitions: HashMap<TopicPartition, Share>,
}

#[derive(Debug, Default)]
struct Share {
    bytes: usize,
    /// Every lane that is at home or was seen in this partition, idle ones with 0.
    lanes: HashMap<DestinationId, usize>,
    idle: usize,
}

impl Shares {
    pub(super) fn new(clogged_at: usize) -> Self {
        Self { clogged_at, partitions: HashMap::new() }
    }

    /// Notes that a destination's deliveries lie in a partition, whether or not one was seen yet: it may be behind what
    /// another lane has there.
    pub(super) fn expect(&mut self, at: &TopicPartition, destination: &DestinationId) {
        let share = self.partitions.entry(at.clone()).or_default();
        if !share.lanes.contains_key(destination) {
            share.lanes.insert(destination.clone(), 0);
            share.idle += 1;
        }
    }

    pub(super) fn add(&mut self, queued: &Queued, destination: &DestinationId) {
        if !self.partitions.contains_key(&queued.claim.at) {
            self.partitions.insert(queued.claim.at.clone(), Share::default());
        }
        let share = self.partitions.get_mut(&queued.claim.at).expect("inserted above");
        let bytes = weight(queued);
        share.bytes += bytes;
        match share.lanes.get_mut(destination) {
            Some(lane) => {
                share.idle -= usize::from(*lane == 0);
                *lane += bytes;
            }
            None => {
                share.lanes.insert(destination.clone(), bytes);
            }
        }
    }

    pub(super) fn remove(&mut self, queued: &Queued, destination: &DestinationId) {
        let Some(share) = self.partitions.get_mut(&queued.claim.at) else {
            return;
        };
        let Some(lane) = share.lanes.get_mut(destination) else {
            return;
        };
        let bytes = weight(queued);
        share.bytes -= bytes;
        *lane -= bytes;
        share.idle += usize::from(*lane == 0);
    }

    pub(super) fn forget(&mut self, at: &TopicPartition) {
        self.partitions.remove(at);
    }

    /// The lanes of a partition.
    pub(super) fn lanes(&self, at: &TopicPartition) -> impl Iterator<Item = &DestinationId> {
        self.partitions.get(at).into_iter().flat_map(|share| share.lanes.keys())
    }

    /// Those of them in which something waits.
    pub(super) fn waiting(&self, at: &TopicPartition) -> impl Iterator<Item = &DestinationId> {
        let lanes = self.partitions.get(at).into_iter().flat_map(|share| &share.lanes);
        lanes.filter(|(_, bytes)| **bytes > 0).map(|(lane, _)| lane)
    }

    /// Those in which nothing waits.
    pub(super) fn idle(&self, at: &TopicPartition) -> impl Iterator<Item = &DestinationId> {
        let lanes = self.partitions.get(at).into_iter().flat_map(|share| &share.lanes);
        lanes.filter(|(_, bytes)| **bytes == 0).map(|(lane, _)| lane)
    }

    /// The lane that holds most of a full partition while another lane there stands idle, with the bytes of both.
    pub(super) fn clogging(&self, at: &TopicPartition) -> Option<(DestinationId, usize)> {
        let share = self.partitions.get(at)?;
        if share.bytes <= self.clogged_at || share.idle == 0 {
            return None;
        }
        let largest = share.lanes.iter().max_by_key(|(_, bytes)| **bytes)?;
        (*largest.1 > share.bytes / 2).then(|| (largest.0.clone(), share.bytes))
    }
}

/// A record counts as its partition's memory counts it; never as nothing.
fn weight(queued: &Queued) -> usize {
    queued.held.as_ref().map_or(queued.delivery.value.len() + 1, crate::delivery::load::Held::bytes)
}

//! Who fills a partition's buffer: the bytes each lane holds of it.
//! Answers one question: is one lane clogging the partition while another one stands idle? Only then do records move to
//! a delay; a lane that is alone, or among others as busy, simply waits (back-pressure).

use std::collections::HashMap;

use crate::delivery::claim::TopicPartition;
use crate::delivery::lane::{LaneId, Queued};

/// What waits, by partition and lane.
#[derive(Debug)]
pub(super) struct Shares {
    clogged_at: usize,
    /// Bytes of all partitions.
    bytes: usize,
    partitions: HashMap<TopicPartition, Share>,
}

#[derive(Debug, Default)]
struct Share {
    bytes: usize,
    /// Every lane that is at home or was seen in this partition, idle ones with 0.
    lanes: HashMap<LaneId, usize>,
    idle: usize,
}

impl Shares {
    pub(super) fn new(clogged_at: usize) -> Self {
        Self { clogged_at, bytes: 0, partitions: HashMap::new() }
    }

    /// Notes that a destination's deliveries lie in a partition, whether or not one was seen yet: it may be behind what
    /// another lane has there.
    pub(super) fn expect(&mut self, at: &TopicPartition, lane: &LaneId) {
        let share = self.partitions.entry(at.clone()).or_default();
        if !share.lanes.contains_key(lane) {
            share.lanes.insert(lane.clone(), 0);
            share.idle += 1;
        }
    }

    pub(super) fn add(&mut self, queued: &Queued, lane: &LaneId) {
        if !self.partitions.contains_key(&queued.claim.at) {
            self.partitions.insert(queued.claim.at.clone(), Share::default());
        }
        let share = self.partitions.get_mut(&queued.claim.at).expect("inserted above");
        let bytes = weight(queued);
        share.bytes += bytes;
        self.bytes += bytes;
        match share.lanes.get_mut(lane) {
            Some(lane) => {
                share.idle -= usize::from(*lane == 0);
                *lane += bytes;
            }
            None => {
                share.lanes.insert(lane.clone(), bytes);
            }
        }
    }

    pub(super) fn remove(&mut self, queued: &Queued, lane: &LaneId) {
        let Some(share) = self.partitions.get_mut(&queued.claim.at) else {
            return;
        };
        let Some(lane) = share.lanes.get_mut(lane) else {
            return;
        };
        let bytes = weight(queued);
        share.bytes -= bytes;
        self.bytes -= bytes;
        *lane -= bytes;
        share.idle += usize::from(*lane == 0);
    }

    pub(super) fn forget(&mut self, at: &TopicPartition) {
        if let Some(share) = self.partitions.remove(at) {
            self.bytes -= share.bytes;
        }
    }

    /// Whether a partition holds so much of what all may hold that it will soon be read no further: more than half of what
    /// is free, for the other half may be under way.
    pub(super) fn is_tight(&self, at: &TopicPartition, budget: usize) -> bool {
        let bytes = self.partitions.get(at).map_or(0, |share| share.bytes);
        bytes > budget.saturating_sub(self.bytes) / 2
    }

    /// The lanes of a partition.
    pub(super) fn lanes(&self, at: &TopicPartition) -> impl Iterator<Item = &LaneId> {
        self.partitions.get(at).into_iter().flat_map(|share| share.lanes.keys())
    }

    /// Those of them in which something waits.
    pub(super) fn waiting(&self, at: &TopicPartition) -> impl Iterator<Item = &LaneId> {
        let lanes = self.partitions.get(at).into_iter().flat_map(|share| &share.lanes);
        lanes.filter(|(_, bytes)| **bytes > 0).map(|(lane, _)| lane)
    }

    /// Those in which nothing waits.
    pub(super) fn idle(&self, at: &TopicPartition) -> impl Iterator<Item = &LaneId> {
        let lanes = self.partitions.get(at).into_iter().flat_map(|share| &share.lanes);
        lanes.filter(|(_, bytes)| **bytes == 0).map(|(lane, _)| lane)
    }

    /// The lane that holds most of a full partition while another lane there stands idle, with the bytes of both.
    pub(super) fn clogging(&self, at: &TopicPartition) -> Option<(LaneId, usize)> {
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

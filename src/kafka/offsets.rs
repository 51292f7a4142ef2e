//! Which offset is safe to commit. Plain data, no I/O.
//!
//! Per partition and assignment a queue of slots in order of arrival:
//!
//! ```text
//! taken     41  42  44  45        (43 does not exist: compaction, transaction markers)
//! settled    x   .   x   .        next to read: 42
//! settled    x   x   x   .        next to read: 45
//! settled    x   x   x   x        next to read: 46
//! ```
//!
//! Gaps need nothing, because only what arrived has a slot. A completion from a former assignment is dropped.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use crate::delivery::claim::{Claim, Epoch, Spot, TopicPartition};
use crate::delivery::defect::{Defect, planted};

#[cfg(test)]
mod tests;

/// A partition that is ours from now on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The partition.
    pub at: TopicPartition,
    /// The assignment that begins.
    pub epoch: Epoch,
    /// What the last commit carried, where the stage asked for it.
    pub note: Option<Box<str>>,
    /// A random number for this assignment.
    pub draw: u64,
}

/// The offset to read next, once everything before it is settled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// The partition.
    pub at: TopicPartition,
    /// The assignment under which it was read.
    pub epoch: Epoch,
    /// The offset to commit: of the first record that is not settled.
    pub next: i64,
    /// What the commit carries for the next owner.
    pub note: Option<Arc<str>>,
}

/// The trackers of all partitions a stage is assigned.
#[derive(Debug, Default)]
pub struct Ledger {
    trackers: HashMap<TopicPartition, Tracker>,
    moved: Vec<TopicPartition>,
}

#[derive(Debug)]
struct Tracker {
    epoch: Epoch,
    slots: VecDeque<Slot>,
    /// The sequence of the first slot.
    first: u64,
    /// The offset after the last settled prefix, once there is one.
    next: Option<i64>,
    moved: bool,
    /// Whether it is being handed back; a new assignment ends that.
    revoked: bool,
}

#[derive(Debug)]
struct Slot {
    offset: i64,
    settled: bool,
}

impl Ledger {
    /// Begins an assignment; what was known of a former one is forgotten.
    pub fn assign(&mut self, at: &TopicPartition, epoch: Epoch) {
        let tracker = Tracker { epoch, slots: VecDeque::new(), first: 0, next: None, moved: false, revoked: false };
        self.trackers.insert(at.clone(), tracker);
    }

    /// Begins to hand a partition back: nothing more is taken, what was taken may still be settled.
    pub fn revoke(&mut self, at: &TopicPartition) {
        if let Some(tracker) = self.trackers.get_mut(at) {
            tracker.revoked = true;
        }
    }

    /// Whether a partition is being handed back.
    pub fn is_revoked(&self, at: &TopicPartition) -> bool {
        self.trackers.get(at).is_some_and(|tracker| tracker.revoked)
    }

    /// Ends a revoked assignment and answers the last position, if any record was settled under it. A partition that was
    /// assigned again meanwhile, since Kafka does not wait for ever, keeps its new assignment.
    pub fn release(&mut self, at: &TopicPartition) -> Option<Position> {
        if !self.is_revoked(at) {
            return None;
        }
        let tracker = self.trackers.remove(at)?;
        tracker.position(at)
    }

    /// Takes a record; `None` when it was read under a former assignment, or one that ends, and must be left alone.
    pub fn take(&mut self, at: &TopicPartition, epoch: Epoch, spot: Spot) -> Option<Claim> {
        let tracker = self.trackers.get_mut(at).filter(|tracker| tracker.epoch == epoch && !tracker.revoked)?;
        // The log begins anew there (topic re-created, its end cut off): what was taken from there on is gone with it.
        for slot in tracker.slots.iter_mut().rev().take_while(|slot| slot.offset >= spot.offset) {
            *slot = Slot { offset: spot.offset - 1, settled: true };
        }
        let sequence = tracker.first + tracker.slots.len() as u64;
        tracker.slots.push_back(Slot { offset: spot.offset, settled: false });
        Some(Claim { at: at.clone(), epoch, sequence, spot })
    }

    /// Counts a claim as settled. Only `settle::Settled` calls this (held by `tests/tidy.rs`).
    pub(crate) fn complete(&mut self, claim: &Claim) {
        let Some(tracker) = self.trackers.get_mut(&claim.at) else {
            return;
        };
        if tracker.epoch != claim.epoch && !planted(Defect::EpochIgnored) {
            return;
        }
        if tracker.complete(claim.sequence) && !tracker.moved {
            tracker.moved = true;
            self.moved.push(claim.at.clone());
        }
    }

    /// The positions that moved since the last call.
    pub fn take_positions(&mut self) -> Vec<Position> {
        let mut positions = Vec::with_capacity(self.moved.len());
        for at in self.moved.drain(..) {
            if let Some(tracker) = self.trackers.get_mut(&at) {
                tracker.moved = false;
                positions.extend(tracker.position(&at));
            }
        }
        positions
    }

    /// Whether the assignment a claim was made under still holds.
    pub fn is_current(&self, claim: &Claim) -> bool {
        self.trackers.get(&claim.at).is_some_and(|tracker| tracker.epoch == claim.epoch)
    }

    /// How many records stand between the first unsettled one and this claim.
    pub fn distance(&self, claim: &Claim) -> u64 {
        self.trackers.get(&claim.at).map_or(0, |tracker| claim.sequence.saturating_sub(tracker.first))
    }

    /// How many records were taken after this claim.
    pub fn behind(&self, claim: &Claim) -> u64 {
        let end = self.trackers.get(&claim.at).map_or(0, |tracker| tracker.first + tracker.slots.len() as u64);
        end.saturating_sub(claim.sequence + 1)
    }

    /// How many records there are from the first unsettled one to the last taken.
    pub fn width(&self, at: &TopicPartition) -> usize {
        self.trackers.get(at).map_or(0, |tracker| tracker.slots.len())
    }

    /// The partitions whose records, from the first unsettled one to the last taken, are more than so many; in order.
    pub fn wider_than(&self, span: usize) -> Vec<TopicPartition> {
        let wide = self.trackers.iter().filter(|(_, tracker)| tracker.slots.len() > span && !tracker.revoked);
        let mut wide: Vec<_> = wide.map(|(at, _)| at.clone()).collect();
        wide.sort_unstable();
        wide
    }

    /// The partitions assigned now.
    pub fn assigned(&self) -> impl Iterator<Item = &TopicPartition> {
        self.trackers.keys()
    }
}

impl Tracker {
    /// Marks a slot and answers whether the settled prefix grew.
    fn complete(&mut self, sequence: u64) -> bool {
        let Some(index) = sequence.checked_sub(self.first) else {
            return false;
        };
        let slot = usize::try_from(index).ok().and_then(|index| self.slots.get_mut(index));
        let Some(slot) = slot else { return false };
        slot.settled = true;
        let mut grew = false;
        while let Some(slot) = self.slots.front().filter(|slot| slot.settled) {
            self.next = Some(next_to_read(slot.offset));
            self.slots.pop_front();
            self.first += 1;
            grew = true;
        }
        grew
    }

    fn position(&self, at: &TopicPartition) -> Option<Position> {
        let next = self.next?;
        Some(Position { at: at.clone(), epoch: self.epoch, next, note: None })
    }
}

/// Kafka commits the offset of the record to read next, not of the last one read. The only place that adds one.
fn next_to_read(settled: i64) -> i64 {
    settled + 1 + i64::from(planted(Defect::OffsetOneTooHigh))
}

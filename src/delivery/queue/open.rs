//! An open batch: deliveries that may go together, what they weigh, and since when the first of them waits.
//! When it leaves is decided by the queue.

use std::collections::VecDeque;

use super::super::batch::{Parcel, Weight};
use super::super::claim::{Claim, TopicPartition};
use super::super::lane::Queued;
use crate::outcome::time::Moment;

/// Deliveries that may go together, oldest first.
#[derive(Debug, Default)]
pub(super) struct Open {
    waiting: VecDeque<Queued>,
    weight: Weight,
}

/// What leaves at once may have.
#[derive(Clone, Copy, Debug)]
pub(super) struct Room {
    pub(super) count: usize,
    pub(super) bytes: usize,
}

impl Open {
    pub(super) fn waiting(&self) -> &VecDeque<Queued> {
        &self.waiting
    }

    /// The one that came first.
    pub(super) fn first(&self) -> Option<&Queued> {
        self.waiting.front()
    }

    pub(super) fn push_back(&mut self, queued: Queued) {
        self.weight.add(parcel(&queued));
        self.waiting.push_back(queued);
    }

    pub(super) fn push_front(&mut self, queued: Queued) {
        self.weight.add(parcel(&queued));
        self.waiting.push_front(queued);
    }

    /// Since when the first one waits; none where nothing does.
    pub(super) fn since(&self) -> Option<Moment> {
        self.first().map(|first| first.place.map_or(Moment::default(), |place| place.since))
    }

    /// Whether more would not go with them.
    pub(super) fn is_full(&self, room: Room) -> bool {
        self.weight.count >= room.count || self.weight.bytes() >= room.bytes
    }

    /// Takes out as many as may go at once, the first in any case unless it is not allowed to.
    pub(super) fn take(&mut self, room: Room, allowed: impl Fn(&Claim) -> bool) -> Vec<Queued> {
        let (mut taken, mut weight) = (Vec::new(), Weight::default());
        while let Some(queued) = self.waiting.front() {
            let mut heavier = weight;
            heavier.add(parcel(queued));
            let fits = weight.count == 0 || (heavier.count <= room.count && heavier.bytes() <= room.bytes);
            if !fits || !allowed(&queued.claim) {
                break;
            }
            weight = heavier;
            taken.extend(self.remove(0));
        }
        taken
    }

    pub(super) fn remove(&mut self, index: usize) -> Option<Queued> {
        let removed = self.waiting.remove(index)?;
        self.weight.remove(parcel(&removed));
        Some(removed)
    }

    /// Takes out what waits for a partition.
    pub(super) fn withdraw(&mut self, at: &TopicPartition) -> Vec<Queued> {
        let withdrawn = extract(&mut self.waiting, at);
        withdrawn.iter().for_each(|queued| self.weight.remove(parcel(queued)));
        withdrawn
    }
}

/// What some deliveries weigh together.
pub(super) fn weight(batch: &[Queued]) -> Weight {
    let mut weight = Weight::default();
    batch.iter().for_each(|queued| weight.add(parcel(queued)));
    weight
}

/// Takes out of those that wait what waits for a partition.
pub(super) fn extract(waiting: &mut VecDeque<Queued>, at: &TopicPartition) -> Vec<Queued> {
    let mut withdrawn = Vec::new();
    for queued in std::mem::take(waiting) {
        if queued.claim.at == *at {
            withdrawn.push(queued);
        } else {
            waiting.push_back(queued);
        }
    }
    withdrawn
}

fn parcel(queued: &Queued) -> Parcel {
    queued.place.map_or(Parcel { key: None, bytes: 0 }, |place| place.parcel)
}

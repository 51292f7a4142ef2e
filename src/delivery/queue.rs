//! What waits in a lane, oldest first, and in a lane that batches also what may go together. A batch is no thing of its own
//! before it leaves: who waits is kept by what it may go with, and what is full, has waited long enough or is hurried is
//! taken together. So whatever has to leave the lane in another way is simply taken out.
//! When the lane may start at all is decided by `dispatch`.

use std::collections::{BTreeSet, HashMap, VecDeque};

use super::batch::{BatchLimits, Ceiling};
use super::claim::{Claim, TopicPartition};
use super::defect::{Defect, planted};
use super::lane::Queued;
use crate::outcome::time::Moment;
use open::{Open, Room, weight};
use order::Order;

mod leaving;
mod open;
mod order;
#[cfg(test)]
mod tests;

/// Batches of one lane that may be open at once; beyond, the oldest leaves as it is.
const MOST_OPEN: usize = 100;

/// The deliveries of a lane that wait.
#[derive(Debug, Default)]
pub(super) struct Queue {
    limits: Option<BatchLimits>,
    ceiling: Ceiling,
    /// Those that go alone.
    singles: VecDeque<Queued>,
    /// Those that may go with others, by key.
    open: HashMap<u64, Open>,
    order: Order,
    /// The open batches by the time since which their first one waits, and where each stands there.
    by_age: BTreeSet<(Moment, u64)>,
    since: HashMap<u64, Moment>,
    /// Those of them that are full.
    full: BTreeSet<u64>,
    /// What waits since then or longer waits no more for others.
    hurried: Option<Moment>,
    len: usize,
}

/// When something may leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Readiness {
    /// Nothing waits.
    Empty,
    /// Now.
    Now,
    /// Then, unless more comes.
    At(Moment),
}

impl Queue {
    /// An empty one; without limits everything goes alone.
    pub(super) fn new(limits: Option<BatchLimits>) -> Self {
        Self { limits, ..Self::default() }
    }

    /// How many wait.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub(super) fn push_back(&mut self, queued: Queued) {
        self.len += 1;
        match self.key(&queued) {
            None => self.singles.push_back(queued),
            Some(key) => {
                self.order.add(&queued.claim, key);
                let room = self.room();
                let open = self.open.entry(key).or_default();
                open.push_back(queued);
                if open.waiting().len() == 1 {
                    self.note(key);
                } else if open.is_full(room) {
                    self.full.insert(key);
                }
            }
        }
    }

    /// Puts one back that was taken out.
    pub(super) fn push_front(&mut self, queued: Queued) {
        self.len += 1;
        match self.key(&queued) {
            None => self.singles.push_front(queued),
            Some(key) => {
                self.order.add(&queued.claim, key);
                self.open.entry(key).or_default().push_front(queued);
                self.note(key);
            }
        }
    }

    /// Nobody who waits now waits any longer for others.
    pub(super) fn hurry(&mut self, now: Moment) {
        self.hurried = Some(now);
    }

    /// When something may leave.
    pub(super) fn readiness(&self, now: Moment) -> Readiness {
        if !self.singles.is_empty() || !self.full.is_empty() || self.by_age.len() > MOST_OPEN {
            return Readiness::Now;
        }
        match self.by_age.first().map(|(since, _)| self.due(*since)) {
            None => Readiness::Empty,
            Some(due) if due <= now => Readiness::Now,
            Some(due) => Readiness::At(due),
        }
    }

    /// Takes out what leaves together, of what is allowed to; nothing where nothing is.
    pub(super) fn take(&mut self, now: Moment, allowed: impl Fn(&Claim) -> bool) -> Vec<Queued> {
        if let Some(first) = self.singles.front() {
            let taken = if allowed(&first.claim) { self.singles.pop_front() } else { None };
            self.len -= usize::from(taken.is_some());
            return taken.into_iter().collect();
        }
        let too_many = self.by_age.len().saturating_sub(MOST_OPEN);
        let leaves = |(place, (since, _)): &(usize, &(Moment, u64))| *place < too_many || self.due(*since) <= now;
        let aged = self.by_age.iter().enumerate().take_while(leaves).map(|(_, (_, key))| *key);
        let is_allowed = |key: &u64| self.first(*key).is_some_and(|first| allowed(&first.claim));
        // Nearly always the first: there may be as many as there are deliveries.
        let Some(key) = aged.chain(self.full.iter().copied()).find(is_allowed) else { return Vec::new() };
        let room = self.room();
        let taken = self.open.get_mut(&key).map(|open| open.take(room, &allowed)).unwrap_or_default();
        self.len -= taken.len();
        taken.iter().for_each(|queued| self.order.remove(&queued.claim));
        self.note(key);
        taken
    }

    /// Hears that a batch of these was too large for the receiver.
    pub(super) fn refused(&mut self, batch: &[Queued]) {
        self.ceiling.refused(weight(batch).bytes());
        self.open.keys().copied().collect::<Vec<_>>().into_iter().for_each(|key| self.note(key));
    }

    /// Hears that the receiver took a batch of these.
    pub(super) fn accepted(&mut self, batch: &[Queued]) {
        if self.ceiling != Ceiling::default() {
            self.ceiling.taken(weight(batch).bytes());
        }
    }

    /// Notes anew how old an open batch is and whether it is full.
    fn note(&mut self, key: u64) {
        if let Some(since) = self.since.remove(&key) {
            self.by_age.remove(&(since, key));
        }
        self.full.remove(&key);
        let room = self.room();
        let Some(open) = self.open.get(&key) else { return };
        let Some(since) = open.since() else {
            self.open.remove(&key);
            return;
        };
        if open.is_full(room) {
            self.full.insert(key);
        }
        self.by_age.insert((since, key));
        self.since.insert(key, since);
    }

    /// With whom one may go; none for one that goes alone.
    fn key(&self, queued: &Queued) -> Option<u64> {
        let parcel = self.limits.and(queued.place)?.parcel;
        if planted(Defect::BatchMixed) { Some(0) } else { parcel.key }
    }

    /// The first one of an open batch.
    fn first(&self, key: u64) -> Option<&Queued> {
        self.open.get(&key)?.first()
    }

    fn room(&self) -> Room {
        let limits = self.limits.map(|limits| (limits.size, limits.bytes.min(self.ceiling.bytes())));
        let (count, bytes) = limits.unwrap_or((1, usize::MAX));
        Room { count, bytes }
    }

    /// When one leaves that waits since then.
    fn due(&self, since: Moment) -> Moment {
        let is_hurried = self.hurried.is_some_and(|hurried| since <= hurried);
        let wait = self.limits.filter(|_| !is_hurried).map(|limits| limits.wait);
        since.plus(wait.unwrap_or_default())
    }
}

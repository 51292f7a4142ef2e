//! Whoever leaves a queue in another way than with a batch: one of a partition, or one by its place. An open batch is then
//! as old and as full as what is left of it.

use std::collections::VecDeque;

use super::open::{Open, extract};
use super::{Claim, Queue, Queued, TopicPartition};

/// Where some wait: alone, or for others of a key.
type Place<'a> = (Option<u64>, &'a VecDeque<Queued>);

impl Queue {
    /// Takes out what waits for a partition.
    pub(in crate::delivery) fn withdraw(&mut self, at: &TopicPartition) -> Vec<Queued> {
        let mut withdrawn = extract(&mut self.singles, at);
        for key in self.open.keys().copied().collect::<Vec<_>>() {
            let of_batch = self.open.get_mut(&key).map(|open| open.withdraw(at)).unwrap_or_default();
            of_batch.iter().for_each(|queued| self.order.remove(&queued.claim));
            withdrawn.extend(of_batch);
            self.note(key);
        }
        self.len -= withdrawn.len();
        withdrawn
    }

    /// The oldest of a partition.
    pub(in crate::delivery) fn oldest(&self, at: &TopicPartition) -> Option<&Claim> {
        let (key, index) = self.place_of_oldest(at)?;
        self.waiting(key)?.get(index).map(|queued| &queued.claim)
    }

    /// Takes the oldest of a partition out.
    pub(in crate::delivery) fn take_oldest(&mut self, at: &TopicPartition) -> Option<Queued> {
        let (key, index) = self.place_of_oldest(at)?;
        self.remove(key, index)
    }

    /// One that waits, by its place.
    pub(in crate::delivery) fn get(&self, index: usize) -> Option<&Queued> {
        let (_, waiting, index) = self.place(index)?;
        waiting.get(index)
    }

    /// Takes one out by its place.
    pub(in crate::delivery) fn take_at(&mut self, index: usize) -> Option<Queued> {
        let (key, _, index) = self.place(index)?;
        self.remove(key, index)
    }

    /// Where the oldest of a partition waits.
    fn place_of_oldest(&self, at: &TopicPartition) -> Option<(Option<u64>, usize)> {
        // Nearly always the first: a lane has one partition, or few.
        let single = self.singles.iter().position(|queued| queued.claim.at == *at);
        let sequence_of_single = single.and_then(|index| Some(self.singles.get(index)?.claim.sequence));
        match self.order.oldest(at) {
            Some((sequence, key)) if sequence_of_single.is_none_or(|single| sequence < single) => {
                let is_it = |queued: &Queued| queued.claim.sequence == sequence && queued.claim.at == *at;
                Some((Some(key), self.waiting(Some(key))?.iter().position(is_it)?))
            }
            _ => Some((None, single?)),
        }
    }

    /// Those that wait alone, or for others of a key.
    fn waiting(&self, key: Option<u64>) -> Option<&VecDeque<Queued>> {
        match key {
            None => Some(&self.singles),
            Some(key) => self.open.get(&key).map(Open::waiting),
        }
    }

    /// All that wait: those that go alone, then what is open, the oldest first.
    fn places(&self) -> impl Iterator<Item = Place<'_>> {
        let open = self.by_age.iter().filter_map(|(_, key)| Some((Some(*key), self.open.get(key)?.waiting())));
        std::iter::once((None, &self.singles)).chain(open)
    }

    fn place(&self, mut index: usize) -> Option<(Option<u64>, &VecDeque<Queued>, usize)> {
        for (key, waiting) in self.places() {
            if index < waiting.len() {
                return Some((key, waiting, index));
            }
            index -= waiting.len();
        }
        None
    }

    fn remove(&mut self, key: Option<u64>, index: usize) -> Option<Queued> {
        let removed = match key {
            None => self.singles.remove(index),
            Some(key) => {
                let removed = self.open.get_mut(&key)?.remove(index);
                self.note(key);
                removed.iter().for_each(|queued| self.order.remove(&queued.claim));
                removed
            }
        };
        self.len -= usize::from(removed.is_some());
        removed
    }
}

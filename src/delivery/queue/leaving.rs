//! Whoever leaves a queue in another way than with a batch: one of a partition, or one by its place. An open batch is then
//! as old and as full as what is left of it.

use std::collections::VecDeque;

use super::open::extract;
use super::{Claim, Queue, Queued, TopicPartition};

/// Where some wait: alone, or for others of a key.
type Place<'a> = (Option<u64>, &'a VecDeque<Queued>);

impl Queue {
    /// Takes out what waits for a partition.
    pub(in crate::delivery) fn withdraw(&mut self, at: &TopicPartition) -> Vec<Queued> {
        let mut withdrawn = extract(&mut self.singles, at);
        for key in self.open.keys().copied().collect::<Vec<_>>() {
            withdrawn.extend(self.open.get_mut(&key).map(|open| open.withdraw(at)).unwrap_or_default());
            self.note(key);
        }
        self.len -= withdrawn.len();
        withdrawn
    }

    /// The oldest of a partition.
    pub(in crate::delivery) fn oldest(&self, at: &TopicPartition) -> Option<&Claim> {
        // Nearly always the first of each: a lane has one partition, or few.
        let first = |(_, waiting): (_, &'_ VecDeque<Queued>)| waiting.iter().position(|queued| queued.claim.at == *at);
        let claims = self.places().filter_map(|place| Some(&place.1.get(first(place)?)?.claim));
        claims.min_by_key(|claim| claim.sequence)
    }

    /// Takes the oldest of a partition out.
    pub(in crate::delivery) fn take_oldest(&mut self, at: &TopicPartition) -> Option<Queued> {
        let sequence = self.oldest(at)?.sequence;
        let is_it = |queued: &Queued| queued.claim.sequence == sequence && queued.claim.at == *at;
        let mut places = self.places();
        let (key, index) = places.find_map(|(key, waiting)| Some((key, waiting.iter().position(is_it)?)))?;
        drop(places);
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
                removed
            }
        };
        self.len -= usize::from(removed.is_some());
        removed
    }
}

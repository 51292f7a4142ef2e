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
            withdrawn.extend(self.open.get_mut(&key).map(|open| open.withdraw(at)).unwrap_or_default());
            self.note(key);
        }
        self.len -= withdrawn.len();
        withdrawn
    }

    /// The oldest of a partition.
    pub(in crate::delivery) fn oldest(&self, at: &TopicPartition) -> Option<&Claim> {
        let (key, index) = self.oldest_place(at)?;
        let waiting = key.map_or(Some(&self.singles), |key| self.open.get(&key).map(Open::waiting))?;
        waiting.get(index).map(|queued| &queued.claim)
    }

    /// Takes the oldest of a partition out.
    pub(in crate::delivery) fn take_oldest(&mut self, at: &TopicPartition) -> Option<Queued> {
        let (key, index) = self.oldest_place(at)?;
        self.remove(key, index)
    }

    /// Among those that go alone it is the first; so it is in what is open, whose order is that of their coming.
    fn oldest_place(&self, at: &TopicPartition) -> Option<(Option<u64>, usize)> {
        let first = |(key, waiting): Place<'_>| {
            // Nearly always the first: a lane has one partition, or few.
            let index = waiting.iter().position(|queued| queued.claim.at == *at)?;
            Some((waiting[index].claim.sequence, (key, index)))
        };
        let mut places = self.places();
        let single = places.next().and_then(first);
        single.into_iter().chain(places.find_map(first)).min().map(|(_, place)| place)
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

//! Which partitions are ours, under which epoch, how much of each is held and whether it flows.
//! Plain bookkeeping of the poll thread; what rebalances do to it is `context`'s.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};

use super::history::History;
use super::valve::Flow;
use crate::delivery::claim::{Epoch, TopicPartition};
use crate::delivery::load::Load;
use crate::kafka::offsets::Position;

/// A partition that is ours.
#[derive(Debug)]
pub(super) struct Assigned {
    pub(super) at: TopicPartition,
    pub(super) epoch: Epoch,
    pub(super) load: Load,
    pub(super) flow: Flow,
    /// What is read again although its offset has passed, so that copies of it are known.
    pub(super) history: Option<History>,
    /// The first offset under this assignment that is not settled: the committed one where there is a history, else the
    /// first that was read.
    pub(super) first: Option<i64>,
}

#[derive(Debug, Default)]
pub(super) struct Assignment {
    pub(super) epochs: u64,
    /// By topic and partition.
    pub(super) partitions: HashMap<String, HashMap<i32, Assigned>>,
}

impl Assignment {
    pub(super) fn add(&mut self, at: &TopicPartition, epoch: Epoch, history: Option<History>) {
        let first = history.map(History::until);
        let assigned = Assigned { at: at.clone(), epoch, load: Load::default(), flow: Flow::Open, history, first };
        self.partitions.entry(at.topic.to_string()).or_default().insert(at.partition, assigned);
    }

    pub(super) fn holds(&self, position: &Position) -> bool {
        let assigned = self.get(&position.at.topic, position.at.partition);
        assigned.is_some_and(|assigned| assigned.epoch == position.epoch)
    }

    pub(super) fn get_mut(&mut self, topic: &str, partition: i32) -> Option<&mut Assigned> {
        self.partitions.get_mut(topic)?.get_mut(&partition)
    }

    pub(super) fn get(&self, topic: &str, partition: i32) -> Option<&Assigned> {
        self.partitions.get(topic)?.get(&partition)
    }

    pub(super) fn all(&mut self) -> impl Iterator<Item = &mut Assigned> {
        self.partitions.values_mut().flat_map(HashMap::values_mut)
    }

    pub(super) fn len(&self) -> usize {
        self.partitions.values().map(HashMap::len).sum()
    }
}

/// A number nobody else draws, by the keys the standard library draws for its maps; no secret.
pub(super) fn draw() -> u64 {
    RandomState::new().build_hasher().finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_again_does_not_lag() {
        let at = TopicPartition::new("deliveries", 1);
        let mut assignment = Assignment::default();
        assignment.add(&at, Epoch::default(), Some(History::before(10)));
        assert_eq!(assignment.get("deliveries", 1).and_then(|own| own.first), Some(10));
        assignment.add(&at, Epoch::default(), None);
        assert_eq!(
            assignment.get("deliveries", 1).and_then(|own| own.first),
            None,
            "nothing is known before it is read"
        );
    }
}

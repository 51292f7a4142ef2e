//! The positions that a stage leaves for its poll thread: as records are settled, and the last ones of partitions that it
//! hands back. All of them lie in one place, from which everything is stored before partitions go.
//!
//! A partition may be asked back twice at once: by a rebalance while its consumer is about to leave. The stage answers its
//! last position only once, to whoever asked first. Were it in that answer, the rebalance would give the partition away
//! without it while the answer waits to be read, and the next owner would repeat everything since the last commit.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::delivery::claim::TopicPartition;
use crate::kafka::offsets::Position;

/// What is to be stored; both ends share it.
#[derive(Clone, Debug, Default)]
pub(super) struct Positions(Arc<Mutex<HashMap<TopicPartition, Position>>>);

impl Positions {
    /// Leaves positions to be stored.
    pub(super) fn leave(&self, moved: Vec<Position>) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // One position per partition, the latest: a list that names a partition twice makes librdkafka store none.
        waiting.extend(moved.into_iter().map(|position| (position.at.clone(), position)));
    }

    /// Takes what was left.
    pub(super) fn take(&self) -> Vec<Position> {
        let left = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        left.into_values().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::claim::Epoch;

    #[test]
    fn of_each_partition_the_latest_is_taken_once() {
        let position = |partition, next| {
            let at = TopicPartition::new("t", partition);
            Position { at, epoch: Epoch(1), next, note: None }
        };
        let positions = Positions::default();
        positions.leave(vec![position(0, 5)]);
        positions.leave(vec![position(0, 7), position(1, 2)]);
        positions.leave(vec![]);
        let mut taken = positions.take();
        taken.sort_unstable_by_key(|position| position.at.partition);
        assert_eq!(taken, [position(0, 7), position(1, 2)]);
        assert_eq!(positions.take(), []);
    }
}

//! Whether retention overtook us: the client says in its log that the offset to read next is no longer there, and begins at
//! the start of what is left; how many records that skipped is known with the first one it reads then.
//! Counting and telling people is the watch's.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rdkafka::statistics::Statistics;

use super::context::Context;
use crate::delivery::claim::TopicPartition;

/// Partitions of which reading begins anew, with the offset that was to be read next.
#[derive(Debug, Default)]
pub(super) struct Resets {
    /// There may be some. Nearly always there is none, and a record that is read then takes no lock.
    are_some: AtomicBool,
    all: Mutex<HashMap<TopicPartition, i64>>,
}

impl Resets {
    /// Hears a line of the client's log; answers the partition if it says that its offset was reset.
    pub(super) fn hear(&self, line: &str) -> Option<TopicPartition> {
        let (at, offset) = parse(line)?;
        let mut all = self.all();
        all.insert(at.clone(), offset);
        self.are_some.store(true, Ordering::Release);
        drop(all);
        Some(at)
    }

    /// Hears of a record that was read, or of the start of the log; answers how many were skipped before it, once.
    pub(super) fn reached(&self, topic: &str, partition: i32, offset: i64) -> Option<u64> {
        if !self.are_some.load(Ordering::Acquire) {
            return None;
        }
        let mut all = self.all();
        let before = all.remove(&TopicPartition::new(topic, partition));
        // Under the lock, so that what is heard meanwhile is not overwritten.
        self.are_some.store(!all.is_empty(), Ordering::Release);
        // A topic made anew begins below; what was lost with the old one nobody knows.
        before.map(|before| u64::try_from(offset - before).unwrap_or(0))
    }

    /// Forgets a partition that is no longer ours.
    pub(super) fn forget(&self, at: &TopicPartition) {
        self.all().remove(at);
    }

    fn all(&self) -> MutexGuard<'_, HashMap<TopicPartition, i64>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Context {
    /// Hears of a record before it is handed on.
    pub(super) fn reads(&self, topic: &str, partition: i32, offset: i64) {
        if let Some(skipped) = self.resets.reached(topic, partition, offset) {
            self.watch.skipped((topic, partition), offset, skipped);
        }
    }

    /// Where nothing is left to be read, the start of the log tells what was skipped.
    pub(super) fn reach_ends(&self, statistics: &Statistics) {
        for (name, topic) in &statistics.topics {
            for (number, own) in &topic.partitions {
                let is_at_the_end = own.hi_offset >= 0 && own.next_offset >= own.hi_offset;
                if is_at_the_end && own.lo_offset >= 0 {
                    self.reads(name, *number, own.lo_offset);
                }
            }
        }
    }
}

/// `events [3]: offset reset (at offset 120 (leader epoch 0), broker 1) to …`
fn parse(line: &str) -> Option<(TopicPartition, i64)> {
    let (place, rest) = line.split_once("]: offset reset (at offset ")?;
    // The client may put its own name before the topic's.
    let (topic, partition) =
        place.rsplit(' ').next().zip(place.rsplit(' ').nth(1)).map(|(last, topic)| (topic, last))?;
    let partition = partition.strip_prefix('[')?.parse().ok()?;
    let digits = rest.split(|c: char| !c.is_ascii_digit()).next()?;
    Some((TopicPartition::new(topic, partition), digits.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = "[thrd:main]: my.events [3]: offset reset (at offset 120 (leader epoch 0), broker 1) to offset BEGINNING (leader epoch -1): fetch failed due to requested offset not available on the broker: Broker: Offset out of range";

    #[test]
    fn what_was_skipped_is_known_with_the_first_record_and_told_once() {
        let resets = Resets::default();
        assert_eq!(resets.reached("my.events", 3, 500), None);
        assert_eq!(resets.hear(LINE), Some(TopicPartition::new("my.events", 3)));
        assert_eq!(resets.reached("my.events", 2, 500), None);
        assert_eq!(resets.reached("my.events", 3, 500), Some(380));
        assert_eq!(resets.reached("my.events", 3, 501), None);
        resets.hear(LINE);
        assert_eq!(resets.reached("my.events", 3, 0), Some(0), "the topic was made anew");
        resets.hear(LINE);
        resets.forget(&TopicPartition::new("my.events", 3));
        assert_eq!(resets.reached("my.events", 3, 500), None);
    }

    #[test]
    fn other_lines_say_nothing_of_it() {
        let resets = Resets::default();
        for line in ["", "events [x]: offset reset (at offset 1", "events [1]: offset reset (at offset BEGINNING", "x"]
        {
            assert_eq!(resets.hear(line), None, "{line}");
        }
    }
}

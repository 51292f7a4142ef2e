//! What a consumer reads again when it gets a partition: the last records before the committed offset. They are settled, so
//! nothing is done with them; but a copy of one of them, made by a crash, is known by them although the memory of the
//! process that settled them is gone. With it comes the note that the last commit carries.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::KafkaResult;
use rdkafka::topic_partition_list::TopicPartitionListElem;
use rdkafka::{Offset, TopicPartitionList};

use super::context::Context;
use crate::delivery::claim::TopicPartition;
use crate::log;

/// How long Kafka may take to say where the group stands in all partitions; of what it does not say in time nothing is
/// read again. A rebalance waits for it.
const DEADLINE: Duration = Duration::from_secs(5);

/// The part of a partition that is read again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct History {
    /// The committed offset: the first that is not settled.
    until: i64,
    /// The last offset read.
    last: i64,
}

impl History {
    pub(super) fn before(until: i64) -> Self {
        Self { until, last: -1 }
    }

    /// The committed offset, where what is not settled begins.
    pub(super) fn until(self) -> i64 {
        self.until
    }

    /// Whether a record is part of it; once one is not, none is any more. A log that begins anew ends it, for its
    /// offsets mean other records then.
    pub(super) fn takes(history: &mut Option<Self>, offset: i64) -> bool {
        match history {
            Some(own) if offset < own.until && offset > own.last => {
                own.last = offset;
                true
            }
            _ => {
                *history = None;
                false
            }
        }
    }
}

/// What the group's last commit in a partition says.
#[derive(Debug)]
pub(super) struct Past {
    pub(super) history: History,
    pub(super) note: Option<Box<str>>,
}

/// Where to begin to read each partition, and what is known of what was before.
pub(super) fn starting_points(
    consumer: &BaseConsumer<Context>,
    list: &TopicPartitionList,
    lookback: i64,
) -> (TopicPartitionList, HashMap<TopicPartition, Past>) {
    let mut starts = list.clone();
    let mut pasts = HashMap::new();
    if lookback == 0 || list.count() == 0 {
        return (starts, pasts);
    }
    let end = Instant::now() + DEADLINE;
    match consumer.committed_offsets(list.clone(), DEADLINE) {
        Err(error) => tracing::warn!(%error, "cannot read again what was settled last; copies of it may be repeated"),
        Ok(committed) => {
            for element in committed.elements() {
                let at = TopicPartition::new(element.topic(), element.partition());
                let Offset::Offset(until) = element.offset() else { continue };
                let low = match start_of_log(consumer, (&at, until), end) {
                    Ok(Some(low)) => low,
                    Ok(None) => continue,
                    Err(error) => {
                        tracing::warn!(partition = %at, %error, "cannot read again what was settled last; copies of it may be repeated");
                        continue;
                    }
                };
                // What was deleted there was settled, so nothing of it is lost.
                let start = Offset::Offset((until - lookback).max(low));
                if starts.set_partition_offset(&at.topic, at.partition, start).is_ok() {
                    let note = note(&element);
                    pasts.insert(at, Past { history: History::before(until), note });
                }
            }
        }
    }
    (starts, pasts)
}

/// What the commit carries. The binding panics on what is not UTF-8, which a stranger's tool may have left there.
fn note(element: &TopicPartitionListElem<'_>) -> Option<Box<str>> {
    log::quietly(|| element.metadata()).filter(|note| !note.is_empty()).map(Into::into)
}

/// Where a log begins, if the committed offset lies within it. One beyond the end belongs to a topic that was made anew: Kafka begins
/// at its start then, and nothing of it is history. One before the start was overtaken by retention: what was not settled
/// is gone, and so nobody can answer for it.
fn start_of_log(
    consumer: &BaseConsumer<Context>,
    (at, offset): (&TopicPartition, i64),
    end: Instant,
) -> KafkaResult<Option<i64>> {
    let left = end.saturating_duration_since(Instant::now());
    let (low, high) = consumer.fetch_watermarks(&at.topic, at.partition, left)?;
    Ok((offset > 0 && low <= offset && offset <= high).then_some(low))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn history_ends_at_the_committed_offset_and_never_comes_back() {
        let mut history = Some(History::before(10));
        assert!(History::takes(&mut history, 7) && History::takes(&mut history, 9));
        assert!(!History::takes(&mut history, 10));
        assert!(!History::takes(&mut history, 8), "it is over");
    }

    #[test]
    fn a_log_that_begins_anew_has_no_history() {
        let mut history = Some(History::before(10));
        assert!(History::takes(&mut history, 7));
        assert!(!History::takes(&mut history, 0), "an offset that went back belongs to another log");
        assert!(!History::takes(&mut history, 8));
        assert!(!History::takes(&mut None, 0));
    }
}

//! What a consumer reads again when it gets a partition: the last records before the committed offset. They are settled, so
//! nothing is done with them; but a copy of one of them, made by a crash, is known by them although the memory of the
//! process that settled them is gone.

use std::collections::HashMap;
use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::KafkaResult;
use rdkafka::{Offset, TopicPartitionList};

use super::context::Context;
use crate::delivery::claim::TopicPartition;

/// How long Kafka may take to say where the group stands; without an answer nothing is read again.
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
    fn before(until: i64) -> Self {
        Self { until, last: -1 }
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

/// Where to begin to read each partition, and what of it is history.
pub(super) fn starting_points(
    consumer: &BaseConsumer<Context>,
    list: &TopicPartitionList,
    lookback: i64,
) -> (TopicPartitionList, HashMap<TopicPartition, History>) {
    let mut starts = list.clone();
    let mut histories = HashMap::new();
    if lookback == 0 || list.count() == 0 {
        return (starts, histories);
    }
    match committed(consumer, list) {
        Err(error) => tracing::warn!(%error, "cannot read again what was settled last; copies of it may be repeated"),
        Ok(offsets) => {
            for (at, until) in offsets {
                let start = Offset::Offset((until - lookback).max(0));
                if starts.set_partition_offset(&at.topic, at.partition, start).is_ok() {
                    histories.insert(at, History::before(until));
                }
            }
        }
    }
    (starts, histories)
}

/// The committed offsets that lie within their logs. One beyond the end belongs to a topic that was made anew: Kafka begins
/// at its start then, and nothing of it is history.
fn committed(consumer: &BaseConsumer<Context>, list: &TopicPartitionList) -> KafkaResult<Vec<(TopicPartition, i64)>> {
    let mut within = Vec::new();
    for element in consumer.committed_offsets(list.clone(), DEADLINE)?.elements() {
        let Offset::Offset(offset) = element.offset() else { continue };
        let (_, high) = consumer.fetch_watermarks(element.topic(), element.partition(), DEADLINE)?;
        if offset > 0 && offset <= high {
            within.push((TopicPartition::new(element.topic(), element.partition()), offset));
        }
    }
    Ok(within)
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

//! Questions to Kafka that no stage asks in passing: which topics there are, where a group stands, how old a topic is.
//! Blocking calls with a deadline, for threads of their own; the client never joins the group it asks about.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer as _};
use rdkafka::error::KafkaError;
use rdkafka::message::BorrowedMessage;
use rdkafka::{Message as _, Offset, TopicPartitionList};

use super::client::{Connection, without_values};
use super::consumer;
use crate::outcome::time::KafkaTime;

/// How long one question may take.
const DEADLINE: Duration = Duration::from_secs(5);

/// A client that asks about a group.
pub struct Lookup {
    consumer: BaseConsumer,
}

/// Why a question has no answer.
#[derive(Debug, thiserror::Error)]
#[error("kafka did not answer; is it running, and is kafka.brokers (--brokers) right? --log-level debug tells more")]
pub struct LookupError(#[from] KafkaError);

/// Where a group stands in a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The committed offset, if the group ever committed one.
    pub committed: Option<i64>,
    /// The first offset there is.
    pub low: i64,
    /// The offset after the last one.
    pub high: i64,
}

impl Standing {
    /// The offsets from the committed one to the end.
    pub fn behind(&self) -> Range<i64> {
        let from = self.committed.unwrap_or(self.low).max(self.low);
        from..self.high.max(from)
    }
}

impl Lookup {
    /// A client for questions about a group.
    pub fn connect(connection: &Connection, group: &str) -> Result<Self, LookupError> {
        let mut config = connection.config();
        config.set("group.id", group);
        config.set("enable.auto.commit", "false");
        config.set("enable.auto.offset.store", "false");
        config.set("auto.offset.reset", "earliest");
        Ok(Self { consumer: config.create().map_err(without_values)? })
    }

    /// The number of partitions of each topic that exists, by name.
    pub fn partitions(&self) -> Result<BTreeMap<String, i32>, LookupError> {
        let metadata = self.consumer.fetch_metadata(None, DEADLINE)?;
        let topics = metadata.topics().iter().filter(|topic| topic.error().is_none());
        let counted = topics.map(|topic| (topic.name().to_owned(), topic.partitions().len()));
        Ok(counted.map(|(name, count)| (name, i32::try_from(count).unwrap_or(i32::MAX))).collect())
    }

    /// Where the group stands in some partitions of a topic.
    pub fn standings(&self, topic: &str, partitions: &[i32]) -> Result<BTreeMap<i32, Standing>, LookupError> {
        let mut list = TopicPartitionList::with_capacity(partitions.len().max(1));
        for partition in partitions {
            list.add_partition(topic, *partition);
        }
        let committed = self.consumer.committed_offsets(list, DEADLINE)?;
        let mut standings = BTreeMap::new();
        for partition in partitions {
            let (low, high) = self.consumer.fetch_watermarks(topic, *partition, DEADLINE)?;
            let known = committed.find_partition(topic, *partition).map(|element| element.offset());
            let committed = if let Some(Offset::Offset(offset)) = known { Some(offset) } else { None };
            standings.insert(*partition, Standing { committed, low, high });
        }
        Ok(standings)
    }

    /// The offsets the group is behind by in some partitions of a topic; one that cannot be told, for want of a leader, is left out.
    pub fn lags(&self, topic: &str, partitions: &[i32]) -> BTreeMap<i32, Range<i64>> {
        let lag = |partition: &i32| match self.standings(topic, std::slice::from_ref(partition)) {
            Ok(standings) => Some((*partition, standings.get(partition)?.behind())),
            Err(error) => {
                tracing::warn!(topic, partition, %error, "cannot ask how far the deliver group is behind; due deliveries wait");
                None
            }
        };
        partitions.iter().filter_map(lag).collect()
    }

    /// The time of the oldest record of a partition; `None` when it is empty.
    pub fn oldest(&self, topic: &str, partition: i32) -> Result<Option<KafkaTime>, LookupError> {
        self.first(topic, partition, |record| KafkaTime::from_millis(record.timestamp().to_millis().unwrap_or(0)))
    }

    /// A header of the oldest record of a partition, and its offset; `None` when there is none, or no record.
    pub fn oldest_header(&self, topic: &str, partition: i32, name: &str) -> Result<Option<(i64, String)>, LookupError> {
        let found = self.first(topic, partition, |record| {
            let headers = consumer::headers(record);
            Some((record.offset(), headers.text(name)?.to_owned()))
        })?;
        Ok(found.flatten())
    }

    fn first<T>(
        &self,
        topic: &str,
        partition: i32,
        look: impl Fn(&BorrowedMessage<'_>) -> T,
    ) -> Result<Option<T>, LookupError> {
        let (low, high) = self.consumer.fetch_watermarks(topic, partition, DEADLINE)?;
        if low >= high {
            return Ok(None);
        }
        let mut list = TopicPartitionList::new();
        list.add_partition_offset(topic, partition, Offset::Offset(low))?;
        self.consumer.assign(&list)?;
        let read = self.first_record(look);
        self.consumer.unassign()?;
        read
    }

    fn first_record<T>(&self, look: impl Fn(&BorrowedMessage<'_>) -> T) -> Result<Option<T>, LookupError> {
        let end = Instant::now() + DEADLINE;
        while Instant::now() < end {
            if let Some(message) = self.consumer.poll(Duration::from_millis(100)) {
                return Ok(Some(look(&message?)));
            }
        }
        // Only transaction markers or compacted away: nothing old that anybody could be sent.
        Ok(None)
    }

    /// The offset of the first record at or after a time, per partition; the end where there is none.
    pub fn offsets_at(
        &self,
        topic: &str,
        ends: &BTreeMap<i32, i64>,
        time: KafkaTime,
    ) -> Result<BTreeMap<i32, i64>, LookupError> {
        let mut list = TopicPartitionList::with_capacity(ends.len().max(1));
        for partition in ends.keys() {
            list.add_partition_offset(topic, *partition, Offset::Offset(time.as_millis()))?;
        }
        let found = self.consumer.offsets_for_times(list, DEADLINE)?;
        let at = |partition: i32, end: i64| match found.find_partition(topic, partition).map(|element| element.offset())
        {
            Some(Offset::Offset(offset)) => offset,
            _ => end,
        };
        Ok(ends.iter().map(|(partition, end)| (*partition, at(*partition, *end))).collect())
    }

    /// Commits offsets for a group that has no members yet.
    pub fn commit(&self, topic: &str, offsets: &BTreeMap<i32, i64>) -> Result<(), LookupError> {
        let mut list = TopicPartitionList::with_capacity(offsets.len().max(1));
        for (partition, offset) in offsets {
            list.add_partition_offset(topic, *partition, Offset::Offset(*offset))?;
        }
        Ok(self.consumer.commit(&list, CommitMode::Sync)?)
    }
}

impl std::fmt::Debug for Lookup {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lookup").finish_non_exhaustive()
    }
}

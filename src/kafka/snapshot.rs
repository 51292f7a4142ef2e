//! Reads a topic from its oldest record to where it ends now, in no group and committing nothing: for commands that ask
//! what a compacted topic says. What grows meanwhile is left out, so that two readings see the same.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::KafkaError;
use rdkafka::message::{BorrowedMessage, Headers as _};
use rdkafka::{Message as _, Offset, TopicPartitionList};

use super::client::{Connection, without_values};
use crate::log;

/// How long one question may take.
const DEADLINE: Duration = Duration::from_secs(10);
/// How long nothing may come although the end is not reached.
const PATIENCE: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(100);

/// A topic as it is now.
#[derive(Debug)]
pub struct Snapshot {
    config: ClientConfig,
    topic: String,
    /// Of the partitions that hold something: the first offset and the one after the last.
    ranges: BTreeMap<i32, (i64, i64)>,
}

/// A record of it.
#[derive(Debug)]
pub struct Kept<'a>(BorrowedMessage<'a>);

/// Why a topic cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// It does not exist.
    #[error("topic {0} is not there; make it with `kafka-webhooks topics create`")]
    Missing(String),
    /// The client refused, or no broker answered.
    #[error(
        "kafka did not answer; is it running, and is kafka.brokers (--brokers) right? --log-level debug tells more"
    )]
    Client(#[from] KafkaError),
    /// The brokers hand over nothing more.
    #[error("topic {0} cannot be read to its end: nothing came for {PATIENCE:?}; is each partition led by a broker?")]
    Stalled(String),
}

impl Snapshot {
    /// Looks where a topic begins and ends. The group is only a name that the operator's access rules know.
    pub fn of(connection: &Connection, group: &str, topic: &str) -> Result<Self, SnapshotError> {
        let mut config = connection.config();
        config.set("group.id", group);
        config.set("enable.auto.commit", "false");
        config.set("enable.partition.eof", "true");
        // Retention or compaction may take what we are about to read.
        config.set("auto.offset.reset", "earliest");
        let consumer: BaseConsumer = config.create().map_err(without_values)?;
        let metadata = consumer.fetch_metadata(Some(topic), DEADLINE)?;
        let found = metadata.topics().iter().find(|own| own.name() == topic && own.error().is_none());
        let found = found.filter(|own| !own.partitions().is_empty());
        let mut ranges = BTreeMap::new();
        for partition in found.ok_or_else(|| SnapshotError::Missing(topic.to_owned()))?.partitions() {
            let (low, high) = consumer.fetch_watermarks(topic, partition.id(), DEADLINE)?;
            if low < high {
                ranges.insert(partition.id(), (low, high));
            }
        }
        Ok(Self { config, topic: topic.to_owned(), ranges })
    }

    /// Offsets it spans: no fewer than it holds records.
    pub fn span(&self) -> u64 {
        self.ranges.values().map(|(low, high)| low.abs_diff(*high)).sum()
    }

    /// Hands over each record, in the order of each partition, until there are no more or it is told to stop.
    pub fn read(&self, mut each: impl FnMut(&Kept<'_>) -> ControlFlow<()>) -> Result<(), SnapshotError> {
        let consumer: BaseConsumer = self.config.create().map_err(without_values)?;
        let mut list = TopicPartitionList::new();
        for (partition, (low, _)) in &self.ranges {
            list.add_partition_offset(&self.topic, *partition, Offset::Offset(*low))?;
        }
        consumer.assign(&list)?;
        let mut open = self.ranges.clone();
        let mut last = Instant::now();
        while !open.is_empty() {
            match consumer.poll(POLL) {
                Some(Ok(message)) => {
                    let (partition, offset) = (message.partition(), message.offset());
                    // A partition that has ended is still read, where it grows.
                    let Some((_, end)) = open.get(&partition).copied() else { continue };
                    if offset < end && each(&Kept(message)).is_break() {
                        break;
                    }
                    // What was done with it may have taken long.
                    last = Instant::now();
                    if offset + 1 >= end {
                        open.remove(&partition);
                    }
                }
                // Compaction or a transaction's marker stands where the last record stood.
                Some(Err(KafkaError::PartitionEOF(partition))) => drop(open.remove(&partition)),
                // librdkafka tries again by itself.
                Some(Err(error)) => tracing::debug!(%error, topic = self.topic, "while reading a topic to its end"),
                None => {}
            }
            if last.elapsed() > PATIENCE {
                return Err(SnapshotError::Stalled(self.topic.clone()));
            }
        }
        Ok(())
    }
}

impl Kept<'_> {
    /// Where it lies.
    pub fn at(&self) -> (i32, i64) {
        (self.0.partition(), self.0.offset())
    }

    /// Its key.
    pub fn key(&self) -> Option<&[u8]> {
        self.0.key()
    }

    /// Its value; none is a tombstone.
    pub fn value(&self) -> Option<&[u8]> {
        self.0.payload()
    }

    /// The last header of a name, if it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        let headers = self.0.headers()?;
        // The binding panics on a name that is not UTF-8; such a header is a stranger's and counts as absent.
        let read = |index| log::quietly(|| headers.try_get(index)).flatten();
        let found = (0..headers.count()).rev().filter_map(read).find(|header| header.key == name);
        std::str::from_utf8(found?.value?).ok()
    }
}

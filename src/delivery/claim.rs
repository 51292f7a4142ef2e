//! Where a record was read, and under which assignment: what must be settled before an offset may pass.
//! Plain names for places in Kafka; the tracker that counts claims is `kafka::offsets`.

use std::fmt;
use std::sync::Arc;

use crate::outcome::time::KafkaTime;

/// A partition of a topic.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct TopicPartition {
    /// The topic's name.
    pub topic: Arc<str>,
    /// The partition's number.
    pub partition: i32,
}

impl TopicPartition {
    /// Names a partition.
    pub fn new(topic: &str, partition: i32) -> Self {
        Self { topic: topic.into(), partition }
    }
}

impl fmt::Display for TopicPartition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.topic, self.partition)
    }
}

/// Counts the assignments of this process; a partition that was lost and came back has a new one.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub struct Epoch(pub u64);

/// A record's place in its partition, and Kafka's time of it, which tells a topic from one made anew.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Spot {
    /// Its offset.
    pub offset: i64,
    /// Kafka's time of it.
    pub time: KafkaTime,
}

/// One record taken from a partition under one assignment.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Claim {
    /// Where it was read.
    pub at: TopicPartition,
    /// Under which assignment.
    pub epoch: Epoch,
    /// Its number in the order of arrival within that assignment.
    pub sequence: u64,
    /// Which record it is.
    pub spot: Spot,
}

//! Records as plain data: what was read, what is to be appended, and what Kafka said to that.
//! The core and the simulation speak in these; `consumer` and `producer` translate them for the client.

use std::sync::Arc;

use bytes::Bytes;

use crate::delivery::claim::{Epoch, Spot, TopicPartition};
use crate::delivery::load::Held;
use crate::outcome::time::KafkaTime;

/// Names and values of a record's headers, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headers(pub Vec<(Bytes, Bytes)>);

impl Headers {
    /// The value of the last header of this name, as Kafka clients agree to read repeats.
    pub fn get(&self, name: &str) -> Option<&Bytes> {
        let found = self.0.iter().rev().find(|(own, _)| own.as_ref() == name.as_bytes());
        found.map(|(_, value)| value)
    }

    /// The value as text, if it is UTF-8.
    pub fn text(&self, name: &str) -> Option<&str> {
        std::str::from_utf8(self.get(name)?).ok()
    }

    /// Adds a header.
    pub fn push(&mut self, name: &'static str, value: impl Into<Bytes>) {
        self.0.push((Bytes::from_static(name.as_bytes()), value.into()));
    }
}

/// A record that was read.
#[derive(Debug)]
pub struct Record {
    /// From which partition.
    pub at: TopicPartition,
    /// Under which assignment.
    pub epoch: Epoch,
    /// At which offset.
    pub offset: i64,
    /// Kafka's time of it: of the append where the topic says so, else as the producer said.
    pub time: KafkaTime,
    /// Its key.
    pub key: Option<Bytes>,
    /// Its value; none is a tombstone.
    pub value: Option<Bytes>,
    /// Its headers.
    pub headers: Headers,
    /// Its share of the partition's memory.
    pub held: Option<Held>,
    /// Whether its offset has passed already, and it is read again only so that copies of it are known.
    pub already_settled: bool,
}

impl Record {
    /// Its place in the log.
    pub fn spot(&self) -> Spot {
        Spot { offset: self.offset, time: self.time }
    }
}

/// A record to append.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Append {
    /// To which topic.
    pub topic: Arc<str>,
    /// To which partition; by the key's hash where none is given.
    pub partition: Option<i32>,
    /// Its key.
    pub key: Option<Bytes>,
    /// Its value.
    pub value: Option<Bytes>,
    /// Its headers.
    pub headers: Headers,
}

impl Append {
    /// Bytes it takes, near enough for limits.
    pub fn size(&self) -> usize {
        let headers: usize = self.headers.0.iter().map(|(name, value)| name.len() + value.len() + 8).sum();
        self.key.as_ref().map_or(0, Bytes::len) + self.value.as_ref().map_or(0, Bytes::len) + headers + 64
    }
}

/// Names an append among those not yet confirmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Token(pub u64);

/// What Kafka said to an append.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confirmation {
    /// Which append.
    pub token: Token,
    /// Whether it is in the log.
    pub result: Result<(), AppendError>,
}

/// Why an append is not in the log, as far as is known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// The topic allows no record of this size.
    #[error("kafka refuses the record for its size")]
    TooLarge,
    /// The topic takes no record from us: missing, not authorised, not enough replicas.
    #[error("kafka refuses the write: {0}")]
    Refused(Box<str>),
    /// No confirmation came in time; the record may or may not be in the log.
    #[error("kafka did not confirm the write: {0}")]
    Unconfirmed(Box<str>),
}

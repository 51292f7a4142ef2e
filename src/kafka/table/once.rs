//! Reads single records of a table again, one after the other, by a client of their own, so that reading along is not
//! disturbed; most processes never need that client, so it is made when it is. What cannot be read for want of a leader is
//! tried again; what is not there any more is said to be gone.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::KafkaError;
use rdkafka::{Message as _, Offset, TopicPartitionList};

use super::Told;
use super::reader::record;
use crate::delivery::claim::{Epoch, TopicPartition};
use crate::kafka::record::Record;

/// How long one record may take.
const DEADLINE: Duration = Duration::from_secs(2);
/// How long after a failure it is tried again.
const PAUSE: Duration = Duration::from_secs(1);

/// The records to be read again.
pub(super) struct Once {
    config: ClientConfig,
    consumer: Option<BaseConsumer>,
    topic: Arc<str>,
    asked: VecDeque<Asked>,
    not_before: Instant,
}

#[derive(Clone, Copy, Debug)]
struct Asked {
    partition: i32,
    epoch: Epoch,
    offset: i64,
}

impl Once {
    pub(super) fn new(config: ClientConfig, topic: Arc<str>) -> Self {
        Self { config, consumer: None, topic, asked: VecDeque::new(), not_before: Instant::now() }
    }

    /// Asks for a record.
    pub(super) fn ask(&mut self, partition: i32, epoch: Epoch, offset: i64) {
        self.asked.push_back(Asked { partition, epoch, offset });
    }

    /// Nobody wants records of a partition any more.
    pub(super) fn leave(&mut self, partition: i32) {
        self.asked.retain(|asked| asked.partition != partition);
    }

    /// Reads the next one; none if there is none, or if it has to be tried again.
    pub(super) fn read(&mut self) -> Option<Told> {
        let asked = *self.asked.front()?;
        if Instant::now() < self.not_before {
            return None;
        }
        let Asked { partition, epoch, offset } = asked;
        match self.find(asked) {
            Ok(record) => {
                self.asked.pop_front();
                Some(Told::Reread { partition, epoch, offset, record: record.map(Box::new) })
            }
            Err(error) => {
                self.not_before = Instant::now() + PAUSE;
                tracing::warn!(topic = %self.topic, partition, offset, %error, "cannot read a membership again; trying on");
                None
            }
        }
    }

    fn find(&mut self, asked: Asked) -> Result<Option<Record>, KafkaError> {
        let mut list = TopicPartitionList::with_capacity(1);
        list.add_partition_offset(&self.topic, asked.partition, Offset::Offset(asked.offset))?;
        let consumer = match self.consumer.take() {
            Some(consumer) => consumer,
            None => self.config.create()?,
        };
        consumer.assign(&list)?;
        let found = first(&consumer, &self.topic, asked);
        consumer.unassign()?;
        self.consumer = Some(consumer);
        found
    }
}

/// The record that was asked for, if it is still there.
fn first(
    consumer: &BaseConsumer,
    topic: &Arc<str>,
    Asked { partition, epoch, offset }: Asked,
) -> Result<Option<Record>, KafkaError> {
    let end = Instant::now() + DEADLINE;
    let mut last = None;
    while let Some(left) = end.checked_duration_since(Instant::now()) {
        match consumer.poll(left) {
            // What is left of a question before, or lies before it in the same batch.
            Some(Ok(message)) if message.partition() != partition || message.offset() < offset => {}
            Some(Ok(message)) => {
                let at = TopicPartition { topic: topic.clone(), partition };
                let value = message.payload().map(Bytes::copy_from_slice);
                let found = || Record { value, ..record(&message, &at, epoch) };
                return Ok((message.offset() == offset).then(found));
            }
            Some(Err(KafkaError::PartitionEOF(at))) if at == partition => return Ok(None),
            Some(Err(KafkaError::PartitionEOF(_))) => {}
            Some(Err(error)) => last = Some(error),
            None => {}
        }
    }
    Err(last.unwrap_or(KafkaError::NoMessageReceived))
}

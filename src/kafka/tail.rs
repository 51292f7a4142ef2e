//! Reads every record of some topics from the oldest on, in no group and committing nothing, and tells of each how large it
//! is and where it lies. For whoever watches how full an in-memory broker gets; what follows is theirs to decide.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::KafkaError;
use rdkafka::message::{BorrowedMessage, Headers as _};
use rdkafka::{Message as _, Offset, TopicPartitionList};

use super::client::{Connection, without_values};

/// How long the thread looks for a record before it looks whether it is to end.
const LOOK: Duration = Duration::from_millis(100);

/// A record that was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen<'a> {
    /// Its topic.
    pub topic: &'a str,
    /// Its partition.
    pub partition: i32,
    /// Key, value and headers, uncompressed.
    pub bytes: usize,
}

/// Why topics cannot be watched.
#[derive(Debug, thiserror::Error)]
pub enum TailError {
    /// The client refused.
    #[error("cannot read along in kafka")]
    Client(#[from] KafkaError),
    /// There is no thread to be had.
    #[error("cannot run a thread")]
    Thread(#[from] std::io::Error),
}

/// A running reader; it ends when this is dropped.
#[derive(Debug)]
pub struct Tail {
    ended: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Tail {
    /// Reads all partitions of topics, given with their number.
    pub fn start(
        connection: &Connection,
        topics: &[(String, i32)],
        mut seen: impl FnMut(Seen<'_>) + Send + 'static,
    ) -> Result<Self, TailError> {
        let mut config = connection.config();
        config.set("group.id", "kafka-webhooks.tail");
        config.set("enable.auto.commit", "false");
        config.set("auto.offset.reset", "earliest");
        let consumer: BaseConsumer = config.create().map_err(without_values)?;
        let mut list = TopicPartitionList::new();
        for (topic, partitions) in topics {
            for partition in 0..*partitions {
                list.add_partition_offset(topic, partition, Offset::Beginning)?;
            }
        }
        consumer.assign(&list)?;
        drop(list);
        let ended = Arc::new(AtomicBool::new(false));
        let end = ended.clone();
        let thread = std::thread::Builder::new().name("tail".to_owned()).spawn(move || {
            while !end.load(Ordering::Relaxed) {
                // An error is the client's to mend; what was not seen is only not counted.
                if let Some(Ok(message)) = consumer.poll(LOOK) {
                    seen(Seen { topic: message.topic(), partition: message.partition(), bytes: size(&message) });
                }
            }
        })?;
        Ok(Self { ended, thread: Some(thread) })
    }
}

impl Drop for Tail {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // A thread that broke has ended, too.
            let _ended = thread.join();
        }
    }
}

fn size(message: &BorrowedMessage<'_>) -> usize {
    let headers = message
        .headers()
        .map_or(0, |headers| headers.iter().map(|header| header.key.len() + header.value.map_or(0, <[u8]>::len)).sum());
    message.key_len() + message.payload_len() + headers
}

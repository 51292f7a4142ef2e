//! Reads a topic on a thread of its own and hands it on in batches; stores what the watermark allows, and librdkafka
//! commits it every half second. Its settings are those of the program's consumers, so that only the work differs.

use std::time::{Duration, Instant};

use bytes::Bytes;
use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::KafkaError;
use rdkafka::message::Message as _;
use rdkafka::topic_partition_list::TopicPartitionList;
use rdkafka::{Offset, config::RDKafkaLogLevel};
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::watermark::{At, Watermarks};
use crate::event::{self, Mark};
use crate::failure::{Failure, OrFail as _};

/// Records handed over at once, and how many such batches may wait: reading ahead is bounded.
const BATCH: usize = 500;
const BATCHES: usize = 10;

/// A record to be delivered.
pub(super) struct Taken {
    pub(super) at: At,
    pub(super) value: Bytes,
}

pub(super) struct Source {
    consumer: BaseConsumer,
    topic: String,
}

impl Source {
    pub(super) fn new(brokers: &str, group: &str, topic: &str) -> Result<Self, Failure> {
        let mut config = ClientConfig::new();
        config.set_log_level(RDKafkaLogLevel::Warning);
        for (name, value) in [
            ("bootstrap.servers", brokers),
            ("group.id", group),
            ("enable.auto.offset.store", "false"),
            ("auto.commit.interval.ms", "500"),
            ("auto.offset.reset", "earliest"),
            ("queued.max.messages.kbytes", "16384"),
            ("queued.min.messages", "5000"),
            ("fetch.message.max.bytes", "524288"),
            // With its default of a second, a full queue halves the rate.
            ("fetch.queue.backoff.ms", "10"),
            ("fetch.wait.max.ms", "100"),
        ] {
            config.set(name, value);
        }
        let consumer: BaseConsumer = config.create().or_fail("cannot make a consumer")?;
        consumer.subscribe(&[topic]).or_fail("cannot subscribe")?;
        Ok(Self { consumer, topic: topic.to_owned() })
    }

    /// Begins to read; what is taken is entered into the watermarks first.
    pub(super) fn start(self, watermarks: Watermarks) -> Result<Receiver<Vec<Taken>>, Failure> {
        let (sender, receiver) = channel(BATCHES);
        let thread = std::thread::Builder::new().name("poll".to_owned());
        thread.spawn(move || drop(self.run(&watermarks, &sender))).or_fail("cannot start the poll thread")?;
        Ok(receiver)
    }

    fn run(self, watermarks: &Watermarks, to: &Sender<Vec<Taken>>) -> Result<(), KafkaError> {
        let mut stored = Instant::now();
        loop {
            let batch = self.read_batch();
            watermarks.take(batch.iter().map(|taken| taken.at));
            if !batch.is_empty() && to.blocking_send(batch).is_err() {
                return Ok(());
            }
            if stored.elapsed() > Duration::from_millis(100) {
                self.store(watermarks)?;
                stored = Instant::now();
            }
        }
    }

    fn read_batch(&self) -> Vec<Taken> {
        let mut batch = Vec::new();
        let mut wait = Duration::from_millis(20);
        while batch.len() < BATCH
            && let Some(polled) = self.consumer.poll(wait)
        {
            wait = Duration::ZERO;
            // librdkafka retries by itself; a loss that lasts shows as events that do not come.
            let Ok(record) = polled else { continue };
            let at = At { partition: record.partition(), offset: record.offset() };
            let value = Bytes::copy_from_slice(record.payload().unwrap_or_default());
            batch.push(Taken { at, value });
        }
        batch
    }

    fn store(&self, watermarks: &Watermarks) -> Result<(), KafkaError> {
        let mut list = TopicPartitionList::new();
        for At { partition, offset } in watermarks.moved() {
            list.add_partition_offset(&self.topic, partition, Offset::Offset(offset))?;
        }
        if list.count() > 0 {
            self.consumer.store_offsets(&list)?;
        }
        Ok(())
    }
}

/// Records that come from nowhere: the events of run 1, as fast as they are taken.
pub(super) fn make(events: u32) -> Receiver<Vec<Taken>> {
    let (sender, receiver) = channel(BATCHES);
    std::thread::spawn(move || {
        for begin in (0..events).step_by(BATCH) {
            let end = events.min(begin + BATCH as u32);
            let taken = |number: u32| {
                let value = event::text(Mark { run: 1, number, made_us: event::now_us() }).into();
                Taken { at: At { partition: -1, offset: number.into() }, value }
            };
            if sender.blocking_send((begin..end).map(taken).collect()).is_err() {
                break;
            }
        }
    });
    receiver
}

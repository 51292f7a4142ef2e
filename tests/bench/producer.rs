//! Puts events into Kafka: all at once but out of sight until the clock starts, or one by one at a steady rate; and the
//! members of an audience, as fast as Kafka takes them. Which run they belong to is handed in; who reads them is left to the scenarios.

use std::time::{Duration, Instant};

use rdkafka::ClientConfig;
use rdkafka::error::KafkaError;
use rdkafka::producer::{BaseRecord, DefaultProducerContext, Producer as _, ThreadedProducer};
use rdkafka::types::RDKafkaErrorCode;

use crate::endpoint::pause;
use crate::event::{self, Mark, now_us};
use crate::failure::{Failure, OrFail as _};
use crate::topics::Topics;

const PATIENCE: Duration = Duration::from_secs(60);

type Producer = ThreadedProducer<DefaultProducerContext>;

/// Events in a transaction that is still open: Kafka has them, and no consumer sees them yet.
pub(crate) struct Held(Producer);

/// Writes events that [`Held::release`] makes visible.
pub(crate) fn hold(topics: &Topics, run: u32, events: u32) -> Result<Held, Failure> {
    let mut config = config(topics);
    config.set("transactional.id", format!("{}-{run}", topics.events()));
    config.set("transaction.timeout.ms", "300000");
    config.set("linger.ms", "20");
    let producer: Producer = config.create().or_fail("cannot make a producer")?;
    producer.init_transactions(PATIENCE).or_fail("cannot begin transactions")?;
    producer.begin_transaction().or_fail("cannot begin a transaction")?;
    for number in 0..events {
        send(&producer, topics, Mark { run, number, made_us: now_us() })?;
    }
    producer.flush(PATIENCE).or_fail("Kafka did not take all events")?;
    Ok(Held(producer))
}

/// Writes that so many users are members of one audience, without keys.
pub(crate) fn members(topics: &Topics, count: u32) -> Result<(), Failure> {
    let mut config = config(topics);
    config.set("linger.ms", "20");
    let producer: Producer = config.create().or_fail("cannot make a producer")?;
    let audiences = topics.audiences();
    for number in 0..count {
        let text = format!(
            r#"{{"audience":"Order Completed Last 30days","userId":"user-{number:08}","member":true,"timestamp":"2026-01-31T09:30:00.000Z"}}"#
        );
        append(&producer, (topics, &audiences), (number, &text))?;
    }
    producer.flush(PATIENCE).or_fail("Kafka did not take all members")
}

impl Held {
    /// Starts the clock and makes all events visible at once; answers when that was, in microseconds since 1970.
    pub(crate) fn release(self) -> Result<u64, Failure> {
        let began = now_us();
        self.0.commit_transaction(PATIENCE).or_fail("Kafka did not commit the events")?;
        Ok(began)
    }
}

/// A steady rate that waits for nobody.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    pub(crate) per_second: u32,
    pub(crate) events: u32,
}

/// A producer at a steady rate; it lives on between runs, so that its connections are warm.
pub(crate) struct Steady<'a> {
    producer: Producer,
    topics: &'a Topics,
}

/// What a producer at a steady rate has done.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Produced {
    pub(crate) events: u32,
    /// By how many milliseconds it was late at most, which is part of no latency: an event's time is when it was made.
    pub(crate) late_ms: f64,
}

impl<'a> Steady<'a> {
    pub(crate) fn new(topics: &'a Topics) -> Result<Self, Failure> {
        let mut config = config(topics);
        config.set("enable.idempotence", "true");
        config.set("linger.ms", "1");
        let producer = config.create().or_fail("cannot make a producer")?;
        Ok(Self { producer, topics })
    }

    /// Writes events of a run at a rate and waits until Kafka has acknowledged all.
    /// It ends with the last of them, or when asked and told that it is over.
    pub(crate) fn produce(
        &self,
        run: u32,
        pace: Pace,
        mut is_over: impl FnMut() -> Result<bool, Failure>,
    ) -> Result<Produced, Failure> {
        let began = Instant::now();
        let per_second = f64::from(pace.per_second);
        let mut latest = 0.0_f64;
        let mut number = 0;
        while number < pace.events && !is_over()? {
            // A conversion that rounds down and saturates.
            let due = (began.elapsed().as_secs_f64() * per_second) as u32;
            while number < due.min(pace.events) {
                send(&self.producer, self.topics, Mark { run, number, made_us: now_us() })?;
                let late = began.elapsed().as_secs_f64() - f64::from(number) / per_second;
                latest = latest.max(late * 1e3);
                number += 1;
            }
            pause(Duration::from_millis(1));
        }
        self.producer.flush(PATIENCE).or_fail("Kafka did not take all events")?;
        Ok(Produced { events: number, late_ms: latest })
    }
}

fn config(topics: &Topics) -> ClientConfig {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", topics.brokers());
    config
}

fn send(producer: &Producer, topics: &Topics, mark: Mark) -> Result<(), Failure> {
    append(producer, (topics, &topics.events()), (mark.number, &event::text(mark)))
}

/// Without a key, in turn on all partitions.
fn append(producer: &Producer, (topics, topic): (&Topics, &str), (number, text): (u32, &str)) -> Result<(), Failure> {
    let partition = i32::try_from(number).unwrap_or_default() % topics.layout().partitions;
    let mut record: BaseRecord<'_, (), str> = BaseRecord::to(topic).payload(text).partition(partition);
    while let Err((error, back)) = producer.send(record) {
        if !is_full(&error) {
            return Err(error).or_fail("Kafka refuses an event");
        }
        pause(Duration::from_millis(5));
        record = back;
    }
    Ok(())
}

pub(crate) fn is_full(error: &KafkaError) -> bool {
    error.rdkafka_error_code() == Some(RDKafkaErrorCode::QueueFull)
}

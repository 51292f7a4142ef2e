//! Appends records and tells each stage when Kafka has confirmed its own.
//! Bounded by its own limits in count and bytes, so that librdkafka's queue never fills: an append that finds no room is
//! given back at once. Confirmations are handed over from librdkafka's thread, which never waits for anybody.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rdkafka::ClientContext;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{Header, Message as _, OwnedHeaders, Timestamp};
use rdkafka::producer::{BaseRecord, DeliveryResult, Producer as _, ProducerContext, ThreadedProducer};
use tokio::sync::Notify;
use tokio::sync::mpsc::UnboundedSender;

use super::client::{Connection, without_values};
use super::record::{Append, AppendError, Confirmation, Token};
use super::troubles::Troubles;
use crate::clock::{Clock, local_ms};
use crate::metrics::Metrics;

/// Unconfirmed appends at once.
const MOST_RECORDS: usize = 100_000;
/// Their bytes at once.
const MOST_BYTES: usize = 32 << 20;

/// The one producer of the process.
#[derive(Clone)]
pub struct Producer {
    inner: ThreadedProducer<Context>,
    room: Arc<Room>,
}

/// Why the producer did not start.
#[derive(Debug, thiserror::Error)]
#[error("cannot make a kafka producer")]
pub struct ProducerError(#[source] KafkaError);

/// What an append without room is answered with; it is to be tried again when [`Producer::room`] says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoRoom;

/// Where confirmations go and by which name.
#[derive(Debug)]
pub struct Ticket {
    /// The stage's channel.
    pub to: UnboundedSender<Confirmation>,
    /// The stage's name for the append.
    pub token: Token,
}

#[derive(Debug, Default)]
struct Room {
    records: AtomicUsize,
    bytes: AtomicUsize,
    freed: Notify,
}

/// What travels with a record through librdkafka.
pub struct Sent {
    ticket: Ticket,
    bytes: usize,
    sent_ms: i64,
}

/// The producer's callbacks.
pub struct Context {
    room: Arc<Room>,
    clock: Arc<Clock>,
    metrics: Arc<Metrics>,
    troubles: Troubles,
}

impl Producer {
    /// Connects; returns before any broker has answered.
    pub fn start(connection: &Connection, clock: Arc<Clock>, metrics: Arc<Metrics>) -> Result<Self, ProducerError> {
        let room = Arc::new(Room::default());
        let context = Context { room: room.clone(), clock, metrics, troubles: Troubles::default() };
        let inner =
            connection.producer().create_with_context(context).map_err(|error| ProducerError(without_values(error)))?;
        Ok(Self { inner, room })
    }

    /// Appends a record. The confirmation comes by the ticket, also when librdkafka refuses it on the spot.
    pub fn append(&self, append: &Append, ticket: Ticket) -> Result<(), NoRoom> {
        let bytes = append.size();
        if self.room.records.load(Ordering::Relaxed) >= MOST_RECORDS
            || self.room.bytes.load(Ordering::Relaxed) + bytes > MOST_BYTES.max(bytes)
        {
            return Err(NoRoom);
        }
        self.room.records.fetch_add(1, Ordering::Relaxed);
        self.room.bytes.fetch_add(bytes, Ordering::Relaxed);
        let mut headers = OwnedHeaders::new_with_capacity(append.headers.0.len());
        for (name, value) in &append.headers.0 {
            let key = String::from_utf8_lossy(name);
            headers = headers.insert(Header { key: &key, value: Some(value.as_ref()) });
        }
        let sent = Box::new(Sent { ticket, bytes, sent_ms: local_ms() });
        let mut record: BaseRecord<'_, [u8], [u8], Box<Sent>> =
            BaseRecord::with_opaque_to(&append.topic, sent).headers(headers);
        record.key = append.key.as_deref();
        record.payload = append.value.as_deref();
        record.partition = append.partition;
        // Kafka's time, not ours: where it does not stamp records itself, it refuses what comes from the future.
        record.timestamp = Some(self.inner.context().clock.now().kafka.as_millis());
        if let Err((error, record)) = self.inner.send(record) {
            self.inner.context().settle(&append.topic, *record.delivery_opaque, Err(refusal(&error)));
        }
        Ok(())
    }

    /// Waits until something was confirmed, which may have made room.
    pub async fn room(&self) {
        self.room.freed.notified().await;
    }

    /// Why the producer is beyond repair, if it is; the process must then end and start again.
    pub fn fatal_error(&self) -> Option<String> {
        self.inner.client().fatal_error().map(|(code, text)| format!("{code}: {text}"))
    }

    /// Waits, at most so long, until everything is confirmed. Only for the end of the process: it is slow.
    pub fn flush(&self, most: Duration) -> Result<(), AppendError> {
        self.inner.flush(most).map_err(|error| refusal(&error))
    }
}

impl std::fmt::Debug for Producer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Producer").field("room", &self.room).finish_non_exhaustive()
    }
}

impl Context {
    fn settle(&self, topic: &str, sent: Sent, result: Result<(), AppendError>) {
        self.room.records.fetch_sub(1, Ordering::Relaxed);
        self.room.bytes.fetch_sub(sent.bytes, Ordering::Relaxed);
        self.room.freed.notify_waiters();
        // What is too large becomes a dead letter and counts there; `failed` is what is tried again. Only a dead letter that
        // is too large has nowhere else to go.
        if !matches!(result, Err(AppendError::TooLarge)) || self.metrics.is_last_resort(topic) {
            self.metrics.produced(topic, result.is_ok());
        }
        // A stage that has ended hears nothing any more; its records are read again by the next owner.
        let _ = sent.ticket.to.send(Confirmation { token: sent.ticket.token, result });
    }

    /// Where Kafka stamps records itself, a confirmation tells how far our clock is from Kafka's.
    fn learn(&self, sent_ms: i64, stamp: Timestamp) {
        // The embedded broker stamps every report with 1234.
        const MOCK: i64 = 1_000_000_000_000;
        if let Timestamp::LogAppendTime(stamped) = stamp
            && stamped > MOCK
        {
            self.clock.observe(sent_ms, local_ms(), stamped);
        }
    }
}

impl ClientContext for Context {
    fn error(&self, error: KafkaError, reason: &str) {
        // That no broker can be reached is told by the consumers.
        let told = error.rdkafka_error_code() == Some(RDKafkaErrorCode::AllBrokersDown);
        if let Some(unsaid) = self.troubles.tell(&error).filter(|_| !told) {
            tracing::warn!(%error, reason, unsaid, "kafka producer");
        }
    }
}

impl ProducerContext for Context {
    type DeliveryOpaque = Box<Sent>;

    fn delivery(&self, result: &DeliveryResult<'_>, sent: Self::DeliveryOpaque) {
        match result {
            Ok(message) => {
                self.learn(sent.sent_ms, message.timestamp());
                self.settle(message.topic(), *sent, Ok(()));
            }
            Err((error, message)) => self.settle(message.topic(), *sent, Err(refusal(error))),
        }
    }
}

/// What an error of librdkafka means for an append.
fn refusal(error: &KafkaError) -> AppendError {
    let code = error.rdkafka_error_code();
    let text = error.to_string().into();
    match code {
        Some(RDKafkaErrorCode::MessageSizeTooLarge | RDKafkaErrorCode::InvalidMessageSize) => AppendError::TooLarge,
        Some(
            RDKafkaErrorCode::MessageTimedOut
            | RDKafkaErrorCode::RequestTimedOut
            | RDKafkaErrorCode::OperationTimedOut
            | RDKafkaErrorCode::PurgeInflight
            | RDKafkaErrorCode::PurgeQueue
            | RDKafkaErrorCode::BrokerTransportFailure
            | RDKafkaErrorCode::NotLeaderForPartition
            | RDKafkaErrorCode::LeaderNotAvailable
            | RDKafkaErrorCode::AllBrokersDown,
        ) => AppendError::Unconfirmed(text),
        _ => AppendError::Refused(text),
    }
}

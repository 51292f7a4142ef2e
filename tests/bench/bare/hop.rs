//! The extra hop: each event once more into a topic, with the headers the program gives a delivery, before it is read
//! again and sent. A source record is settled when Kafka has confirmed its delivery. Settings as the program's producer has.

use rdkafka::ClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{BaseRecord, DeliveryResult, ProducerContext, ThreadedProducer};
use tokio::sync::mpsc::Receiver;

use super::BareOptions;
use super::source::Taken;
use super::watermark::{At, Watermarks};
use crate::endpoint::pause;
use crate::failure::{Failure, OrFail as _};
use crate::producer::is_full;

/// Appends what comes, on a thread of its own.
pub(super) fn start(
    options: &BareOptions,
    mut taken: Receiver<Vec<Taken>>,
    watermarks: Watermarks,
) -> Result<(), Failure> {
    let mut config = ClientConfig::new();
    for (name, value) in [
        ("bootstrap.servers", options.brokers.as_str()),
        ("enable.idempotence", "true"),
        ("linger.ms", "5"),
        ("batch.size", "262144"),
        ("compression.type", "lz4"),
        ("partitioner", "murmur2_random"),
    ] {
        config.set(name, value);
    }
    let confirm = Confirm(watermarks);
    let producer: ThreadedProducer<Confirm> = config.create_with_context(confirm).or_fail("cannot make a producer")?;
    let topic = options.deliveries.clone();
    std::thread::spawn(move || {
        while let Some(batch) = taken.blocking_recv() {
            for record in batch {
                append(&producer, &topic, &record);
            }
        }
    });
    Ok(())
}

fn append(producer: &ThreadedProducer<Confirm>, topic: &str, taken: &Taken) {
    let At { partition, offset } = taken.at;
    let (id, source) = (format!("bare_{partition}@{offset}"), format!("events/{partition}@{offset}"));
    let headers = OwnedHeaders::new_with_capacity(3)
        .insert(Header { key: "delivery-id", value: Some(&id) })
        .insert(Header { key: "source", value: Some(&source) })
        .insert(Header { key: "accepted-at", value: Some("2026-01-31T09:30:00.000Z") });
    let mut record: BaseRecord<'_, str, [u8], Box<At>> =
        BaseRecord::with_opaque_to(topic, Box::new(taken.at)).key("load").headers(headers);
    record.payload = Some(&taken.value);
    while let Err((error, back)) = producer.send(record) {
        if !is_full(&error) {
            // Unsettled: the event does not come, and the run fails by that.
            return;
        }
        pause(std::time::Duration::from_millis(5));
        record = back;
    }
}

/// Settles what Kafka has confirmed.
struct Confirm(Watermarks);

impl ClientContext for Confirm {}

impl ProducerContext for Confirm {
    type DeliveryOpaque = Box<At>;

    fn delivery(&self, result: &DeliveryResult<'_>, at: Self::DeliveryOpaque) {
        if result.is_ok() {
            self.0.settle(*at);
        }
    }
}

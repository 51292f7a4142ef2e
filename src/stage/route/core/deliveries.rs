//! One delivery for each destination that wants an event: its id, its headers, its partition.
//! Which record gives rise to them is decided by `becoming`; changes of memberships, which become deliveries too, come from
//! `audiences`.

use bytes::Bytes;

use super::*;
use crate::delivery::MadeBy;
use crate::delivery::id::{DeliveryId, Origin};
use crate::event::Event;
use crate::kafka::envelope;
use crate::kafka::partitioner::partition_of_spread;
use crate::outcome::time::KafkaTime;
use crate::route::integrations::Integrations;

/// Where deliveries come from.
#[derive(Debug)]
pub struct Provenance<'a> {
    /// What their ids are made of: topic, partition and offset,
    pub position: (&'a str, i32, i64),
    /// the time that tells a topic from a later one of the same name,
    pub time: KafkaTime,
    /// and the call's `messageId`.
    pub message_id: Option<&'a str>,
    /// What they say of their source.
    pub source: Arc<str>,
    /// When that was.
    pub accepted_at: KafkaTime,
}

impl RouteCore {
    /// Value byte for byte, keyed by destination.
    pub(super) fn deliveries(&mut self, record: &Record, event: &Event<'_>) -> Vec<(What, Append)> {
        // An event that was parsed has readable integrations; if not, it says nothing.
        let integrations = Integrations::read(event.integrations).unwrap_or_default();
        let provenance = Provenance {
            position: (&record.at.topic, record.at.partition, record.offset),
            time: record.time,
            message_id: event.message_id.as_deref(),
            source: becoming::position(record).into(),
            accepted_at: record.time,
        };
        let mut appends = Vec::with_capacity(self.routes.len());
        for route in &self.routes {
            match route.wants(event, &integrations) {
                Ok(()) => {
                    let value = record.value.clone().unwrap_or_default();
                    appends.push(self.delivery(route, &provenance, value));
                }
                Err(reason) => self.out.push(Output::Happened(Happened::Filtered(route.id.clone(), reason))),
            }
        }
        appends
    }

    pub(super) fn delivery(&self, route: &Route, provenance: &Provenance<'_>, value: Bytes) -> (What, Append) {
        let delivery = fresh(route, provenance, value);
        let append = into_deliveries(&delivery, route, (&self.topics.deliveries, self.partitions.deliveries));
        (What::Delivery(Box::new(delivery)), append)
    }
}

/// A delivery that was never attempted.
pub fn fresh(route: &Route, provenance: &Provenance<'_>, value: Bytes) -> Delivery {
    let key = Bytes::copy_from_slice(route.id.as_str().as_bytes());
    let (topic, partition, offset) = provenance.position;
    let id = DeliveryId::of(&Origin {
        topic,
        partition,
        offset,
        time: provenance.time,
        message_id: provenance.message_id,
        destination: &key,
        mapping: None,
    });
    Delivery {
        id,
        key,
        destination: Some(route.id.clone()),
        source: provenance.source.clone(),
        accepted_at: provenance.accepted_at,
        mapping: None,
        progress: Progress::default(),
        last: None,
        made_by: MadeBy::Route,
        stamp: None,
        value,
    }
}

/// Its record in the deliveries topic of so many partitions: in one of those a destination is spread over, else in that of
/// its key.
pub fn into_deliveries(delivery: &Delivery, route: &Route, (topic, partitions): (&Arc<str>, i32)) -> Append {
    // An id is a hash, so any part of it will do as a draw.
    let draw = delivery.id.bits() as u64;
    let spread = || partition_of_spread(&delivery.key, (draw, route.spread), partitions);
    Append {
        topic: topic.clone(),
        partition: (route.spread > 1).then(spread),
        key: Some(delivery.key.clone()),
        value: Some(delivery.value.clone()),
        headers: envelope::headers(delivery),
    }
}

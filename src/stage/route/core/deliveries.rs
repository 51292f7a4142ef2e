//! One delivery for each destination, and of its mappings each, that wants an event: its id, its headers, its partition.
//! Which record gives rise to them is decided by `becoming`; changes of memberships, which become deliveries too, come from
//! `audiences`.

use bytes::Bytes;

use super::*;
use crate::delivery::MadeBy;
use crate::delivery::id::{DeliveryId, Origin};
use crate::kafka::envelope;
use crate::kafka::partitioner::partition_of_spread;
use crate::outcome::time::KafkaTime;
use crate::route::asked::Asked;
use crate::route::routes::Step;

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

/// The form of a call that a destination is asked about, and gets.
pub(super) struct Form<'a, 'e> {
    pub(super) asked: &'a Asked<'e>,
    pub(super) value: &'a Bytes,
}

impl RouteCore {
    /// Value byte for byte, keyed by destination.
    pub(super) fn deliveries(&mut self, record: &Record, asked: &Asked<'_>) -> Vec<(What, Append)> {
        let provenance = Provenance {
            position: (&record.at.topic, record.at.partition, record.offset),
            time: record.time,
            message_id: asked.message_id(),
            source: becoming::position(record).into(),
            accepted_at: record.time,
        };
        let value = record.value.clone().unwrap_or_default();
        self.in_form(&provenance, |_| Form { asked, value: &value })
    }

    /// A delivery for each destination, and of its mappings each, that wants the form of a call it would get.
    pub(super) fn in_form<'a, 'e: 'a>(
        &mut self,
        provenance: &Provenance<'_>,
        form: impl Fn(&Route) -> Form<'a, 'e>,
    ) -> Vec<(What, Append)> {
        let into = (&self.topics.deliveries, self.partitions.deliveries);
        // Mostly few of many want an event.
        let mut appends = Vec::new();
        for (index, routed) in self.routes.iter().enumerate() {
            let route = routed.route();
            let Form { asked, value } = form(route);
            routed.decide(asked, |step| match step {
                Step::Wanted(mapping) => {
                    let delivery = fresh((route, mapping), provenance, value.clone());
                    let append = into_deliveries(&delivery, route, into);
                    appends.push((What::Delivery(Box::new(delivery)), append));
                }
                Step::Refused(refusal) => self.unwanted.count(index, refusal.reason()),
                Step::Edits(..) | Step::Unwanted(_) => {}
            });
        }
        appends
    }
}

/// A delivery that was never attempted, of a destination or of one of its mappings.
pub fn fresh((route, mapping): (&Route, Option<&Arc<str>>), provenance: &Provenance<'_>, value: Bytes) -> Delivery {
    let key = Bytes::copy_from_slice(route.id.as_str().as_bytes());
    let (topic, partition, offset) = provenance.position;
    let id = DeliveryId::of(&Origin {
        topic,
        partition,
        offset,
        time: provenance.time,
        message_id: provenance.message_id,
        destination: &key,
        mapping: mapping.map(|name| &**name),
    });
    Delivery {
        id,
        key,
        destination: Some(route.id.clone()),
        source: provenance.source.clone(),
        accepted_at: provenance.accepted_at,
        mapping: mapping.cloned(),
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

//! What a source record becomes: one dead letter if it is no event, else one delivery for each destination that wants it.
//! Whether a destination wants it is decided by `route`; when the offset may pass, by `confirmed`.

use super::*;
use crate::kafka::partitioner::partition_of_spread;

impl RouteCore {
    pub(super) fn may_route(&self, at: &TopicPartition) -> bool {
        self.outbox.has_room() && self.outbox.len() < MOST_APPENDS && !self.stopped.contains_key(at)
    }

    pub(super) fn route(&mut self, mut record: Record, claim: Claim, now: Now) {
        let held = record.held.take();
        let appends = match Event::parse(record.value.as_deref().unwrap_or_default()) {
            Ok(event) => self.deliveries(&record, &event),
            Err(error) => {
                let append = dead_letter::of_record(&record, &error.to_string(), now.kafka, &self.topics);
                let source = format!("{}@{}", record.at, record.offset);
                let topic = record.at.topic.clone();
                self.out.push(Output::Happened(Happened::Malformed { source, topic, error }));
                vec![(What::Malformed, append)]
            }
        };
        match Settled::routed(claim, appends.len()) {
            Ok(settled) => settled.pass(&mut self.ledger),
            Err(claim) => {
                self.open.insert(claim.clone(), Open { unconfirmed: appends.len(), _held: held });
                for (kind, append) in appends {
                    self.next_token += 1;
                    let token = Token(self.next_token);
                    self.out.push(Output::Append(token, append.clone()));
                    self.outbox.insert(token, Routed { claim: claim.clone(), kind, append, stops: false });
                }
            }
        }
    }

    /// One delivery for each destination that wants the event; value byte for byte, keyed by destination.
    fn deliveries(&mut self, record: &Record, event: &Event<'_>) -> Vec<(What, Append)> {
        // An event that was parsed has readable integrations; if not, it says nothing.
        let integrations = Integrations::read(event.integrations).unwrap_or_default();
        let source: Arc<str> = format!("{}@{}", record.at, record.offset).into();
        let mut appends = Vec::with_capacity(self.routes.len());
        for route in &self.routes {
            if let Err(reason) = route.wants(event, &integrations) {
                self.out.push(Output::Happened(Happened::Filtered(route.id.clone(), reason)));
                continue;
            }
            let delivery = delivery(record, event, route, source.clone());
            let append = Append {
                topic: self.topics.deliveries.clone(),
                partition: self.partition(route, &delivery),
                key: Some(delivery.key.clone()),
                value: Some(delivery.value.clone()),
                headers: envelope::headers(&delivery),
            };
            appends.push((What::Delivery(Box::new(delivery)), append));
        }
        appends
    }

    /// The partition of a delivery whose destination is spread over several; that of its key otherwise.
    fn partition(&self, route: &Route, delivery: &Delivery) -> Option<i32> {
        // An id is a hash, so any part of it will do as a draw.
        let draw = delivery.id.bits() as u64;
        (route.spread > 1).then(|| partition_of_spread(&delivery.key, (draw, route.spread), self.partitions))
    }
}

fn delivery(record: &Record, event: &Event<'_>, route: &Route, source: Arc<str>) -> Delivery {
    let key = bytes::Bytes::copy_from_slice(route.id.as_str().as_bytes());
    let id = DeliveryId::of(&Origin {
        topic: &record.at.topic,
        partition: record.at.partition,
        offset: record.offset,
        time: record.time,
        message_id: event.message_id.as_deref(),
        destination: &key,
        mapping: None,
    });
    Delivery {
        id,
        key,
        destination: Some(route.id.clone()),
        source,
        accepted_at: record.time,
        mapping: None,
        progress: Progress::default(),
        last: None,
        stamp: None,
        value: record.value.clone().unwrap_or_default(),
    }
}

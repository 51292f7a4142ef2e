//! What goes in and out of the stages: deliveries that come, requests and their answers, appends and their confirmations.

use std::sync::Arc;

use bytes::Bytes;
use kafka_webhooks::delivery::Delivery;
use kafka_webhooks::delivery::id::DeliveryId;
use kafka_webhooks::kafka::envelope;
use kafka_webhooks::kafka::record::{Append, Confirmation};
use kafka_webhooks::outcome::Outcome;
use kafka_webhooks::outcome::disposition::{Attempted, Progress};
use kafka_webhooks::outcome::time::KafkaTime;
use kafka_webhooks::stage::deliver::core::{Order, Report, Tried};

use super::world::{DELIVERIES, Event, HEALTHY, World};
use crate::life::Life;
use crate::receivers::last;

impl World {
    /// Appends a delivery as the route stage does.
    pub(super) fn produce(&mut self, destination: usize) {
        let id = &self.ids[destination];
        let delivery = Delivery {
            id: DeliveryId::parse(&format!("dlv_{:026}", self.number)).expect("26 digits are an id"),
            key: Bytes::copy_from_slice(id.as_str().as_bytes()),
            destination: Some(id.clone()),
            source: Arc::from("events/0@1"),
            accepted_at: KafkaTime::from_millis(self.now),
            mapping: None,
            progress: Progress::default(),
            last: None,
            made_by: Default::default(),
            stamp: None,
            value: Bytes::from(self.number.to_string()),
        };
        let append = Append {
            topic: self.topics[DELIVERIES].clone(),
            partition: Some(0),
            key: Some(delivery.key.clone()),
            value: Some(delivery.value.clone()),
            headers: envelope::headers(&delivery),
        };
        self.log[DELIVERIES].append(&append, Life { delivery: self.number, hops: 0 }, self.now);
        self.number += 1;
    }

    pub(super) fn attempt(&mut self, order: &Order) {
        let destination = usize::from(order.lane.destination == self.ids[1]);
        let (outcome, latency) = match destination {
            0 => (Outcome::Delivered, HEALTHY),
            _ => {
                self.tally.begins(self.since());
                self.receiver.answer(self.since())
            }
        };
        let at = self.now + latency;
        if !self.answers.contains_key(&at) {
            self.plan(latency, Event::Answer);
        }
        self.answers.entry(at).or_default().push((order.token, destination, outcome));
    }

    pub(super) fn answer(&mut self) {
        let now = self.clock();
        for (token, destination, outcome) in self.answers.remove(&self.now).unwrap_or_default() {
            if destination == 1 {
                self.tally.ends(self.since());
            }
            let attempted = Attempted { outcome, retry_after: None };
            let tried = Tried { attempted, began: now.kafka, last: last(outcome), asks_for_less: false };
            self.clients[0].core.attempted(token, Report::Tried(tried), now);
        }
    }

    pub(super) fn delivered(&mut self, delivery: &Delivery) {
        if delivery.destination.as_ref() == Some(&self.ids[1]) {
            return self.tally.delivered(delivery.progress.attempts, self.since());
        }
        let neighbour = &mut self.tally.neighbour;
        neighbour.delivered += 1;
        neighbour.slowest = neighbour.slowest.max(self.now - delivery.accepted_at.as_millis());
        neighbour.waits += delivery.progress.hops as usize;
    }

    /// What was appended so long ago is in the log and confirmed now.
    pub(super) fn land(&mut self, stage: usize) {
        let now = self.clock();
        let landed: Vec<_> = self.landing[stage].extract_if(.., |(at, ..)| *at <= self.now).collect();
        for (_, token, append) in landed {
            if let Some(slot) = self.topics.iter().position(|topic| *topic == append.topic) {
                let number = append.value.as_deref().and_then(|value| std::str::from_utf8(value).ok()?.parse().ok());
                let number: u32 = number.expect("a value is a number");
                if let Some(writes) = self.tally.writes.get_mut(number as usize) {
                    *writes += 1;
                }
                if slot != DELIVERIES {
                    *self
                        .tally
                        .tiers
                        .entry(append.topic.rsplit('.').next().unwrap_or_default().to_owned())
                        .or_default() += 1;
                }
                self.log[slot].append(&append, Life { delivery: number, hops: 0 }, self.now);
                self.read_soon(usize::from(slot == DELIVERIES) ^ 1);
            }
            self.clients[stage].core.confirmed(&Confirmation { token, result: Ok(()) }, now);
        }
    }
}

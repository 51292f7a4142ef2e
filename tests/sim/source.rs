//! What comes from outside the stages: deliveries and copies of them as the route stage appends them, topics that refuse
//! writes, receivers that change, appends of dead processes that arrive late.

use std::sync::Arc;

use kafka_webhooks::delivery::Delivery;
use kafka_webhooks::kafka::envelope;
use kafka_webhooks::kafka::record::Append;
use kafka_webhooks::outcome::disposition::Progress;
use kafka_webhooks::outcome::time::KafkaTime;

use crate::life::Life;
use crate::places::{DEAD, PARTITIONS};
use crate::receivers;
use crate::violation::Checked;
use crate::world::World;

/// Deliveries of one destination that may be open before no more are produced for it.
const OPEN: usize = 40;
/// Deliveries whose copies may still come.
const RECENT: usize = 400;

impl World {
    /// Appends one delivery, or a burst for one destination, unless many are open already.
    pub(crate) fn produce(&mut self) -> Checked {
        let receiver = self.rng.below(self.receivers.len());
        if self.facts.open(receiver) > OPEN {
            return Ok(());
        }
        // Those that are sent together must come together often.
        let batches = self.receivers[receiver].terms.as_ref().is_some_and(|terms| terms.batching.is_some());
        let many = if self.rng.one_in(if batches { 3 } else { 12 }) { 12 } else { 1 };
        for _ in 0..many {
            let life = self.facts.create(receiver);
            self.append_delivery(life)?;
            self.report.count("produced");
        }
        Ok(())
    }

    /// Appends a delivery once more, as a route stage does that crashed between append and commit.
    pub(crate) fn copy(&mut self) -> Checked {
        let count = self.facts.courses.len();
        if count == 0 {
            return Ok(());
        }
        let number = count - 1 - self.rng.below(count.min(RECENT));
        let life = Life { delivery: number as u32, hops: 0 };
        self.report.count("copy made");
        self.append_delivery(life)
    }

    fn append_delivery(&mut self, life: Life) -> Checked {
        let course = &self.facts.courses[life.delivery as usize];
        let receiver = &self.receivers[course.receiver];
        let delivery = Delivery {
            id: course.id,
            key: receiver.key.clone(),
            destination: Some(receiver.lane.destination.clone()),
            source: Arc::from("events/0@1"),
            accepted_at: KafkaTime::from_millis(self.now),
            mapping: receiver.lane.mapping.clone(),
            progress: Progress::default(),
            last: None,
            made_by: Default::default(),
            stamp: None,
            value: course.value.clone(),
        };
        let append = Append {
            topic: self.places.topics.deliveries.clone(),
            partition: i32::try_from(receiver.home(course.id)).ok(),
            key: Some(delivery.key.clone()),
            value: Some(delivery.value.clone()),
            headers: envelope::headers(&delivery),
        };
        let slot = self.places.target(&append);
        self.log.append(slot, &append, life, self.now);
        self.facts.landed(slot, life, None, self.now)
    }

    /// A topic begins to refuse writes, or all take them again.
    pub(crate) fn refuse(&mut self) -> Checked {
        let any = self.refusing.iter().any(|refuses| *refuses);
        self.refusing = [false; DEAD + 1];
        if !any && self.rng.one_in(4) {
            let topic = self.rng.below(DEAD / PARTITIONS + 1);
            let slots = topic * PARTITIONS..((topic + 1) * PARTITIONS).min(DEAD + 1);
            self.refusing[slots].fill(true);
        }
        Ok(())
    }

    pub(crate) fn land_adrift(&mut self) -> Checked {
        if self.adrift.is_empty() {
            return Ok(());
        }
        let index = self.rng.below(self.adrift.len());
        let (slot, append, life, by) = self.adrift.swap_remove(index);
        self.report.count("landed after a crash");
        self.log.append(slot, &append, life, self.now);
        self.facts.landed(slot, life, Some(by), self.now)
    }

    /// A receiver behaves like another from now on, or like itself again.
    pub(crate) fn change(&mut self) -> Checked {
        let index = self.rng.below(self.receivers.len());
        let first = receivers::all();
        // The brief one must fail often enough to be seen giving up.
        if first[index].terms.as_ref().is_some_and(|terms| terms.max_attempts.is_some()) {
            return Ok(());
        }
        let like = if self.rng.one_in(3) { self.rng.below(first.len()) } else { index };
        self.receivers[index].manner = first[like].manner;
        Ok(())
    }
}

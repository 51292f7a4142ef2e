//! The poll thread's course: store what was left, work the valve, hand over records, and in the end leave in good order.
//! What rebalances do is `context`'s, how a group is left `leave`'s.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::KafkaError;
use rdkafka::{Message as _, TopicPartitionList};

use super::context::Context;
use super::valve::{self, Flow, Gauge};
use super::{Intake, POLL, WhenFull, read};
use crate::kafka::record::Record;

/// How long a poll thread rests at a time, unless something is settled before, and how often before it looks after its
/// rebalances again.
const REST: Duration = Duration::from_millis(2);
const RESTS: u32 = 100;
/// Records handed over at once.
const BATCH: usize = 500;

pub(super) struct Poller {
    pub(super) consumer: BaseConsumer<Context>,
    pub(super) budget: usize,
    pub(super) when_full: WhenFull,
    pub(super) stop: Arc<AtomicBool>,
}

impl Poller {
    pub(super) fn run(self) {
        let mut rests = 0;
        while !self.stop.load(Ordering::Acquire) {
            self.store_positions();
            self.work_valve();
            self.consumer.context().watch.polled();
            if self.should_rest() && rests < RESTS {
                rests += 1;
                std::thread::park_timeout(REST);
                continue;
            }
            rests = 0;
            let batch = match self.read_batch() {
                Ok(batch) => batch,
                Err(failure) => {
                    let _ = self.consumer.context().intake.send(Intake::Failed(failure));
                    break;
                }
            };
            if batch.is_empty() {
                continue;
            }
            self.consumer.context().watch.reached();
            if self.consumer.context().intake.send(Intake::Records(batch)).is_err() {
                break;
            }
        }
        self.prepare_to_leave();
        // Dropping the client hands every partition back and leaves the group. It can hang for ever when a broker is
        // away: the process ends under a watchdog (`shutdown`).
        drop(self.consumer);
    }

    /// Whether what flows holds so much that partitions would soon be paused. What is paused already does not count: it may
    /// be stopped, and must not hold the others up.
    fn should_rest(&self) -> bool {
        let mut assignment = self.consumer.context().assignment();
        let open = assignment.all().filter(|own| own.flow == Flow::Open).map(|own| own.load.bytes());
        self.when_full == WhenFull::Rest && open.sum::<usize>() > self.budget / 3
    }

    pub(super) fn store_positions(&self) {
        self.consumer.context().store(&self.consumer);
    }

    fn read_batch(&self) -> Result<Vec<Record>, Box<str>> {
        let mut batch = Vec::new();
        let mut wait = POLL;
        while let Some(polled) = self.consumer.poll(wait) {
            wait = Duration::ZERO;
            match polled {
                Ok(message) => {
                    let context = self.consumer.context();
                    context.reads(message.topic(), message.partition(), message.offset());
                    batch.extend(read::record(&message, &mut context.assignment()));
                }
                Err(error @ KafkaError::MessageConsumptionFatal(_)) => return Err(error.to_string().into()),
                // librdkafka retries by itself; what it reports is for people.
                Err(error) => self.consumer.context().watch.troubled(&error),
            }
            if batch.len() >= BATCH {
                break;
            }
        }
        Ok(batch)
    }

    fn work_valve(&self) {
        let context = self.consumer.context();
        let (mut pause, mut resume) = (TopicPartitionList::new(), TopicPartitionList::new());
        let mut paused = 0;
        {
            let mut assignment = context.assignment();
            let mut all: Vec<_> = assignment.all().collect();
            let gauges: Vec<_> = all.iter().map(|own| Gauge { bytes: own.load.bytes(), state: own.flow }).collect();
            for (own, wanted) in all.iter_mut().zip(valve::adjust(&gauges, self.budget)) {
                if own.flow != wanted {
                    let list = if wanted == Flow::Paused { &mut pause } else { &mut resume };
                    list.add_partition(&own.at.topic, own.at.partition);
                    own.flow = wanted;
                }
                paused += usize::from(wanted == Flow::Paused);
            }
        }
        context.watch.paused(paused);
        let changes = [
            (pause.count() > 0).then(|| self.consumer.pause(&pause)),
            (resume.count() > 0).then(|| self.consumer.resume(&resume)),
        ];
        for error in changes.into_iter().flatten().filter_map(Result::err) {
            tracing::warn!(stage = context.watch.stage(), %error, "cannot pause or resume partitions");
        }
    }
}

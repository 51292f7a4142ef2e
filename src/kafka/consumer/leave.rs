//! Leaving a group in good order: everything is drained and committed while the consumer is still a member, and only then
//! it goes.
//!
//! Kafka refuses the commit of a member while its group rebalances, and the one that librdkafka makes while it closes is
//! not repeated. Replicas that are stopped one after the other would deliver again all that was not committed.

use std::time::{Duration, Instant};

use rdkafka::consumer::{CommitMode, Consumer as _};
use rdkafka::error::KafkaError;
use rdkafka::types::RDKafkaErrorCode;

use super::handback::handback;
use super::poller::Poller;
use super::{Intake, POLL};

impl Poller {
    /// Drains and commits, within the time that [`super::Consumer::stop`] gave; what is left of it is for the rest.
    pub(super) fn prepare_to_leave(&self) {
        let context = self.consumer.context();
        let end = Instant::now() + context.drain.get();
        self.drain_until(end);
        self.commit_until(end);
        context.drain.set(end.saturating_duration_since(Instant::now()));
    }

    /// Goes on as a member that takes no more records, so that rebalances are not held up and what is settled is stored.
    fn drain_until(&self, end: Instant) {
        let context = self.consumer.context();
        let partitions = context.assignment().all().map(|assigned| assigned.at.clone()).collect();
        let (handback, waiter) = handback(&context.positions);
        if context.intake.send(Intake::Revoked { partitions, handback }).is_err() {
            return;
        }
        while Instant::now() < end && !waiter.wait(POLL) {
            self.store_positions();
            self.take_no_records();
        }
        self.store_positions();
    }

    fn commit_until(&self, end: Instant) {
        let context = self.consumer.context();
        while Instant::now() < end && context.assignment().len() > 0 {
            match self.consumer.commit_consumer_state(CommitMode::Sync) {
                // Whatever was stored is committed already.
                Ok(()) | Err(KafkaError::ConsumerCommit(RDKafkaErrorCode::NoOffset)) => {
                    return tracing::debug!(stage = context.watch.stage(), "all is committed");
                }
                // A rebalance, or a coordinator that has moved: both are over when polling has let them be.
                Err(error) => tracing::debug!(stage = context.watch.stage(), %error, "the last commit is tried again"),
            }
            self.take_no_records();
        }
    }

    /// Polls, for what librdkafka calls back; the records are for the next owner.
    fn take_no_records(&self) {
        self.consumer.context().watch.polled();
        let mut wait = POLL;
        while self.consumer.poll(wait).is_some() {
            wait = Duration::ZERO;
        }
    }
}

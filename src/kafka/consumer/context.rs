//! What librdkafka calls back, all of it on the poll thread: rebalances, commits, statistics.
//! Knows which partitions are ours and under which epoch; waits for the stage only when partitions are handed back, and
//! then with a deadline.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer as _, ConsumerContext, DefaultConsumerContext};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::statistics::Statistics;
use rdkafka::types::{RDKafkaErrorCode, RDKafkaRespErr};
use rdkafka::{ClientContext, Offset, TopicPartitionList};
use tokio::sync::mpsc::UnboundedSender;

use super::assignment::{Assignment, draw};
use super::handback::handback;
use super::history;
use super::positions::Positions;
use super::resets::Resets;
use super::watch::Reading;
use super::{DrainLimit, Intake, Watch};
use crate::delivery::claim::{Epoch, TopicPartition};
use crate::kafka::offsets::Grant;
use crate::kafka::troubles::Troubles;

/// The context of a stage's consumer.
pub(super) struct Context {
    pub(super) intake: UnboundedSender<Intake>,
    pub(super) watch: Arc<Watch>,
    pub(super) drain: Arc<DrainLimit>,
    /// What the stage leaves to be stored.
    pub(super) positions: Positions,
    lookback: i64,
    troubles: Troubles,
    /// Whether the broker takes notes with commits.
    notes: AtomicBool,
    assignment: Mutex<Assignment>,
    pub(super) resets: Resets,
}

impl Context {
    pub(super) fn new(
        intake: UnboundedSender<Intake>,
        watch: Arc<Watch>,
        drain: Arc<DrainLimit>,
        lookback: i64,
    ) -> Self {
        Self {
            intake,
            watch,
            drain,
            positions: Positions::default(),
            lookback,
            troubles: Troubles::default(),
            notes: AtomicBool::new(true),
            assignment: Mutex::default(),
            resets: Resets::default(),
        }
    }

    /// What is ours; locked by the poll thread only, so never contended.
    pub(super) fn assignment(&self) -> MutexGuard<'_, Assignment> {
        self.assignment.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Stores what was left, as far as it belongs to the assignment that holds now.
    pub(super) fn store(&self, consumer: &BaseConsumer<Self>) {
        let positions = self.positions.take();
        if positions.is_empty() {
            return;
        }
        let told = || positions.iter().map(|position| format!("{}={}", position.at, position.next)).collect::<Vec<_>>();
        tracing::debug!(stage = self.watch.stage(), positions = told().join(" "), "store");
        let mut list = TopicPartitionList::with_capacity(positions.len());
        {
            let assignment = self.assignment();
            for position in positions.iter().filter(|position| assignment.holds(position)) {
                let mut element = list.add_partition(&position.at.topic, position.at.partition);
                if let Err(error) = element.set_offset(Offset::Offset(position.next)) {
                    tracing::error!(partition = %position.at, %error, "cannot store an offset");
                }
                let note = position.note.as_deref().filter(|note| !note.is_empty());
                if let Some(note) = note.filter(|_| self.notes.load(Ordering::Relaxed)) {
                    element.set_metadata(note);
                }
            }
        }
        // `store_offsets` stores exactly the offset to read next and refuses what is not ours any more.
        if list.count() > 0
            && let Err(error) = consumer.store_offsets(&list)
        {
            tracing::warn!(stage = self.watch.stage(), %error, "kafka did not take offsets to commit");
        }
    }

    fn assign(&self, consumer: &BaseConsumer<Self>, list: &TopicPartitionList) {
        let (starts, mut pasts) = history::starting_points(consumer, list, self.lookback);
        if let Err(error) = consumer.incremental_assign(&starts) {
            tracing::error!(stage = self.watch.stage(), %error, "kafka did not let partitions be assigned");
        }
        let partitions = {
            let mut assignment = self.assignment();
            assignment.epochs += 1;
            let epoch = Epoch(assignment.epochs);
            let mut add = |at: TopicPartition| {
                let (history, note) = pasts.remove(&at).map(|past| (past.history, past.note)).unzip();
                assignment.add(&at, epoch, history);
                Grant { at, epoch, note: note.flatten(), draw: draw() }
            };
            names(list).into_iter().map(&mut add).collect::<Vec<_>>()
        };
        // A pause outlives an assignment inside the client; what is newly ours flows.
        if list.count() > 0
            && let Err(error) = consumer.resume(list)
        {
            tracing::warn!(stage = self.watch.stage(), %error, "cannot resume partitions");
        }
        self.watch.rebalanced("assigned", self.assignment().len());
        tracing::info!(
            stage = self.watch.stage(),
            partitions = partitions.len(),
            now = self.assignment().len(),
            "partitions assigned"
        );
        tracing::debug!(stage = self.watch.stage(), ?starts, "read from");
        // The stage may have ended already; then nobody wants to know.
        let _ = self.intake.send(Intake::Assigned(partitions));
    }

    fn revoke(&self, consumer: &BaseConsumer<Self>, list: &TopicPartitionList) {
        let partitions = names(list);
        if consumer.assignment_lost() {
            self.forget(&partitions);
            self.watch.rebalanced("lost", self.assignment().len());
            tracing::warn!(stage = self.watch.stage(), partitions = partitions.len(), "partitions lost");
            let _ = self.intake.send(Intake::Lost(partitions));
            return;
        }
        let (handback, waiter) = handback(&self.positions);
        let revoked = Intake::Revoked { partitions: partitions.clone(), handback };
        if self.intake.send(revoked).is_ok() && !waiter.wait(self.drain.get()) {
            tracing::warn!(
                stage = self.watch.stage(),
                "partitions were handed back before they were drained; some deliveries will be repeated"
            );
            // The stage must not release them later, when they may be ours again.
            let _ = self.intake.send(Intake::Lost(partitions.clone()));
        }
        // All that was left, also if they were not drained or their drain was answered to a consumer about to leave: it is the
        // last moment, for librdkafka commits what is stored as it gives the partitions away.
        self.store(consumer);
        self.forget(&partitions);
        self.watch.rebalanced("revoked", self.assignment().len());
        tracing::info!(
            stage = self.watch.stage(),
            partitions = partitions.len(),
            now = self.assignment().len(),
            "partitions handed back"
        );
    }

    fn forget(&self, partitions: &[TopicPartition]) {
        let mut assignment = self.assignment();
        for at in partitions {
            self.resets.forget(at);
            self.watch.forget(at);
            if let Some(topic) = assignment.partitions.get_mut(&*at.topic) {
                topic.remove(&at.partition);
            }
        }
    }
}

impl ClientContext for Context {
    fn stats(&self, statistics: Statistics) {
        self.reach_ends(&statistics);
        let assignment = self.assignment();
        self.watch.statistics(&statistics, |topic, partition| {
            assignment.get(topic, partition).map(|own| Reading { first: own.first, holds: own.load.bytes() > 0 })
        });
    }

    /// A reset of an offset is told nowhere else.
    fn log(&self, level: RDKafkaLogLevel, facility: &str, line: &str) {
        let reset = if facility == "OFFSET" { self.resets.hear(line) } else { None };
        match reset {
            Some(at) => self.watch.offset_reset(&at),
            None => DefaultConsumerContext.log(level, facility, line),
        }
    }

    fn error(&self, error: KafkaError, reason: &str) {
        if error.rdkafka_error_code() == Some(RDKafkaErrorCode::AllBrokersDown) {
            self.watch.troubled(&error);
        } else if self.watch.is_calm_about(&error, reason) {
            tracing::debug!(stage = self.watch.stage(), reason, "a topic that may be missing is");
        } else if let Some(unsaid) = self.troubles.tell(&error) {
            tracing::warn!(stage = self.watch.stage(), %error, reason, unsaid, "kafka client");
        }
    }
}

impl ConsumerContext for Context {
    fn rebalance(&self, consumer: &BaseConsumer<Self>, event: RDKafkaRespErr, list: &mut TopicPartitionList) {
        match event {
            RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS => return self.assign(consumer, list),
            RDKafkaRespErr::RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS => self.revoke(consumer, list),
            _ => tracing::error!(stage = self.watch.stage(), ?event, "rebalance failed"),
        }
        if let Err(error) = consumer.incremental_unassign(list) {
            tracing::error!(stage = self.watch.stage(), %error, "kafka did not let partitions be handed back");
        }
    }

    fn commit_callback(&self, result: KafkaResult<()>, offsets: &TopicPartitionList) {
        // Nothing new to commit is no failure.
        let nothing = matches!(result, Err(KafkaError::ConsumerCommit(RDKafkaErrorCode::NoOffset)));
        if nothing {
            return;
        }
        let too_large = RDKafkaErrorCode::OffsetMetadataTooLarge;
        if result.as_ref().is_err_and(|error| error.rdkafka_error_code() == Some(too_large)) {
            // An offset without a note is worth more than none: copies may live on, but nothing is repeated for ever.
            self.notes.store(false, Ordering::Relaxed);
            tracing::error!(
                stage = self.watch.stage(),
                "kafka takes no metadata of this size with commits; raise the broker's offset.metadata.max.bytes to its default of 4096, until then copies left by a crash may be delivered again"
            );
        }
        if let Err(error) = &result {
            tracing::warn!(stage = self.watch.stage(), %error, "kafka refused a commit; it is tried again");
            tracing::debug!(stage = self.watch.stage(), ?offsets, "refused");
        }
        self.watch.committed(result.is_ok());
    }
}

/// The partitions of a list; an empty list must not be asked for its elements.
fn names(list: &TopicPartitionList) -> Vec<TopicPartition> {
    if list.count() == 0 {
        return Vec::new();
    }
    let elements = list.elements();
    elements.iter().map(|element| TopicPartition::new(element.topic(), element.partition())).collect()
}

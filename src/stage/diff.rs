//! Diff: audience records, keyed by user, become changes of memberships. Only what is news goes on; who is in what is kept
//! in the memberships topic and, for the partitions that are ours, in memory.
//!
//! The driver: one task that owns the core and carries out what it asks for; a thread (`kafka::table`) reads memberships.

pub mod core;
mod form;
mod lanes;
mod names;
pub mod state;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::UnboundedReceiver;

use self::core::{DiffCore, Happened, Output};
use super::driver::{Drain, Outlet, StageError};
use crate::clock::Clock;
use crate::kafka::consumer::{Consumer, Intake};
use crate::kafka::table::{Table, Told};
use crate::metrics::Metrics;
use crate::outcome::disposition::Reason;
use crate::outcome::time::Now;

pub use names::Collision;

/// How often the stage looks for appends that are due again.
const TICK: Duration = Duration::from_millis(100);
/// Things heard at once.
const BATCH: usize = 64;

/// The diff stage.
#[derive(Debug)]
pub struct DiffStage {
    /// What decides.
    pub core: DiffCore,
    /// Where records come from.
    pub consumer: Arc<Consumer>,
    /// What comes.
    pub intake: UnboundedReceiver<Intake>,
    /// Where appends go.
    pub outlet: Outlet,
    /// Who reads memberships.
    pub table: Table,
    /// The clocks.
    pub clock: Arc<Clock>,
    /// What is counted.
    pub metrics: Arc<Metrics>,
}

impl DiffStage {
    /// Works until the consumer has left its group and everything is handed back.
    pub async fn run(mut self) -> Result<(), StageError> {
        let mut drain = Drain::default();
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let (mut intake, mut confirmed, mut told) = (Vec::new(), Vec::new(), Vec::new());
        loop {
            tokio::select! {
                count = self.intake.recv_many(&mut intake, BATCH) => if count == 0 { return Ok(()) },
                () = self.outlet.confirmed(&mut confirmed) => {}
                count = self.table.told(&mut told, BATCH) => if count == 0 {
                    return Err(StageError::Table("its thread has ended".into()));
                },
                _ = tick.tick() => self.show(),
            }
            self.hear(&mut intake, &mut drain)?;
            let now = self.clock.now();
            self.learn(&mut told, now)?;
            for confirmation in confirmed.drain(..) {
                self.core.confirmed(&confirmation, now);
            }
            self.core.proceed(now);
            self.carry_out(now)?;
            self.consumer.store(self.core.take_positions());
            for (partitions, handback) in drain.drained(|at| self.core.is_drained(at)) {
                handback.done(self.core.release(&partitions));
            }
        }
    }

    fn hear(&mut self, intake: &mut Vec<Intake>, drain: &mut Drain) -> Result<(), StageError> {
        for heard in std::mem::take(intake) {
            match heard {
                Intake::Assigned(partitions) => self.core.assigned(&partitions),
                Intake::Lost(partitions) => {
                    drain.forget(&partitions);
                    self.core.lost(&partitions);
                }
                Intake::Revoked { partitions, handback } => {
                    self.core.revoke(&partitions);
                    drain.begin(partitions, handback);
                }
                Intake::Records(records) => records.into_iter().for_each(|record| self.core.arrived(record)),
                Intake::Failed(error) => return Err(StageError::Consumer(error)),
            }
        }
        Ok(())
    }

    fn learn(&mut self, told: &mut Vec<Told>, now: Now) -> Result<(), StageError> {
        for told in told.drain(..) {
            match told {
                Told::Records(records) => records.iter().for_each(|record| self.core.told(record, now)),
                Told::Restored { partition, epoch } => self.core.restored(partition, epoch),
                Told::Reread { partition, epoch, offset, record } => {
                    self.core.reread(partition, epoch, (offset, record.as_deref()));
                }
                Told::Failed(error) => return Err(StageError::Table(error)),
            }
        }
        Ok(())
    }

    fn carry_out(&mut self, now: Now) -> Result<(), StageError> {
        for output in self.core.take_outputs() {
            match output {
                Output::Append(token, append) => self.outlet.append(append, token),
                Output::Follow { partition, epoch } => self.table.follow(partition, epoch),
                Output::Leave { partition, epoch } => self.table.leave(partition, epoch),
                Output::Reread { partition, epoch, offset } => self.table.reread(partition, epoch, offset),
                Output::Happened(happened) => self.happened(&happened),
                Output::Failed(changed) => return Err(changed.into()),
            }
        }
        for token in self.outlet.send() {
            self.core.no_room(token, now);
        }
        Ok(())
    }

    fn happened(&self, happened: &Happened) {
        let metrics = self.metrics.memberships();
        match happened {
            Happened::Judged(judged) => metrics.judged(*judged),
            Happened::Changed(change) => metrics.changed(*change),
            Happened::DeadLettered => self.metrics.nobody().dead_lettered(Reason::Malformed),
            Happened::Healed => metrics.heals.inc(),
            Happened::Malformed { source, error } => {
                let error = error.as_ref().map_or("its key is not that of its user".to_owned(), ToString::to_string);
                tracing::warn!(%source, %error, "an audience record is not understood; it becomes a dead letter");
            }
            Happened::Restored { partition, records } => {
                metrics.restored.inc_by(*records);
                // A new installation has two dozen empty partitions; that is no news.
                match records {
                    0 => tracing::debug!(partition, "no memberships to restore"),
                    _ => tracing::info!(partition, records, "memberships restored"),
                }
            }
            Happened::Stranger { at, offset, error } => {
                tracing::warn!(partition = %at, offset, %error, "a record among the memberships is not ours and is passed over, as are others like it");
            }
            Happened::GaveWay { partition } => {
                tracing::error!(
                    partition,
                    "the newest record of a membership is gone from its topic; what an older one says holds now"
                );
            }
            Happened::NotHealed { partition } => {
                tracing::error!(
                    partition,
                    "a membership cannot be appended again for its size; its topic is wrong until it changes"
                );
            }
            Happened::Collided(Collision { key, first, second }) => {
                metrics.collisions.inc();
                tracing::warn!(%key, %first, %second, "two names of audiences fall on one key; give one of them a key of its own");
            }
            Happened::ManyKeys(keys) => {
                tracing::warn!(
                    keys,
                    "there are this many keys of audiences and traits, and each takes memory; is a key made of something that differs from user to user?"
                );
            }
            Happened::Refused { partition, topic, error } => {
                tracing::error!(partition, %topic, %error, "kafka did not take a record; it is tried again and the offset waits");
            }
        }
    }

    fn show(&self) {
        let metrics = self.metrics.memberships();
        metrics.held.set(i64::try_from(self.core.members()).unwrap_or(i64::MAX));
        metrics.restoring.set(i64::try_from(self.core.restoring()).unwrap_or(i64::MAX));
    }
}

//! Delay: what waits in the tiers returns to the deliveries topic when it is due. Never does HTTP, so no receiver can hold
//! a tier up.
//!
//! The driver: one task that owns the core; and a thread that asks Kafka how far the deliver group is behind.

pub mod core;
pub mod credit;
pub mod lags;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::UnboundedReceiver;

use self::core::{DelayCore, Output};
use self::lags::Lags;
use super::driver::{Drain, Outlet, StageError};
use crate::clock::{Clock, local_ms};
use crate::kafka::consumer::{Consumer, Intake};
use crate::metrics::Metrics;
use crate::metrics::oldest::Holder;
use crate::outcome::disposition::Reason;
use crate::outcome::schedule::Tier;
use crate::route::destination::DestinationId;

/// How often credit is asked for and gauges are set.
const TICK: Duration = Duration::from_millis(50);
/// Things heard at once.
const BATCH: usize = 256;

/// The delay stage.
#[derive(Debug)]
pub struct DelayStage {
    /// What decides.
    pub core: DelayCore,
    /// Where records come from.
    pub consumer: Arc<Consumer>,
    /// What comes.
    pub intake: UnboundedReceiver<Intake>,
    /// Where appends go.
    pub outlet: Outlet,
    /// Who knows the deliver group's lag.
    pub lags: Lags,
    /// The clocks.
    pub clock: Arc<Clock>,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// The tiers whose gauges are set.
    pub shown: BTreeSet<Tier>,
}

impl DelayStage {
    /// Works until the consumer has left its group and everything is handed back.
    pub async fn run(mut self) -> Result<(), StageError> {
        let mut drain = Drain::default();
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let (mut intake, mut confirmed) = (Vec::new(), Vec::new());
        loop {
            // A head that is due but lacks credit is looked at again with the next tick, not in a busy loop.
            let wake = self.core.next_wake().map(|due| self.clock.until(due)).filter(|wait| !wait.is_zero());
            tokio::select! {
                count = self.intake.recv_many(&mut intake, BATCH) => if count == 0 { return Ok(()) },
                () = self.outlet.confirmed(&mut confirmed) => {}
                observed = self.lags.observed() => self.core.credit(observed.partition, &observed.behind, observed.mark),
                () = tokio::time::sleep(wake.unwrap_or(TICK)), if wake.is_some() => {}
                _ = tick.tick() => self.turn(),
            }
            self.hear(&mut intake, &mut drain)?;
            let now = self.clock.now();
            for confirmation in confirmed.drain(..) {
                self.core.confirmed(&confirmation, now);
            }
            self.core.proceed(now);
            self.carry_out();
            self.consumer.store(self.core.take_positions());
            for (partitions, handback) in drain.drained(|at| self.core.is_drained(at)) {
                handback.done(self.core.release(&partitions));
            }
        }
    }

    fn hear(&mut self, intake: &mut Vec<Intake>, drain: &mut Drain) -> Result<(), StageError> {
        for heard in std::mem::take(intake) {
            match heard {
                Intake::Assigned(partitions) => {
                    partitions.iter().for_each(|grant| self.metrics.tier_topic(&grant.at.topic));
                    self.core.assigned(&partitions);
                }
                Intake::Lost(partitions) => {
                    drain.forget(&partitions);
                    self.core.lost(&partitions);
                }
                Intake::Revoked { partitions, handback } => {
                    self.core.revoke(&partitions);
                    drain.begin(partitions, handback);
                }
                Intake::Records(records) => {
                    let now = self.clock.now();
                    records.into_iter().for_each(|record| self.core.arrived(record, now));
                }
                Intake::Failed(error) => return Err(StageError::Consumer(error)),
            }
        }
        Ok(())
    }

    fn carry_out(&mut self) {
        let now = self.clock.now();
        for output in self.core.take_outputs() {
            match output {
                Output::Append(token, append) => self.outlet.append(append, token),
                Output::Refused { at, error } => {
                    tracing::error!(partition = %at, %error, "kafka did not take a returning delivery; it is tried again and the offset waits");
                }
                Output::Returned { key } => {
                    self.metrics.destination_of_key(key.as_deref().unwrap_or_default()).returned.inc();
                }
                Output::Repeated { destination } => self.metrics.destination(destination.as_ref()).repeated.inc(),
                Output::DeadLettered { destination } => {
                    self.metrics.destination(destination.as_ref()).dead_lettered(Reason::TooLarge);
                    tracing::warn!(
                        destination = destination.as_ref().map_or("unknown", DestinationId::as_str),
                        "a returning delivery was too large for the deliveries topic; it became a dead letter"
                    );
                }
            }
        }
        for token in self.outlet.send() {
            self.core.no_room(token, now);
        }
    }

    fn turn(&mut self) {
        let now = self.clock.now();
        self.lags.ask(self.core.wants_credit(now));
        self.metrics.oldest().set(Holder::Delays, self.core.oldest());
        let before = std::mem::take(&mut self.shown);
        for state in self.core.tiers_together() {
            self.shown.insert(state.tier);
            let due = state.oldest_due.map(|due| {
                let wait = due.since(now.moment).as_secs_f64() - now.moment.since(due).as_secs_f64();
                // Seconds since 1970 fit a double to the microsecond.
                local_ms() as f64 / 1000.0 + wait
            });
            self.metrics.tier(state.tier, state.held, due);
        }
        // Of a tier whose partitions have all gone to others nothing is held any more.
        before.difference(&self.shown).for_each(|tier| self.metrics.tier(*tier, 0, None));
    }
}

//! Route: source records become deliveries. No HTTP, no state; a source record is done when all it became is confirmed.
//!
//! The driver: one task that owns the core and carries out what it asks for.

pub mod core;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::UnboundedReceiver;

use self::core::{Happened, Output, RouteCore};
use super::driver::{Drain, Outlet, StageError};
use super::notice::Notices;
use crate::clock::Clock;
use crate::kafka::consumer::{Consumer, Intake};
use crate::metrics::Metrics;
use crate::metrics::destination::DestinationMetrics;
use crate::outcome::time::Now;
use crate::route::destination::DestinationId;

/// How often the stage looks for appends that are due again.
const TICK: Duration = Duration::from_millis(100);
/// Things heard at once.
const BATCH: usize = 64;

/// The route stage.
#[derive(Debug)]
pub struct RouteStage {
    /// What decides.
    pub core: RouteCore,
    /// Where records come from.
    pub consumer: Arc<Consumer>,
    /// What comes.
    pub intake: UnboundedReceiver<Intake>,
    /// Where appends go.
    pub outlet: Outlet,
    /// The clocks.
    pub clock: Arc<Clock>,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// Who looks on.
    pub notices: Notices,
}

impl RouteStage {
    /// Works until the consumer has left its group and everything is handed back.
    pub async fn run(mut self) -> Result<(), StageError> {
        let counted = Counted::new(&self.core, &self.metrics);
        let mut drain = Drain::default();
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let (mut intake, mut confirmed) = (Vec::new(), Vec::new());
        loop {
            tokio::select! {
                count = self.intake.recv_many(&mut intake, BATCH) => if count == 0 { return Ok(()) },
                () = self.outlet.confirmed(&mut confirmed) => {}
                _ = tick.tick() => {}
            }
            self.hear(&mut intake, &mut drain)?;
            let now = self.clock.now();
            for confirmation in confirmed.drain(..) {
                self.core.confirmed(&confirmation, now);
            }
            self.core.proceed(now);
            self.carry_out(now);
            counted.count(&mut self.core, &self.notices);
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

    fn carry_out(&mut self, now: Now) {
        for output in self.core.take_outputs() {
            match output {
                Output::Append(token, append) => self.outlet.append(append, token),
                Output::Happened(happened) => {
                    self.happened(&happened);
                    self.notices.of_route(&happened);
                }
            }
        }
        for token in self.outlet.send() {
            self.core.no_room(token, now);
        }
    }

    fn happened(&self, happened: &Happened) {
        match happened {
            Happened::Consumed(topic) => self.metrics.consumed(topic),
            Happened::Malformed { source, topic, error } => {
                self.metrics.malformed(topic);
                tracing::warn!(%source, %error, "a record is not what its topic takes; it becomes a dead letter");
            }
            Happened::Created(destination) => self.metrics.destination(Some(destination)).created.inc(),
            Happened::DeadLettered(destination, reason) => match destination {
                Some(destination) => self.metrics.destination(Some(destination)).dead_lettered(*reason),
                None => self.metrics.nobody().dead_lettered(*reason),
            },
            Happened::Refused { at, topic, error } => {
                tracing::error!(partition = %at, %topic, %error, "kafka did not take a record; it is tried again and the offset waits");
            }
        }
    }
}

/// The destinations with their counters, so that counting what they do not want needs no look-up.
struct Counted(Vec<(DestinationId, Arc<DestinationMetrics>)>);

impl Counted {
    fn new(core: &RouteCore, metrics: &Metrics) -> Self {
        let with_counters = |id| {
            let counters = metrics.destination(Some(&id)).clone();
            (id, counters)
        };
        Self(core.destinations().into_iter().map(with_counters).collect())
    }

    fn count(&self, core: &mut RouteCore, notices: &Notices) {
        for unwanted in core.take_unwanted() {
            if let Some((id, counters)) = self.0.get(unwanted.route) {
                counters.filtered(unwanted.reason, unwanted.events);
                notices.unwanted(id, &unwanted);
            }
        }
    }
}

//! Deliver: deliveries become attempts, attempts become settled.
//!
//! The driver: one task that owns the core, hears of records, finished attempts and confirmations, and carries out what
//! the core asks for. It waits for nothing but the next of them, so no destination and no broker can hold it up.

mod answer;
pub mod core;
mod report;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use self::answer::Answer;
use self::core::{DeliverCore, Order, Output, Report, Tried};
use super::driver::{Drain, Outlet, StageError};
use super::notice::Notices;
use crate::attempt::request::Sender;
use crate::attempt::verdict::OurFault;
use crate::clock::{Clock, local_ms};
use crate::delivery::dispatch::LaneState;
use crate::delivery::lane::LaneId;
use crate::kafka::consumer::{Consumer, Intake};
use crate::kafka::record::{Confirmation, Token};
use crate::metrics::Metrics;
use crate::metrics::oldest::Holder;
use crate::metrics::owned::{OwnedGauges, Shown};

/// How often the stage looks for appends that are due again and sets its gauges.
const TICK: Duration = Duration::from_millis(100);
/// Things heard at once.
const BATCH: usize = 1024;

/// The deliver stage.
#[derive(Debug)]
pub struct Deliver {
    /// What decides.
    pub core: DeliverCore,
    /// Destinations ready to be called.
    pub senders: HashMap<LaneId, Arc<Sender>>,
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
    /// What is shown of the destinations that are served here.
    pub gauges: OwnedGauges,
    /// Who looks on.
    pub notices: Notices,
}

/// A finished attempt on its way back to the stage.
type Finished = (Token, Report);

impl Deliver {
    /// Works until the consumer has left its group and everything is handed back.
    pub async fn run(mut self) -> Result<(), StageError> {
        let (finished, mut attempts) = unbounded_channel::<Finished>();
        let mut drain = Drain::default();
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let (mut intake, mut done, mut confirmed) = (Vec::new(), Vec::new(), Vec::new());
        loop {
            // What may start now has started, so a moment that has come already is one that came since.
            let wake = self.core.next_wake().map(|moment| self.clock.until(moment));
            tokio::select! {
                count = self.intake.recv_many(&mut intake, BATCH) => if count == 0 { return Ok(()) },
                _ = attempts.recv_many(&mut done, BATCH) => {}
                () = self.outlet.confirmed(&mut confirmed) => {}
                () = async { tokio::time::sleep(wake.unwrap_or(TICK)).await }, if wake.is_some() => {}
                _ = tick.tick() => self.set_gauges(),
            }
            // One look at everything that is there, so that one stream cannot starve another.
            while done.len() < BATCH
                && let Ok(one) = attempts.try_recv()
            {
                done.push(one);
            }
            self.hear(&mut intake, &mut drain)?;
            self.hear_attempts(&mut done);
            self.hear_confirmations(&mut confirmed);
            self.core.proceed(self.clock.now());
            self.carry_out(&finished);
            self.consumer.store(self.core.take_positions());
            for (partitions, handback) in drain.drained(|at| self.core.is_drained(at)) {
                handback.done(self.core.release(&partitions));
            }
        }
    }

    fn hear(&mut self, intake: &mut Vec<Intake>, drain: &mut Drain) -> Result<(), StageError> {
        let mut core = std::mem::take(intake).into_iter();
        core.try_for_each(|heard| {
            match heard {
                Intake::Assigned(partitions) => self.core.assigned(&partitions),
                Intake::Lost(partitions) => {
                    drain.forget(&partitions);
                    self.core.lost(&partitions);
                }
                Intake::Revoked { partitions, handback } => {
                    self.core.revoke(&partitions, self.clock.now());
                    drain.begin(partitions, handback);
                }
                Intake::Records(records) => {
                    let now = self.clock.now();
                    records.into_iter().for_each(|record| self.core.arrived(record, now));
                }
                Intake::Failed(error) => return Err(StageError::Consumer(error)),
            }
            Ok(())
        })
    }

    fn hear_attempts(&mut self, done: &mut Vec<Finished>) {
        let now = self.clock.now();
        for (token, report) in done.drain(..) {
            self.core.attempted(token, report, now);
        }
    }

    fn hear_confirmations(&mut self, confirmed: &mut Vec<Confirmation>) {
        let now = self.clock.now();
        for confirmation in confirmed.drain(..) {
            self.core.confirmed(&confirmation, now);
        }
    }

    fn carry_out(&mut self, finished: &UnboundedSender<Finished>) {
        let now = self.clock.now();
        for output in self.core.take_outputs() {
            match output {
                Output::Attempt(order) => self.attempt(order, finished.clone()),
                Output::Append(token, append) => self.outlet.append(append, token),
                Output::Happened(happened) => {
                    report::happened(&happened, &self.metrics, now);
                    self.notices.of_deliver(&happened);
                }
            }
        }
        for token in self.outlet.send() {
            self.core.no_room(token, now);
        }
    }

    fn attempt(&self, order: Order, finished: UnboundedSender<Finished>) {
        let Order { token, lane, deliveries, due } = order;
        let answer = Answer::owed(finished, token);
        let Some(sender) = self.senders.get(&lane).cloned() else {
            return answer.give(Report::OurFault(format!("no sender for {lane}").into()));
        };
        let metrics = self.metrics.clone();
        let notices = self.notices.clone();
        let began = self.clock.now().kafka;
        tokio::spawn(async move {
            let start = Instant::now();
            let report = match sender.attempt(&deliveries, began).await {
                Ok(verdict) => {
                    let took = start.elapsed();
                    let asks_for_less = verdict.asks_for_less();
                    // A batch that is split was no attempt of its deliveries.
                    if !(asks_for_less && deliveries.len() > 1) {
                        let counters = metrics.destination(Some(&lane.destination));
                        for (delivery, due) in deliveries.iter().zip(&due) {
                            counters.attempted(verdict.outcome, took);
                            metrics.attempt_lag(due.tier, began.since(due.at));
                            notices.attempted(delivery.id, took);
                        }
                        report::attempted(&lane, &deliveries, &verdict, took);
                    }
                    let last = Arc::new(verdict.last());
                    Report::Tried(Tried { attempted: verdict.attempted(), began, last, asks_for_less })
                }
                Err(OurFault(error)) => Report::OurFault(error),
            };
            answer.give(report);
        });
    }

    fn set_gauges(&mut self) {
        let now = self.clock.now();
        // Seconds since 1970 fit a double to the microsecond.
        let until = |rest: Duration| local_ms() as f64 / 1000.0 + rest.as_secs_f64();
        let shown = |(id, LaneState { queued, in_flight, limit, flow }): (_, LaneState)| {
            let (breaker, paused_until) = (flow.breaker as i64, flow.paused_for.map_or(0.0, until));
            (id, Shown { queued, in_flight, limit, breaker, paused_until })
        };
        self.gauges.show(self.core.shown(now).into_iter().map(shown));
        self.metrics.oldest().set(Holder::Lanes, self.core.oldest());
    }
}

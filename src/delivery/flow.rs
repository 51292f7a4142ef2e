//! What holds a lane back: its breaker, a pause its receiver asked for, and its rate.
//! Puts the three together for `dispatch`, which asks before each start and tells of each answer. A lane without limits
//! pays for it with a few comparisons. Plain data; moments are arguments.

use std::time::Duration;

use super::breaker::{Begun, Breaker, Gate, Position, Sign, Turn};
use super::defect::{Defect, planted};
use super::lane::LaneLimits;
use super::rate::{Measured, Meter, Spent};
use super::slowdown::Slowdown;
use crate::outcome::Outcome;
use crate::outcome::disposition::Obstacle;
use crate::outcome::time::Moment;

/// The flow of one lane.
#[derive(Clone, Debug, Default)]
pub struct Flow {
    breaker: Breaker,
    paused_until: Option<Moment>,
    slowdown: Option<Slowdown>,
    meter: Meter,
    measured: Measured,
}

/// Of an attempt that was begun; to be given back with its answer.
#[derive(Clone, Copy, Debug, Default)]
pub struct Permit {
    begun: Begun,
    at: Moment,
    /// What it took of the lane's rate.
    spent: Option<Spent>,
    /// What it took of the rate that the lanes of its destination share.
    pub(super) shared: Option<Spent>,
}

/// What an attempt came to, as far as the flow needs to know.
#[derive(Clone, Copy, Debug)]
pub struct Answer {
    /// The outcome.
    pub outcome: Outcome,
    /// How long the receiver asked to be left alone.
    pub patience: Option<Duration>,
}

/// A change that people want to know of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Change {
    /// The breaker opened.
    Opened {
        /// After so many failures in a row.
        failures: u32,
        /// The last of them.
        last: Outcome,
        /// When the first probe may go.
        probe: Duration,
    },
    /// The breaker closed, after this time.
    Closed(Duration),
    /// The receiver asked to be left alone until a moment.
    Paused(Moment),
    /// The receiver throttles; requests per second from now on.
    Slowed(f64),
    /// Nothing of that limits the lane any more.
    Recovered,
}

/// What a lane's gauges show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FlowState {
    /// The breaker.
    pub breaker: Position,
    /// How long the lane is paused yet.
    pub paused_for: Option<Duration>,
}

impl Flow {
    /// Whether an attempt may begin now.
    pub fn gate(&mut self, limits: &LaneLimits, now: Moment) -> Gate {
        if let Some(until) = self.paused_until {
            if now < until && !planted(Defect::PauseIgnored) {
                return Gate::Until(until);
            }
            self.paused_until = None;
        }
        let gate = self.breaker.gate(now);
        if gate != Gate::Open {
            return gate;
        }
        let is_limited = limits.rate.is_some() || self.slowdown.is_some();
        let ready = self.meter.ready();
        if is_limited && now < ready && !planted(Defect::RateIgnored) {
            let own = limits.rate.map_or(Duration::ZERO, |rate| rate.interval());
            if let Some(slowdown) = self.slowdown.as_mut().filter(|slow| interval(slow.per_second(now)) > own) {
                slowdown.limits(ready);
            }
            self.meter.wait();
            return Gate::Until(ready);
        }
        Gate::Open
    }

    /// Notes that an attempt begins, which the gate allowed.
    pub fn begin(&mut self, limits: &LaneLimits, now: Moment) -> Permit {
        self.measured.count(limits.requests, now);
        let spent = self.time_of_one(limits, now).map(|time| self.meter.spend(time, now));
        Permit { begun: self.breaker.begin(), at: now, spent, shared: None }
    }

    /// Hears what an attempt came to, and says what changed.
    pub fn hear(&mut self, permit: Permit, answer: Answer, heard: (&LaneLimits, Moment)) -> Vec<Change> {
        let (limits, now) = heard;
        // Does not allocate while it is empty, which is nearly always.
        let mut changes = Vec::new();
        let terms = limits.breaker;
        match self.breaker.hear(permit.begun, sign(answer.outcome), (terms, now)) {
            Some(Turn::Opened(failures)) => {
                changes.push(Change::Opened { failures, last: answer.outcome, probe: terms.probe });
            }
            Some(Turn::Closed(after)) => changes.push(Change::Closed(after)),
            None => {}
        }
        if answer.outcome == Outcome::Throttled {
            changes.extend(self.slow_down(permit, now));
            changes.extend(answer.patience.and_then(|patience| self.pause(now.plus(patience), now)));
        }
        changes
    }

    /// An attempt that was begun was never made.
    pub fn void(&mut self, permit: Permit, now: Moment) {
        self.breaker.void(permit.begun, now);
        if let Some(spent) = permit.spent {
            self.meter.refund(spent);
        }
    }

    /// Whether an attempt that was begun, but could not be made, may be made now without asking again.
    pub fn lets_resume(&self, permit: Permit, limits: &LaneLimits, now: Moment) -> bool {
        let is_limited = limits.rate.is_some() || self.slowdown.is_some() || self.paused_until.is_some();
        !is_limited && (self.breaker.open_for(now).is_none() || permit.begun.is_probe())
    }

    /// What keeps the lane's deliveries from being tried for longer than a delay of `shortest`.
    pub fn obstacle(&self, shortest: Duration, now: Moment) -> Option<Obstacle> {
        let rest = self.paused_for(now).filter(|rest| *rest > shortest);
        match rest {
            Some(rest) => Some(Obstacle::RetryAfter { rest }),
            None => self.breaker.open_for(now).map(|open_for| Obstacle::Breaker { open_for }),
        }
    }

    /// Whether nothing is sent but a probe.
    pub fn is_shut(&self, now: Moment) -> bool {
        self.paused_for(now).is_some() || self.breaker.open_for(now).is_some()
    }

    /// Deliveries that may be under way, fewer than the lane's own limit while it starts slowly.
    pub fn most_in_flight(&self, own: usize) -> usize {
        self.breaker.most_in_flight(own)
    }

    /// How much of the lane's rate one delivery takes; none where there is no rate.
    pub fn time_of_one(&self, limits: &LaneLimits, now: Moment) -> Option<Duration> {
        let slow = self.slowdown.map(|slowdown| interval(slowdown.per_second(now)));
        let longest = limits.rate.map(|rate| rate.interval()).max(slow)?;
        Some(longest.saturating_mul(u32::try_from(limits.requests).unwrap_or(u32::MAX)))
    }

    /// Ends a slowdown that limits nothing any more, and says whether there is none.
    pub fn recovers(&mut self, now: Moment) -> bool {
        self.slowdown = self.slowdown.filter(|slowdown| !slowdown.is_over(now));
        self.slowdown.is_none()
    }

    /// What the lane's gauges show.
    pub fn state(&self, now: Moment) -> FlowState {
        FlowState { breaker: self.breaker.position(), paused_for: self.paused_for(now) }
    }

    fn paused_for(&self, now: Moment) -> Option<Duration> {
        self.paused_until.map(|until| until.since(now)).filter(|rest| !rest.is_zero())
    }

    fn slow_down(&mut self, permit: Permit, now: Moment) -> Option<Change> {
        let measured = self.measured.per_second(now);
        if let Some(slowdown) = &mut self.slowdown {
            slowdown.complain(permit.at, measured, now);
            return None;
        }
        let slowdown = Slowdown::begin(measured, now);
        self.slowdown = Some(slowdown);
        Some(Change::Slowed(slowdown.per_second(now)))
    }

    /// A pause is never made shorter; one that goes on is told of once.
    fn pause(&mut self, until: Moment, now: Moment) -> Option<Change> {
        let before = self.paused_until.filter(|before| *before > now);
        if before.is_some_and(|before| before >= until) || until <= now {
            return None;
        }
        self.paused_until = Some(until);
        if let Some(slowdown) = &mut self.slowdown {
            slowdown.pause(until);
        }
        before.is_none().then_some(Change::Paused(until))
    }
}

/// What an outcome says of the receiver (contract section 6).
fn sign(outcome: Outcome) -> Sign {
    match outcome {
        Outcome::Throttled => Sign::Unclear,
        outcome if outcome.is_retried() => Sign::Failing,
        _ => Sign::Well,
    }
}

fn interval(per_second: f64) -> Duration {
    Duration::try_from_secs_f64(per_second.recip()).unwrap_or(Duration::MAX)
}

#[cfg(test)]
mod tests;

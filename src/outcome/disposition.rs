//! Decides what follows from an outcome, or from a reason not to try at all.
//! Knows the tiers, the window and the time it is given; does not know Kafka, HTTP or the configuration file.
//! Carrying the decision out is the business of `settle`.

use std::time::Duration;

use super::schedule::{Tier, Tiers};
use super::time::{KafkaTime, Now};
use super::{Fault, Outcome};

pub use waiting::{Obstacle, has_waited_enough, park, put_off};

use waiting::{Wish, wait};

#[cfg(test)]
mod tests;
mod waiting;

/// How far a delivery has come; travels in its headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Progress {
    /// Attempts made; throttled ones do not count.
    pub attempts: u32,
    /// When the last attempt began.
    pub last_attempt_at: Option<KafkaTime>,
    /// When the clock started; none before.
    pub window_started_at: Option<KafkaTime>,
    /// How often it waited in a tier, attempts or not.
    pub hops: u32,
    /// How often it was replayed from the dead letters.
    pub replays: u32,
    /// Whether it comes from the shortened wait, after which only success or the dead letter follows.
    pub final_wait: bool,
    /// When what waits now came to be, by its first record; none before it waited.
    pub waiting_since: Option<KafkaTime>,
    /// When its clock stood still, because its destination was paused.
    pub paused_at: Option<KafkaTime>,
}

impl Progress {
    /// Its clock goes on, as if it had not stood still.
    pub fn resume_clock(&mut self, now: KafkaTime) {
        if let (Some(paused_at), Some(start)) = (self.paused_at.take(), &mut self.window_started_at) {
            *start = start.plus(now.since(paused_at));
        }
    }
}

/// What a destination allows its deliveries.
#[derive(Clone, Copy, Debug)]
pub struct Policy<'a> {
    /// The waits there are.
    pub tiers: &'a Tiers,
    /// How long the clock may run.
    pub give_up_after: Duration,
    /// Attempts after which it is over, if earlier.
    pub max_attempts: Option<u32>,
    /// How long it may wait at all, whatever the cause.
    pub expire_after: Duration,
}

/// What follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disposition {
    /// Nothing: it was delivered.
    Done,
    /// Another wait.
    Delay(Delay),
    /// It is given up.
    DeadLetter(Reason),
}

/// A wait in a tier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delay {
    /// Where it waits.
    pub tier: Tier,
    /// Why it waits.
    pub cause: Cause,
    /// Whether it is the shortened wait before the end of the window.
    pub final_wait: bool,
}

/// Why a delivery waits; a label of metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cause {
    /// A failed attempt.
    Retry,
    /// The receiver asked for patience.
    Throttled,
    /// The breaker of its lane is open.
    Breaker,
    /// Its lane was full while another stood idle.
    Overflow,
    /// Its destination is paused by its configuration.
    Paused,
    /// Its destination is not known or not enabled.
    Unknown,
    /// The address rule refused the receiver.
    Blocked,
}

impl Cause {
    /// Every cause, for metrics that exist from the start.
    pub const ALL: [Self; 7] =
        [Self::Retry, Self::Throttled, Self::Breaker, Self::Overflow, Self::Paused, Self::Unknown, Self::Blocked];

    /// The word in metrics and logs.
    pub fn label(self) -> &'static str {
        match self {
            Self::Retry => "retry",
            Self::Throttled => "throttled",
            Self::Breaker => "breaker",
            Self::Overflow => "overflow",
            Self::Paused => "paused",
            Self::Unknown => "unknown",
            Self::Blocked => "blocked",
        }
    }
}

/// Why a delivery, or a record, was given up; the `reason` header of a dead letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The window closed.
    Expired,
    /// `max_attempts` was reached.
    AttemptsExhausted,
    /// The receiver said no.
    Rejected,
    /// The configuration gave no valid request for this event.
    InvalidRequest,
    /// The source record is no event.
    Malformed,
    /// Kafka refuses the record for its size.
    TooLarge,
    /// No such destination until the window closed.
    UnknownDestination,
    /// The destination was not enabled until the window closed.
    DestinationDisabled,
}

impl Reason {
    /// Every reason, for metrics that exist from the start.
    pub const ALL: [Self; 8] = [
        Self::Expired,
        Self::AttemptsExhausted,
        Self::Rejected,
        Self::InvalidRequest,
        Self::Malformed,
        Self::TooLarge,
        Self::UnknownDestination,
        Self::DestinationDisabled,
    ];

    /// The word in headers and metrics.
    pub fn label(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::AttemptsExhausted => "attempts_exhausted",
            Self::Rejected => "rejected",
            Self::InvalidRequest => "invalid_request",
            Self::Malformed => "malformed",
            Self::TooLarge => "too_large",
            Self::UnknownDestination => "unknown_destination",
            Self::DestinationDisabled => "destination_disabled",
        }
    }

    /// Whether only the time says so.
    pub fn is_of_time(self) -> bool {
        matches!(self, Self::Expired | Self::UnknownDestination | Self::DestinationDisabled)
    }

    /// Whose fault it is; where the reason does not say, the last outcome does.
    pub fn fault(self, last: Option<Outcome>) -> Fault {
        match self {
            Self::Expired | Self::AttemptsExhausted => last.map_or(Fault::Receiver, Outcome::fault),
            Self::Rejected => Fault::Receiver,
            Self::InvalidRequest | Self::Malformed | Self::TooLarge => Fault::Record,
            Self::UnknownDestination | Self::DestinationDisabled => Fault::Us,
        }
    }
}

/// What came of an attempt, as far as the decision needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempted {
    /// The outcome.
    pub outcome: Outcome,
    /// How long the receiver asked to wait.
    pub retry_after: Option<Duration>,
}

/// What follows an attempt; `progress` already counts it.
pub fn after_attempt(attempted: Attempted, progress: &Progress, policy: Policy<'_>, now: Now) -> Disposition {
    let outcome = attempted.outcome;
    match outcome {
        Outcome::Delivered => return Disposition::Done,
        Outcome::Rejected => return Disposition::DeadLetter(Reason::Rejected),
        Outcome::InvalidRequest => return Disposition::DeadLetter(Reason::InvalidRequest),
        _ => {}
    }
    let exhausted = policy.max_attempts.is_some_and(|most| progress.attempts >= most);
    if outcome.costs_an_attempt() && exhausted {
        return Disposition::DeadLetter(Reason::AttemptsExhausted);
    }
    let (cause, tier) = match (outcome, attempted.retry_after) {
        (Outcome::Throttled, Some(wait)) => (Cause::Throttled, policy.tiers.covering(wait)),
        (Outcome::Throttled, None) => (Cause::Throttled, policy.tiers.of_number(progress.attempts)),
        (Outcome::Blocked, _) => (Cause::Blocked, policy.tiers.of_number(progress.attempts)),
        (_, _) => (Cause::Retry, policy.tiers.of_number(progress.attempts)),
    };
    let wish = Wish { tier, cause, at_the_end: Reason::Expired };
    match wait(wish, progress, policy, now) {
        Ok(delay) => Disposition::Delay(delay),
        Err(reason) => Disposition::DeadLetter(reason),
    }
}

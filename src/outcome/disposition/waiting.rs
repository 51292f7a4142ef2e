//! Which wait it is: the one that is wished for, a shortened one before the end of the window, or none any more.
//! And what is wished for when a delivery cannot even be tried. What follows an attempt is decided by the parent.

use std::time::Duration;

use super::{Cause, Delay, Policy, Progress, Reason};
use crate::outcome::schedule::Tier;
use crate::outcome::time::{ClockTrust, Now};

/// No wait for a breaker, or for a destination that may come, is longer than this (contract section 6).
const LONGEST: Duration = Duration::from_secs(15 * 60);

/// Why a delivery cannot even be tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// Its destination is not known or not enabled; a roll-out may be in progress. This is the reason at the deadline.
    Absent(Reason),
    /// The breaker of its lane has been open for so long.
    Breaker {
        /// Since it first opened.
        open_for: Duration,
    },
    /// Its destination is paused.
    Paused,
    /// The receiver asked to be left alone.
    RetryAfter {
        /// For so long yet.
        rest: Duration,
    },
}

impl Obstacle {
    /// Whether the clock of a delivery runs meanwhile.
    pub fn runs_the_clock(self) -> bool {
        self != Self::Paused
    }
}

/// What follows when a delivery cannot even be tried: a wait, with the clock running unless its destination is paused, and
/// at the deadline the reason for which it is given up, which is then the error.
///
/// An obstacle that Retry-After makes gives nothing up but what has waited enough: whoever hears an error then holds the
/// delivery until it ends.
pub fn put_off(obstacle: Obstacle, progress: &Progress, policy: Policy<'_>, now: Now) -> Result<Delay, Reason> {
    let tiers = policy.tiers;
    let not_longer = |waited: Duration| tiers.within(waited.min(LONGEST)).unwrap_or(tiers.first());
    let wish = match obstacle {
        Obstacle::Paused => {
            let waited = progress.waiting_since.map_or(Duration::ZERO, |since| now.kafka.since(since));
            return park((not_longer(waited), Cause::Paused), progress, policy, now);
        }
        Obstacle::Absent(reason) => {
            let waited = progress.window_started_at.map_or(Duration::ZERO, |start| now.kafka.since(start));
            Wish { tier: not_longer(waited), cause: Cause::Unknown, at_the_end: reason }
        }
        Obstacle::Breaker { open_for } => {
            Wish { tier: not_longer(open_for), cause: Cause::Breaker, at_the_end: Reason::Expired }
        }
        Obstacle::RetryAfter { rest } => {
            Wish { tier: tiers.covering(rest), cause: Cause::Throttled, at_the_end: Reason::Expired }
        }
    };
    wait(wish, progress, policy, now)
}

/// A wait that does not touch the clock: what is paused, or stands in others' way. It ends only because nothing may wait
/// so long, which is then the error.
pub fn park(wish: (Tier, Cause), progress: &Progress, policy: Policy<'_>, now: Now) -> Result<Delay, Reason> {
    let (tier, cause) = wish;
    let delay = |tier| Delay { tier, cause, final_wait: progress.final_wait };
    let left = left_at_all(progress, policy, now);
    if now.trust != ClockTrust::Sane || tier.wait() <= left {
        return Ok(delay(tier));
    }
    policy.tiers.within(left).map(delay).ok_or(Reason::Expired)
}

/// Whether it has waited as long as anything may, so that no tier fits any more.
pub fn has_waited_enough(progress: &Progress, policy: Policy<'_>, now: Now) -> bool {
    now.trust == ClockTrust::Sane && left_at_all(progress, policy, now) < policy.tiers.first().wait()
}

/// How long it may wait yet, whatever the cause.
fn left_at_all(progress: &Progress, policy: Policy<'_>, now: Now) -> Duration {
    progress.waiting_since.map_or(Duration::MAX, |since| since.plus(policy.expire_after).since(now.kafka))
}

pub(super) struct Wish {
    pub(super) tier: Tier,
    pub(super) cause: Cause,
    pub(super) at_the_end: Reason,
}

/// The wished-for wait, the shortened one when that would end after the window, or the end.
pub(super) fn wait(wish: Wish, progress: &Progress, policy: Policy<'_>, now: Now) -> Result<Delay, Reason> {
    let delay = |tier, final_wait| Delay { tier, cause: wish.cause, final_wait };
    if now.trust == ClockTrust::Off {
        return Ok(delay(wish.tier, false));
    }
    if progress.final_wait {
        return Err(wish.at_the_end);
    }
    let start = progress.window_started_at.unwrap_or(now.kafka);
    let left = start.plus(policy.give_up_after).since(now.kafka).min(left_at_all(progress, policy, now));
    if wish.tier.wait() <= left {
        return Ok(delay(wish.tier, false));
    }
    match policy.tiers.within(left) {
        Some(shorter) => Ok(delay(shorter, true)),
        None => Err(wish.at_the_end),
    }
}

//! Judges what a deliver core says it has done: why something waits, why something was given up, and whether the window
//! was kept. The same rules as in the contract, said once more in other words.

use kafka_webhooks::delivery::Delivery;
use kafka_webhooks::outcome::Outcome;
use kafka_webhooks::outcome::disposition::{Cause, Reason};
use kafka_webhooks::outcome::time::KafkaTime;

use crate::life::Life;
use crate::member::{Asked, Done, Known, Pending};
use crate::places::{WAITS, wait_of};
use crate::receivers::{EXPIRY, WINDOW};
use crate::stage::Said;
use crate::violation::{Checked, Invariant, hold};
use crate::world::{SKEW, World};

impl World {
    /// Judges what was said since the last turn; with the append whose confirmation led to it.
    pub(crate) fn verdict(&mut self, m: usize, confirmed: Option<&Pending>) -> Checked {
        let heard: Vec<Said> = self.members[m].said.drain(..).collect();
        let asked = confirmed.and_then(|pending| self.members[m].asked.get(&pending.token).copied());
        for said in heard {
            match &said {
                Said::Delivered(delivery) => {
                    let life = self.life_of(delivery);
                    self.members[m].lives.insert(Known(life, None), Done::Settled);
                    self.counts_are_true(delivery)?;
                }
                Said::Delayed(cause) => {
                    self.report.count(label(*cause));
                    if let (Some(pending), Some(asked)) = (confirmed, asked) {
                        self.wait_is_right(pending, asked, *cause)?;
                    }
                }
                Said::Dead(delivery, reason) => {
                    self.report.count(dead(*reason));
                    self.counts_are_true(delivery)?;
                    self.reason_is_true(delivery, *reason, asked)?;
                    if let (Reason::Expired, Some(asked)) = (*reason, asked) {
                        self.expired_in_time(delivery, asked)?;
                    }
                }
                _ => {
                    self.members[m].said.push_back(said);
                }
            }
        }
        Ok(())
    }

    /// Which life a delivery is.
    pub(crate) fn life_of(&self, delivery: &Delivery) -> Life {
        let digits = delivery.value.get(5..11).and_then(|digits| std::str::from_utf8(digits).ok());
        let number = digits.and_then(|digits| digits.parse().ok()).unwrap_or(u32::MAX);
        Life { delivery: number, hops: delivery.progress.hops }
    }

    /// No wait but an overflow's begins that would end after the window; refused tiers are excused.
    fn wait_is_right(&self, pending: &Pending, asked: Asked, cause: Cause) -> Checked {
        hold(asked.open || cause != Cause::Breaker, Invariant::ReasonsAreTrue, || {
            format!("{:?} waits for a breaker that should be closed", pending.life)
        })?;
        let Some(wait) = wait_of(pending.slot) else { return Ok(()) };
        let started = pending.append.headers.text("window-started-at").and_then(KafkaTime::parse);
        if matches!(cause, Cause::Overflow | Cause::Paused) || asked.refused {
            return Ok(());
        }
        let end = asked.at.as_millis() + wait;
        let fits = started.is_some_and(|started| end <= started.as_millis() + WINDOW);
        hold(fits, Invariant::WindowIsKept, || format!("{:?} waits until {end}, started at {started:?}", pending.life))
    }

    /// Something expires only when no wait fits any more, or after the one shortened wait.
    fn expired_in_time(&self, delivery: &Delivery, asked: Asked) -> Checked {
        let progress = &delivery.progress;
        let started = progress.window_started_at.map_or(asked.at, |started| started).as_millis();
        let left = started + WINDOW - asked.at.as_millis();
        // The shortened wait is begun when the wait of the attempt's number no longer fits; that one is the longest at most.
        let most = if progress.final_wait { WAITS[WAITS.len() - 1] + 2 * SKEW } else { WAITS[0] };
        hold(left < most || has_waited_too_long(delivery, asked), Invariant::WindowIsKept, || {
            format!("{:?} expires {left} ms before its window ends: {progress:?}", self.life_of(delivery))
        })
    }

    fn counts_are_true(&mut self, delivery: &Delivery) -> Checked {
        let (life, attempts) = (self.life_of(delivery), delivery.progress.attempts);
        let costed = self.facts.course(life).costed;
        hold(attempts <= costed, Invariant::ReasonsAreTrue, || {
            format!("{life:?} says {attempts} attempts, the receiver saw {costed}")
        })
    }

    fn reason_is_true(&mut self, delivery: &Delivery, reason: Reason, asked: Option<Asked>) -> Checked {
        let life = self.life_of(delivery);
        let receiver = self.facts.course(life).receiver;
        let terms = self.receivers[receiver].terms.clone();
        let course = self.facts.course(life);
        let saw = |outcome| course.outcomes.contains(&outcome);
        let true_ = match reason {
            Reason::Rejected => saw(Outcome::Rejected),
            Reason::InvalidRequest => saw(Outcome::InvalidRequest),
            Reason::TooLarge => course.too_large,
            // Or its breaker refused it until then.
            Reason::Expired => {
                asked.is_some_and(|asked| asked.open || has_waited_too_long(delivery, asked))
                    || course.outcomes.iter().any(|outcome| outcome.is_retried())
            }
            Reason::AttemptsExhausted => {
                let most = terms.as_ref().and_then(|terms| terms.max_attempts);
                most.is_some_and(|most| delivery.progress.attempts >= most)
            }
            Reason::UnknownDestination => terms.is_none(),
            Reason::DestinationDisabled => terms.as_ref().is_some_and(|terms| !terms.enabled),
            Reason::Malformed => false,
        };
        hold(true_, Invariant::ReasonsAreTrue, || {
            format!("{life:?} is dead as {reason:?}, it saw {:?}", course.outcomes)
        })
    }
}

/// Whether nothing may wait for as long as this has, or no wait fits before.
fn has_waited_too_long(delivery: &Delivery, asked: Asked) -> bool {
    let progress = &delivery.progress;
    let wait = if progress.final_wait { WAITS[WAITS.len() - 1] } else { WAITS[0] };
    progress.waiting_since.is_some_and(|since| asked.at.as_millis() + wait + 2 * SKEW > since.as_millis() + EXPIRY)
}

fn label(cause: Cause) -> &'static str {
    match cause {
        Cause::Retry => "wait: retry",
        Cause::Throttled => "wait: throttled",
        Cause::Breaker => "wait: breaker",
        Cause::Overflow => "wait: overflow",
        Cause::Paused => "wait: paused",
        Cause::Unknown => "wait: unknown",
        Cause::Blocked => "wait: blocked",
    }
}

fn dead(reason: Reason) -> &'static str {
    match reason {
        Reason::Expired => "dead: expired",
        Reason::AttemptsExhausted => "dead: attempts_exhausted",
        Reason::Rejected => "dead: rejected",
        Reason::InvalidRequest => "dead: invalid_request",
        Reason::Malformed => "dead: malformed",
        Reason::TooLarge => "dead: too_large",
        Reason::UnknownDestination => "dead: unknown_destination",
        Reason::DestinationDisabled => "dead: destination_disabled",
    }
}

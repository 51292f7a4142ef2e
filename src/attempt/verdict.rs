//! What an attempt came to: the answers of all its requests become one outcome.
//! Any success settles a delivery; else the last that can be retried speaks for all, else the last (contract section 6).

use std::time::Duration;

use futures_util::future::join_all;

use super::answer::{Answer, NoAnswer, cut};
use super::request::{Sender, Unsendable};
use crate::delivery::{Delivery, LastAttempt};
use crate::outcome::Outcome;
use crate::outcome::classify::{Patience, Reply, classify};
use crate::outcome::disposition::Attempted;
use crate::outcome::retry_after;
use crate::outcome::time::KafkaTime;

/// The status that says so.
const TOO_LARGE: u16 = 413;

/// What an attempt came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The outcome.
    pub outcome: Outcome,
    /// How long the receiver asked to wait.
    pub retry_after: Option<Duration>,
    /// The status, if there was an answer.
    pub status: Option<u16>,
    /// What went wrong, for people.
    pub error: Option<Box<str>>,
}

/// We failed ourselves before the receiver could; the text says how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OurFault(pub Box<str>);

impl Sender {
    /// Tries deliveries once. A lane without batches takes one, whose requests go out in parallel; one with batches takes
    /// all that go into one request, and the verdict is that of each. `now` is Kafka's time, for dates in Retry-After.
    pub async fn attempt(&self, deliveries: &[Delivery], now: KafkaTime) -> Result<Verdict, OurFault> {
        let requests = match self.build(deliveries) {
            Ok(requests) => requests,
            Err(Unsendable::Invalid(error)) => return Ok(Verdict::invalid(error.into())),
            Err(Unsendable::Ours(error)) => return Err(OurFault(error)),
        };
        let sent = requests.into_iter().map(|request| self.client.send(request));
        let answers = join_all(sent).await;
        judge(answers.into_iter().map(|answer| self.verdict(answer, now)))
    }

    fn verdict(&self, answer: Answer, now: KafkaTime) -> Result<Verdict, OurFault> {
        let none = |outcome, error: String| {
            Ok(Verdict { outcome, retry_after: None, status: None, error: Some(error.into()) })
        };
        match answer {
            Answer::Answered { status, retry_after, .. } => {
                let retry_after = retry_after.and_then(|text| retry_after::parse(&text, now));
                let patience = if retry_after.is_some() { Patience::Asked } else { Patience::Silent };
                let outcome = classify(Reply { status, patience }, self.retry_on.as_ref());
                let error = (outcome != Outcome::Delivered).then(|| format!("the receiver answered {status}").into());
                Ok(Verdict { outcome, retry_after, status: Some(status), error })
            }
            Answer::None(NoAnswer::TimedOut(error)) => none(Outcome::TimedOut, error),
            Answer::None(NoAnswer::Unreachable(error)) => none(Outcome::Unreachable, error),
            Answer::None(NoAnswer::TlsFailed(error)) => none(Outcome::TlsFailed, error),
            Answer::None(NoAnswer::DnsFailed(error)) => none(Outcome::DnsFailed, error),
            Answer::None(NoAnswer::InvalidResponse(error)) => none(Outcome::InvalidResponse, error),
            Answer::None(NoAnswer::Blocked(error)) => none(Outcome::Blocked, error),
            Answer::None(NoAnswer::Ours(error)) => Err(OurFault(error.into())),
            Answer::Invalid(error) => Ok(Verdict::invalid(error)),
        }
    }
}

impl Verdict {
    fn invalid(error: String) -> Self {
        Self { outcome: Outcome::InvalidRequest, retry_after: None, status: None, error: Some(cut(error).into()) }
    }

    /// Whether several that were sent together have to be tried in smaller parts before this is held against any of them:
    /// the receiver said that it was too much at once (RFC 9110, section 15.5.14), or one of them, nobody says which, gives
    /// no valid request. Each that is tried alone then gets what is its own.
    pub fn asks_for_less(&self) -> bool {
        self.status == Some(TOO_LARGE) || self.outcome == Outcome::InvalidRequest
    }

    /// What the core needs to decide.
    pub fn attempted(&self) -> Attempted {
        Attempted { outcome: self.outcome, retry_after: self.retry_after }
    }

    /// What is remembered with the delivery.
    pub fn last(&self) -> LastAttempt {
        LastAttempt { outcome: self.outcome.label().into(), status: self.status, error: self.error.clone() }
    }
}

/// One verdict of several: a success, else the last retried one, else a failure of our own, else the last.
fn judge(verdicts: impl Iterator<Item = Result<Verdict, OurFault>>) -> Result<Verdict, OurFault> {
    let rank = |verdict: &Result<Verdict, OurFault>| match verdict {
        Ok(verdict) if verdict.outcome == Outcome::Delivered => 3,
        Ok(verdict) if verdict.outcome.is_retried() => 2,
        Err(_) => 1,
        Ok(_) => 0,
    };
    // `max_by_key` answers the last of equals.
    verdicts.max_by_key(rank).unwrap_or_else(|| Err(OurFault("the destination has no endpoint".into())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(outcome: Outcome, status: u16) -> Result<Verdict, OurFault> {
        Ok(Verdict { outcome, retry_after: None, status: Some(status), error: None })
    }

    fn judged(verdicts: Vec<Result<Verdict, OurFault>>) -> Result<u16, OurFault> {
        judge(verdicts.into_iter()).map(|verdict| verdict.status.unwrap())
    }

    #[test]
    fn any_success_settles() {
        let error = |status| of(Outcome::ServerError, status);
        assert_eq!(judged(vec![error(500), of(Outcome::Delivered, 200), error(500)]), Ok(200));
    }

    #[test]
    fn the_last_that_can_be_retried_speaks_for_all() {
        let rejected = |status| of(Outcome::Rejected, status);
        let failed = |status| of(Outcome::ServerError, status);
        assert_eq!(judged(vec![rejected(404), failed(503)]), Ok(503));
        assert_eq!(judged(vec![failed(500), failed(502), rejected(404)]), Ok(502));
        assert_eq!(judged(vec![rejected(404), rejected(410)]), Ok(410));
    }

    #[test]
    fn our_own_fault_never_makes_a_dead_letter() {
        let ours = || Err(OurFault("no descriptors".into()));
        assert!(judged(vec![of(Outcome::Rejected, 404), ours()]).is_err());
        assert_eq!(judged(vec![of(Outcome::ServerError, 500), ours()]), Ok(500));
        assert!(judge(std::iter::empty()).is_err());
    }
}

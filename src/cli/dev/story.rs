//! From notices to lines: an attempt and what follows from it become one row, and are counted. Knows whose signature can be
//! checked; how a row looks is `table`'s.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use super::receiving::Endpoints;
use super::table::{Row, Tone};
use super::tally::Tally;
use crate::cli::named;
use crate::delivery::Delivery;
use crate::delivery::id::DeliveryId;
use crate::outcome::Outcome;
use crate::outcome::disposition::{Cause, Reason};
use crate::outcome::schedule::Tier;
use crate::receiver::Signed;
use crate::stage::notice::Notice;

/// Attempts remembered at once; more only if notices of what followed were lost.
const MOST: usize = 100_000;

/// Who can tell whether a signature holds.
#[derive(Debug)]
pub(super) enum Signatures {
    /// Our own endpoints check each.
    Checked(Arc<Endpoints>),
    /// Strangers' endpoints; ours to say is only for which destinations requests are signed.
    Sent(HashSet<String>),
}

/// What has happened so far.
#[derive(Debug)]
pub(super) struct Story {
    signatures: Signatures,
    took: HashMap<DeliveryId, Duration>,
    /// The counts.
    pub(super) tally: Tally,
}

impl Story {
    /// Nothing has happened yet.
    pub(super) fn new(signatures: Signatures) -> Self {
        Self { signatures, took: HashMap::new(), tally: Tally::default() }
    }

    /// Takes a notice; answers a row when there is something to see.
    pub(super) fn hear(&mut self, notice: Notice) -> Option<Row> {
        match notice {
            Notice::Attempted { id, took } => {
                if self.took.len() >= MOST {
                    self.took.clear();
                }
                self.took.insert(id, took);
                None
            }
            Notice::Delivered(delivery) => {
                self.tally.delivered += 1;
                let row = self.row(&delivery, "delivered".to_owned(), Tone::Good);
                self.over(&delivery);
                Some(row)
            }
            Notice::Delayed { delivery, tier, cause } => {
                // Of a delivery that waited before, the wait only goes on.
                self.tally.waiting += u64::from(delivery.progress.hops == 0);
                Some(self.row(&delivery, again(tier, cause, &delivery), Tone::Waits))
            }
            Notice::DeadLettered { delivery, reason } => {
                self.tally.dead_lettered += 1;
                let row = self.row(&delivery, dead(reason, &delivery), Tone::Bad);
                self.over(&delivery);
                Some(row)
            }
            Notice::Malformed { source, error } => {
                self.tally.dead_lettered += 1;
                let follows = format!("no event, dead letter ({}): {error}", Reason::Malformed.label());
                Some(Row { event: source, follows, tone: Tone::Bad, ..Row::default() })
            }
            Notice::Filtered(destination, reason) => Some(Row {
                event: "(not sent)".to_owned(),
                destination: destination.to_string(),
                follows: reason.label().replace('_', " "),
                ..Row::default()
            }),
        }
    }

    fn row(&mut self, delivery: &Delivery, follows: String, tone: Tone) -> Row {
        let last = delivery.last.as_deref();
        let took = self.took.remove(&delivery.id);
        // Without an attempt just now, what is known of the last one is old.
        let status = last.filter(|_| took.is_some());
        let throttled = status.is_some_and(|last| *last.outcome == *Outcome::Throttled.label());
        let attempt = delivery.progress.attempts + u32::from(throttled);
        self.tally.retried += u64::from(took.is_some() && attempt > 1);
        Row {
            event: named::event(&delivery.value),
            destination: lane(delivery),
            attempt: took.map_or_else(String::new, |_| attempt.to_string()),
            answer: status.and_then(|last| last.status).map_or_else(|| "-".to_owned(), |status| status.to_string()),
            signature: status.map_or_else(|| "-".to_owned(), |last| self.signature(delivery, last.status).to_owned()),
            ms: took.map_or_else(String::new, |took| format!("{:.1}", took.as_secs_f64() * 1e3)),
            follows,
            tone,
        }
    }

    fn signature(&self, delivery: &Delivery, status: Option<u16>) -> &'static str {
        match &self.signatures {
            Signatures::Checked(endpoints) => match endpoints.signed(&delivery.id.to_string()) {
                Some(Signed::Holds) => "holds",
                Some(Signed::Differs) => "differs",
                Some(Signed::Missing) => "missing",
                Some(Signed::Unchecked) | None => "-",
            },
            Signatures::Sent(_) if status.is_none() => "-",
            Signatures::Sent(signing) => {
                let id = delivery.destination.as_ref().map(|id| id.as_str());
                if id.is_some_and(|id| signing.contains(id)) { "signed" } else { "unsigned" }
            }
        }
    }

    /// A delivery is settled: nothing of it is remembered.
    fn over(&mut self, delivery: &Delivery) {
        let waited = u64::from(delivery.progress.hops > 0);
        self.tally.waiting = self.tally.waiting.saturating_sub(waited);
        if let Signatures::Checked(endpoints) = &self.signatures {
            endpoints.forget(&delivery.id.to_string());
        }
    }
}

/// Whose it is: `shop`, or `shop/orders` where it is one of several mappings.
fn lane(delivery: &Delivery) -> String {
    let destination = String::from_utf8_lossy(&delivery.key);
    delivery.mapping.as_deref().map_or_else(|| destination.to_string(), |mapping| format!("{destination}/{mapping}"))
}

fn again(tier: Tier, cause: Cause, delivery: &Delivery) -> String {
    let tier = tier.name();
    match cause {
        Cause::Retry => format!("again in {tier} (tier {tier}){}", why(delivery)),
        Cause::Throttled | Cause::Breaker | Cause::Overflow | Cause::Paused | Cause::Unknown | Cause::Blocked => {
            format!("again in {tier} (tier {tier}, {}){}", cause.label(), why(delivery))
        }
    }
}

fn dead(reason: Reason, delivery: &Delivery) -> String {
    format!("dead letter: {}{}", reason.label().replace('_', " "), why(delivery))
}

/// What went wrong, where no status tells it.
fn why(delivery: &Delivery) -> String {
    let last = delivery.last.as_deref().filter(|last| last.status.is_none());
    last.and_then(|last| last.error.as_deref()).map(|error| format!(": {error}")).unwrap_or_default()
}

#[cfg(test)]
mod tests;

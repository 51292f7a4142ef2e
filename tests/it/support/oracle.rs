//! The oracle: what receivers, the dead-letter topic and the waiting hold, set against what Kafka acknowledged.
//! A [`Ledger`] remembers every request with the answer it got; [`judge`] and [`judge_all`] are plain data, proven by planted
//! defects below.
//! Which figures a run may come to is left to the tests.

#[cfg(test)]
mod tests;

mod ledger;

use std::collections::{BTreeMap, BTreeSet};

use super::load::{Acknowledged, Events};
use super::topics;

pub use self::ledger::{Answer, Ledger, Request};

/// What became of the acknowledged events at one destination.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Events that got a 2xx.
    pub delivered: usize,
    /// Events with a dead letter.
    pub dead: usize,
    /// Events of which a record waits in Kafka, and that are neither delivered nor dead.
    pub waiting: usize,
    /// Events with none of these.
    pub missing: Vec<usize>,
    /// Bodies and records that are no acknowledged event, or not its bytes.
    pub altered: Vec<String>,
    /// Events that came under more than one `webhook-id`.
    pub renamed: Vec<usize>,
    /// 2xx beyond the first of a delivery.
    pub repeats: usize,
    /// Dead letters beyond the first of a delivery, and those of deliveries that got a 2xx.
    pub more_dead: usize,
    /// Waiting records beyond the first of a delivery, and those of deliveries that got a 2xx or a dead letter.
    pub more_waiting: usize,
    /// Requests of a delivery after one that failed.
    pub retries: usize,
}

/// What Kafka holds of all destinations.
#[derive(Clone, Copy)]
pub struct Kept<'a> {
    pub dead: &'a [topics::Seen],
    /// In tiers and deliveries, beyond what is committed.
    pub waiting: &'a [topics::Seen],
}

impl Verdict {
    /// Every event is delivered, dead or waiting, with its own bytes, under one id.
    pub fn nothing_lost(&self, destination: &str) {
        let first = |list: &[usize]| list.iter().take(5).copied().collect::<Vec<_>>();
        let (missing, renamed) = (first(&self.missing), first(&self.renamed));
        assert!(self.missing.is_empty(), "{destination}: {} missing, such as {missing:?}", self.missing.len());
        assert!(self.altered.is_empty(), "{destination}: altered {:?}", &self.altered[..self.altered.len().min(3)]);
        assert!(self.renamed.is_empty(), "{destination}: several ids for {renamed:?}");
    }

    /// Nothing is lost, and nothing came twice.
    pub fn exactly_once(&self, destination: &str) {
        self.nothing_lost(destination);
        let surplus = (self.repeats, self.more_dead, self.more_waiting);
        assert_eq!(surplus, (0, 0, 0), "{destination}: repeats, dead letters too many, waiting too many");
    }
}

/// Judges the requests of one destination and all dead letters against what was acknowledged, when nothing may wait.
pub fn judge(
    acknowledged: (Events, &Acknowledged),
    destination: &str,
    requests: &[Request],
    dead: &[topics::Seen],
) -> Verdict {
    judge_all(acknowledged, destination, requests, Kept { dead, waiting: &[] })
}

/// Judges the requests of one destination and what Kafka holds against what was acknowledged.
pub fn judge_all(
    (events, acknowledged): (Events, &Acknowledged),
    destination: &str,
    requests: &[Request],
    kept: Kept<'_>,
) -> Verdict {
    let mut verdict = Verdict::default();
    let mut ids: BTreeMap<usize, BTreeSet<&str>> = BTreeMap::new();
    let mut good: BTreeMap<usize, usize> = BTreeMap::new();
    let mut failed = BTreeSet::new();
    let own = |body: &[u8]| {
        let number = events.number(body).filter(|number| acknowledged.contains(number))?;
        (events.text(number).as_bytes() == body).then_some(number)
    };
    for request in requests {
        let Some(number) = own(&request.body) else {
            verdict.altered.push(String::from_utf8_lossy(&request.body).into_owned());
            continue;
        };
        // An item of a batch came under the id of the batch.
        if request.delivery.starts_with("dlv_") {
            ids.entry(number).or_default().insert(&request.delivery);
        }
        verdict.retries += usize::from(failed.contains(&number));
        if is_good(request.status) {
            *good.entry(number).or_default() += 1;
        } else {
            failed.insert(number);
        }
    }
    let [given_up, waiting] = [kept.dead, kept.waiting].map(|records| {
        let mut found: BTreeMap<usize, usize> = BTreeMap::new();
        for record in records.iter().filter(|record| record.key_text() == destination) {
            let Some(number) = own(record.value.as_deref().unwrap_or_default()) else {
                verdict.altered.push(format!("{record:?}"));
                continue;
            };
            ids.entry(number).or_default().insert(record.header("delivery-id").unwrap_or_default());
            *found.entry(number).or_default() += 1;
        }
        found
    });
    let is_settled = |number: &usize| good.contains_key(number) || given_up.contains_key(number);
    let is_there = |number: &usize| is_settled(number) || waiting.contains_key(number);
    verdict.missing = acknowledged.iter().copied().filter(|number| !is_there(number)).collect();
    verdict.renamed = ids.iter().filter(|(_, ids)| ids.len() > 1).map(|(number, _)| *number).collect();
    verdict.delivered = good.len();
    verdict.dead = given_up.len();
    verdict.waiting = waiting.keys().filter(|number| !is_settled(number)).count();
    verdict.repeats = good.values().map(|count| count - 1).sum();
    let rightly_dead = |number: &usize| usize::from(!good.contains_key(number));
    verdict.more_dead = given_up.iter().map(|(number, count)| count - rightly_dead(number)).sum();
    let rightly_waiting = |number: &usize| usize::from(!is_settled(number));
    verdict.more_waiting = waiting.iter().map(|(number, count)| count - rightly_waiting(number)).sum();
    verdict
}

/// Whether a status settles a delivery.
pub fn is_good(status: u16) -> bool {
    (200..300).contains(&status)
}

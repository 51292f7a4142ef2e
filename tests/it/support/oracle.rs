//! The oracle: what receivers and the dead-letter topic hold, set against what Kafka acknowledged.
//! A [`Ledger`] remembers every request with the answer it got; [`judge`] is plain data, proven by planted defects below.
//! Which figures a run may come to is left to the tests.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::load::{Acknowledged, Events};
use super::receiver::{Receiver, Reply, Seen};
use super::topics;

/// One request and the answer it got.
#[derive(Clone, Debug)]
pub struct Request {
    /// The path without its slash: tests give each destination its own.
    pub destination: String,
    /// The `webhook-id`.
    pub delivery: String,
    pub body: Bytes,
    pub status: u16,
    /// When it had arrived.
    pub at: Instant,
    /// When the answer was due to be written.
    pub answered_at: Instant,
}

/// An answer: a status after a time.
#[derive(Clone, Copy, Debug)]
pub struct Answer {
    pub status: u16,
    pub after: Duration,
}

impl Answer {
    pub fn ok() -> Self {
        Self::status(200)
    }

    pub fn status(status: u16) -> Self {
        Self { status, after: Duration::ZERO }
    }

    pub fn after_ms(self, ms: u64) -> Self {
        Self { after: Duration::from_millis(ms), ..self }
    }
}

/// All requests of a receiver.
#[derive(Clone, Default)]
pub struct Ledger(Arc<Mutex<Vec<Request>>>);

impl Ledger {
    /// Has a receiver answer as the rule says, and remembers. The rule hears how often this delivery came before.
    pub fn on(receiver: &Receiver, rule: impl Fn(&Seen, usize) -> Answer + Send + Sync + 'static) -> Self {
        let ledger = Self::default();
        let (own, before) = (ledger.clone(), Mutex::new(BTreeMap::<String, usize>::new()));
        receiver.answer_with("*", move |seen| {
            let delivery = seen.header("webhook-id").unwrap_or_default().to_owned();
            let answer = {
                let mut before = before.lock().unwrap();
                let count = before.entry(delivery.clone()).or_default();
                *count += 1;
                rule(seen, *count - 1)
            };
            own.0.lock().unwrap().push(Request {
                destination: seen.path.trim_start_matches('/').to_owned(),
                delivery,
                body: seen.body.clone(),
                status: answer.status,
                at: seen.at,
                answered_at: seen.at + answer.after,
            });
            Reply::status(answer.status).after(answer.after)
        });
        ledger
    }

    /// How many requests there were.
    pub fn count(&self) -> usize {
        self.0.lock().unwrap().len()
    }

    /// Looks at the requests from that number on, in order of arrival, and counts the number on.
    pub fn look(&self, from: &mut usize, look: impl FnMut(&Request)) {
        let all = self.0.lock().unwrap();
        all[*from..].iter().for_each(look);
        *from = all.len();
    }

    /// The requests of one destination, in order of arrival.
    pub fn of(&self, destination: &str) -> Vec<Request> {
        let all = self.0.lock().unwrap();
        all.iter().filter(|request| request.destination == destination).cloned().collect()
    }

    /// How many different deliveries of a destination got a 2xx.
    pub fn delivered(&self, destination: &str) -> usize {
        let all = self.0.lock().unwrap();
        let good = all.iter().filter(|request| request.destination == destination && is_good(request.status));
        good.map(|request| request.delivery.as_str()).collect::<BTreeSet<_>>().len()
    }
}

/// What became of the acknowledged events at one destination.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Events that got a 2xx.
    pub delivered: usize,
    /// Events with a dead letter.
    pub dead: usize,
    /// Events with neither.
    pub missing: Vec<usize>,
    /// Bodies and dead letters that are no acknowledged event, or not its bytes.
    pub altered: Vec<String>,
    /// Events that came under more than one `webhook-id`.
    pub renamed: Vec<usize>,
    /// 2xx beyond the first of a delivery.
    pub repeats: usize,
    /// Dead letters beyond the first of a delivery, and those of deliveries that got a 2xx.
    pub more_dead: usize,
}

impl Verdict {
    /// Every event is delivered or dead, with its own bytes, under one id.
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
        assert_eq!((self.repeats, self.more_dead), (0, 0), "{destination}: repeats, dead letters too many");
    }
}

/// Judges the requests of one destination and all dead letters against what was acknowledged.
pub fn judge(
    (events, acknowledged): (Events, &Acknowledged),
    destination: &str,
    requests: &[Request],
    dead: &[topics::Seen],
) -> Verdict {
    let mut verdict = Verdict::default();
    let mut ids: BTreeMap<usize, BTreeSet<&str>> = BTreeMap::new();
    let mut good: BTreeMap<usize, usize> = BTreeMap::new();
    let mut given_up: BTreeMap<usize, usize> = BTreeMap::new();
    let own = |body: &[u8]| {
        let number = events.number(body).filter(|number| acknowledged.contains(number))?;
        (events.text(number).as_bytes() == body).then_some(number)
    };
    for request in requests {
        let Some(number) = own(&request.body) else {
            verdict.altered.push(String::from_utf8_lossy(&request.body).into_owned());
            continue;
        };
        ids.entry(number).or_default().insert(&request.delivery);
        if is_good(request.status) {
            *good.entry(number).or_default() += 1;
        }
    }
    for record in dead.iter().filter(|record| record.key_text() == destination) {
        let Some(number) = own(record.value.as_deref().unwrap_or_default()) else {
            verdict.altered.push(format!("{record:?}"));
            continue;
        };
        ids.entry(number).or_default().insert(record.header("delivery-id").unwrap_or_default());
        *given_up.entry(number).or_default() += 1;
    }
    let is_settled = |number: &usize| good.contains_key(number) || given_up.contains_key(number);
    verdict.missing = acknowledged.iter().copied().filter(|number| !is_settled(number)).collect();
    verdict.renamed = ids.iter().filter(|(_, ids)| ids.len() > 1).map(|(number, _)| *number).collect();
    verdict.delivered = good.len();
    verdict.dead = given_up.len();
    verdict.repeats = good.values().map(|count| count - 1).sum();
    let rightly = |number: &usize| usize::from(!good.contains_key(number));
    verdict.more_dead = given_up.iter().map(|(number, count)| count - rightly(number)).sum();
    verdict
}

/// Whether a status settles a delivery.
pub fn is_good(status: u16) -> bool {
    (200..300).contains(&status)
}

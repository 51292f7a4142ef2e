//! What receivers remember for the oracle: every request with the answer it got.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::is_good;
use crate::support::receiver::{Receiver, Reply, Seen};

/// One request and the answer it got.
#[derive(Clone, Debug)]
pub struct Request {
    /// The path without its slash: tests give each destination its own.
    pub destination: String,
    /// The `webhook-id`; the `messageId` of an item of a batch.
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
    /// Seconds.
    pub retry_after: Option<u32>,
}

impl Answer {
    pub fn ok() -> Self {
        Self::status(200)
    }

    pub fn status(status: u16) -> Self {
        Self { status, after: Duration::ZERO, retry_after: None }
    }

    pub fn after_ms(self, ms: u64) -> Self {
        Self { after: Duration::from_millis(ms), ..self }
    }

    pub fn retry_after(self, seconds: u32) -> Self {
        Self { retry_after: Some(seconds), ..self }
    }

    fn reply(self) -> Reply {
        let reply = Reply::status(self.status).after(self.after);
        match self.retry_after {
            Some(seconds) => reply.header("retry-after", &seconds.to_string()),
            None => reply,
        }
    }
}

/// The items of a batch, each with its `messageId` in place of the delivery's id, which a batch does not tell.
fn items(seen: &Seen) -> Option<Vec<(String, Bytes)>> {
    #[derive(serde::Deserialize)]
    struct Event<'a> {
        #[serde(rename = "messageId")]
        message_id: &'a str,
    }
    let items: Vec<&serde_json::value::RawValue> = serde_json::from_slice(&seen.body).ok()?;
    let named = |item: &&serde_json::value::RawValue| {
        let event: Event<'_> = serde_json::from_str(item.get()).unwrap();
        (event.message_id.to_owned(), Bytes::copy_from_slice(item.get().as_bytes()))
    };
    Some(items.iter().map(named).collect())
}

/// All requests of a receiver.
#[derive(Clone, Default)]
pub struct Ledger(Arc<Mutex<Book>>);

#[derive(Default)]
struct Book {
    requests: Vec<Request>,
    /// The deliveries that got a 2xx, per destination.
    delivered: HashMap<String, HashSet<String>>,
}

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
            let items = items(seen);
            let mut book = own.0.lock().unwrap();
            for (delivery, body) in items.unwrap_or_else(|| vec![(delivery, seen.body.clone())]) {
                book.write(Request {
                    destination: seen.path.trim_start_matches('/').to_owned(),
                    delivery,
                    body,
                    status: answer.status,
                    at: seen.at,
                    answered_at: seen.at + answer.after,
                });
            }
            answer.reply()
        });
        ledger
    }

    /// How many requests there were.
    pub fn count(&self) -> usize {
        self.0.lock().unwrap().requests.len()
    }

    /// Looks at the requests from that number on, in order of arrival, and counts the number on.
    pub fn look(&self, from: &mut usize, look: impl FnMut(&Request)) {
        let inner = self.0.lock().unwrap();
        inner.requests[*from..].iter().for_each(look);
        *from = inner.requests.len();
    }

    /// All requests, in order of arrival.
    pub fn all(&self) -> Vec<Request> {
        self.0.lock().unwrap().requests.clone()
    }

    /// The requests of one destination, in order of arrival.
    pub fn of(&self, destination: &str) -> Vec<Request> {
        let book = self.0.lock().unwrap();
        book.requests.iter().filter(|request| request.destination == destination).cloned().collect()
    }

    /// How many different deliveries of a destination got a 2xx.
    pub fn delivered(&self, destination: &str) -> usize {
        self.0.lock().unwrap().delivered.get(destination).map_or(0, HashSet::len)
    }

    /// The first request from a number on of which this is true.
    pub fn first_from(&self, number: usize, wanted: impl Fn(&Request) -> bool) -> Option<Request> {
        let book = self.0.lock().unwrap();
        book.requests.get(number..).unwrap_or_default().iter().find(|request| wanted(request)).cloned()
    }
}

impl Book {
    fn write(&mut self, request: Request) {
        if is_good(request.status) {
            let delivered = self.delivered.entry(request.destination.clone()).or_default();
            delivered.insert(request.delivery.clone());
        }
        self.requests.push(request);
    }
}

//! Whole requests: method, address, headers and body are those Segment's package sends, but for what the fixtures' README and
//! the contract list as deliberately different. What a receiver answers plays no part here.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::{Asked, Told, actions, cases, events, explained, holds, quoted, refused};

#[derive(Deserialize)]
struct Case<'a> {
    id: String,
    destination: String,
    settings: Value,
    subscribe: String,
    #[serde(borrow)]
    mapping: &'a RawValue,
    #[serde(borrow)]
    event: Option<&'a RawValue>,
    #[serde(borrow)]
    events: Option<Vec<&'a RawValue>>,
    requests: Vec<Request>,
    outcome: Value,
}

#[derive(Deserialize)]
struct Request {
    method: String,
    path: String,
    headers: BTreeMap<String, String>,
    body: Option<String>,
}

/// For information only, unless the mapping sets them.
const NOT_COMPARED: [&str; 2] = ["accept", "accept-encoding"];

impl Case<'_> {
    fn keys(&self) -> Value {
        serde_json::from_str(self.mapping.get()).unwrap()
    }

    fn destination(&self) -> String {
        let secret = self.settings["sharedSecret"].as_str();
        let secret = secret.map(|secret| format!(r#","shared_secret":{}"#, quoted(secret))).unwrap_or_default();
        let mapping = self.mapping.get().trim();
        let members = mapping.strip_prefix('{').and_then(|mapping| mapping.strip_suffix('}')).unwrap();
        actions(&format!(r#""trigger":{},{members}"#, quoted(&self.subscribe))) + &secret
    }

    /// The headers that count.
    fn compared(&self, headers: &BTreeMap<String, String>) -> BTreeMap<String, String> {
        let keys = self.keys();
        let own: BTreeSet<String> =
            keys["headers"].as_object().into_iter().flatten().map(|(name, _)| name.to_ascii_lowercase()).collect();
        let counts = |name: &String| own.contains(name) || !NOT_COMPARED.contains(&name.as_str());
        // Space around a value is no part of it (RFC 9110).
        headers
            .iter()
            .filter(|(name, _)| counts(name))
            .map(|(name, value)| (name.clone(), value.trim().to_owned()))
            .collect()
    }

    /// What must be said of the event at this place, if Segment's way is ours.
    fn expected(&self, at: usize) -> Expected {
        let status = self.outcome["statuses"][at].as_u64();
        match self.outcome["result"].as_str() {
            Some("not_subscribed") => Expected::NotWanted,
            Some("invalid" | "error") => Expected::Invalid,
            _ if status == Some(400) => Expected::Invalid,
            _ => Expected::Request,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Expected {
    Request,
    NotWanted,
    Invalid,
}

/// What is told of a case, in one place for a batch: the requests of its events one by one.
fn differs(case: &Case<'_>, told: &[Told]) -> Option<String> {
    let mut sent = 0;
    for (at, told) in told.iter().enumerate() {
        let is_right = match case.expected(at) {
            Expected::NotWanted => told.words() == "filtered: no_matching_mapping",
            Expected::Invalid => told.words() == "invalid: invalid_request",
            Expected::Request => {
                sent += 1;
                told.words() == "deliver" && is_sent(case, told, sent - 1)
            }
        };
        if !is_right {
            return Some(format!("{}: event {at}: {} {:?}", case.id, told.words(), told.requests));
        }
    }
    None
}

/// Whether the request is the one that came, or of a batch the one with this element alone.
fn is_sent(case: &Case<'_>, told: &Told, element: usize) -> bool {
    let ([found], Some(expected)) = (&told.requests[..], case.requests.first()) else { return false };
    let headers: BTreeMap<String, String> = serde_json::from_value(found["headers"].clone()).unwrap();
    let (mut headers, mut wanted) = (case.compared(&headers), case.compared(&expected.headers));
    let mut body = expected.body.clone();
    if case.events.is_some() {
        let elements: Vec<&RawValue> = serde_json::from_str(expected.body.as_deref().unwrap()).unwrap();
        body = elements.get(element).map(|own| format!("[{}]", own.get()));
        if element > 0 {
            // The signature of a batch is that of its first element, and its headers are.
            for name in ["x-signature", "x-user"] {
                headers.remove(name);
                wanted.remove(name);
            }
        }
    }
    // Without `data` the whole event is sent, as Segment's own form fills it in.
    if case.keys().get("data").is_none() {
        body = case.event.map(|event| event.get().to_owned());
        wanted.extend(["content-type", "x-signature"].map(|name| (name.to_owned(), headers[name].clone())));
    }
    // The text `undefined` may be sent as it is.
    headers.retain(|_, value| value != "undefined");
    let url = format!("http://receiver.test{}", expected.path);
    found["method"] == expected.method.as_str()
        && found["url"] == url.as_str()
        && found["body"].as_str() == body.as_deref()
        && headers == wanted
}

#[test]
fn every_request_is_the_one_segment_sends() {
    let all: Vec<Case<'_>> = cases(include_str!("../../fixtures/request.jsonl"));
    let (mut all, extensible): (Vec<_>, Vec<_>) = all.into_iter().partition(|case| case.destination == "actions");
    assert_eq!((all.len(), extensible.len()), (75, 20));
    // What is constant is judged when the file is read.
    let refused = refused(&all.iter().map(Case::destination).collect::<Vec<_>>());
    let mut wrong = Vec::new();
    for (at, case) in all.iter().enumerate() {
        let of = events(case.event, case.events.as_deref()).len();
        if refused.contains(&at) && (0..of).any(|event| case.expected(event) != Expected::Invalid) {
            wrong.push(format!("{}: refused", case.id));
        }
    }
    let mut at = 0;
    all.retain(|_| {
        at += 1;
        !refused.contains(&(at - 1))
    });
    let asked = |case: &Case<'_>| {
        let (id, destination) = (case.id.clone(), case.destination());
        let asked = |event| Asked { id: id.clone(), destination: destination.clone(), event };
        events(case.event, case.events.as_deref()).into_iter().map(asked).collect::<Vec<_>>()
    };
    let mut told = explained(&all.iter().flat_map(asked).collect::<Vec<_>>()).into_iter();
    for case in &all {
        let of = events(case.event, case.events.as_deref()).len();
        let told: Vec<Told> = told.by_ref().take(of).collect();
        wrong.extend(differs(case, &told));
    }
    holds(&wrong, 75);
}

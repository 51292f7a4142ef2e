//! One case of `fixtures/request.jsonl`: what goes in, and what a receiver must see.

use std::collections::BTreeMap;

use kafka_webhooks::event::json::{BigIntegers, Tree};
use kafka_webhooks::route::actions::{Data, SendMapping};
use kafka_webhooks::route::mapping::Mapping;
use kafka_webhooks::route::trigger::Trigger;
use serde_json::Value;

use super::in_batches;
use crate::support::receiver::{Receiver, Reply, Seen};

/// Headers of the connection, those that are for information, and our own.
const NOT_COMPARED: [&str; 7] =
    ["host", "connection", "content-length", "transfer-encoding", "accept", "accept-encoding", "webhook-id"];

pub(super) struct Case(Value);

/// What a receiver gets; header names in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shown {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) headers: BTreeMap<String, String>,
    pub(super) body: Option<String>,
}

impl Case {
    pub(super) fn all() -> Vec<Self> {
        let lines = include_str!("../../fixtures/request.jsonl").lines();
        lines.map(|line| Self(serde_json::from_str(line).unwrap())).collect()
    }

    pub(super) fn id(&self) -> &str {
        self.0["id"].as_str().unwrap()
    }

    pub(super) fn is_of_actions(&self) -> bool {
        self.0["destination"] == "actions"
    }

    pub(super) fn is_about(&self, feature: &str) -> bool {
        self.0["feature"].as_array().unwrap().iter().any(|one| one == feature)
    }

    pub(super) fn secret(&self) -> Option<&str> {
        self.0["settings"]["sharedSecret"].as_str()
    }

    pub(super) fn trigger(&self) -> Option<Trigger> {
        Trigger::parse(self.0["subscribe"].as_str().unwrap()).ok()
    }

    /// Whether the mapping has this member at all.
    pub(super) fn maps(&self, part: &str) -> bool {
        self.0["mapping"].get(part).is_some()
    }

    pub(super) fn member(&self, part: &str) -> &Value {
        &self.0["mapping"][part]
    }

    /// The mapping, with the receiver's address; none if it is refused.
    pub(super) fn mapping(&self, receiver: &Receiver) -> Option<SendMapping> {
        let part = |name: &str| {
            let json = addressed(&self.0["mapping"][name], receiver);
            Mapping::parse(&Tree::read(json.as_bytes(), BigIntegers::Exact).unwrap()).ok()
        };
        let mapping = SendMapping {
            name: None,
            enabled: true,
            trigger: self.trigger()?,
            url: part("url")?,
            method: part("method")?,
            headers: if self.maps("headers") { Some(part("headers")?) } else { None },
            data: if self.maps("data") { Data::Mapped(part("data")?) } else { Data::WholeEvent },
            batch: None,
        };
        let is_batch = self.0["mapping"]["enable_batching"] == true;
        Some(if is_batch { in_batches(mapping) } else { mapping })
    }

    pub(super) fn events(&self, receiver: &Receiver) -> Vec<String> {
        match self.0.get("event") {
            Some(event) => vec![addressed(event, receiver)],
            None => self.0["events"].as_array().unwrap().iter().map(|event| addressed(event, receiver)).collect(),
        }
    }

    pub(super) fn answers(&self, receiver: &Receiver) -> Vec<Reply> {
        let reply = |answer: &Value| {
            let mut reply = Reply::status(answer["status"].as_u64().unwrap().try_into().unwrap());
            for (name, value) in answer["headers"].as_object().into_iter().flatten() {
                let value = value.as_str().unwrap().replace(STAND_IN, &base(receiver));
                reply = reply.header(name, &value);
            }
            reply.body(answer["body"].as_str().unwrap_or_default().to_owned())
        };
        match self.0["answers"].as_array() {
            Some(answers) => answers.iter().map(reply).collect(),
            None => vec![Reply::status(200)],
        }
    }

    /// The requests that must come, in order.
    pub(super) fn requests(&self) -> Vec<Shown> {
        let shown = |request: &Value| {
            let headers = request["headers"].as_object().unwrap().iter();
            let headers = headers.map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()));
            Shown {
                method: request["method"].as_str().unwrap().to_owned(),
                path: request["path"].as_str().unwrap().to_owned(),
                headers: headers.filter(|(name, _)| self.is_compared(name)).collect(),
                body: request["body"].as_str().map(str::to_owned),
            }
        };
        self.0["requests"].as_array().unwrap().iter().map(shown).collect()
    }

    /// A request that came, in the same form.
    pub(super) fn shown(&self, seen: &Seen) -> Shown {
        let headers = seen.headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.clone()));
        Shown {
            method: seen.method.clone(),
            path: seen.path.clone(),
            headers: headers.filter(|(name, _)| self.is_compared(name)).collect(),
            body: (!seen.body.is_empty()).then(|| String::from_utf8(seen.body.to_vec()).unwrap()),
        }
    }

    pub(super) fn outcome(&self) -> &Value {
        &self.0["outcome"]
    }

    /// Whether a header counts; each that the mapping sets does.
    fn is_compared(&self, name: &str) -> bool {
        let own = self.0["mapping"]["headers"].as_object().into_iter().flatten();
        own.into_iter().any(|(own, _)| own.eq_ignore_ascii_case(name)) || !NOT_COMPARED.contains(&name)
    }
}

/// Stands in the fixtures for the receiver's address.
const STAND_IN: &str = "http://receiver.test";

fn base(receiver: &Receiver) -> String {
    format!("http://{}", receiver.address())
}

fn addressed(value: &Value, receiver: &Receiver) -> String {
    value.to_string().replace(STAND_IN, &base(receiver))
}

//! The consumer sends what mappings make of events: one delivery and one lane for each that matches, alone or in batches,
//! and never what a filter holds back.

mod batches;
mod filters;
mod lanes;
mod stranger;

use serde_json::Value;

use crate::support::program::Setup;
use crate::support::topics::{New, produce_all};

/// Writes events into the events topic.
fn produce(setup: &Setup, events: &[String]) {
    let records: Vec<_> = events.iter().map(|event| New { value: Some(event.as_bytes()), ..New::default() }).collect();
    produce_all(&setup.brokers(), &setup.topic("events"), &records);
}

/// A body as a value.
fn json(body: &[u8]) -> Value {
    serde_json::from_slice(body).unwrap()
}

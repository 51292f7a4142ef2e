//! The consumer spares a receiver that fails (`breaker`), one that asks to be left alone (`paused`) or is paused by its owner (`held`), one that throttles or has
//! a limit of its own (`rate`; `backlog` for what waits behind it), and serves the neighbours of each meanwhile.

mod backlog;
mod breaker;
mod held;
mod paused;
mod rate;

use std::time::{Duration, Instant};

use crate::support::program::{Program, Setup};
use crate::support::receiver::{Receiver, Seen};
use crate::support::topics::{New, produce_all};

/// On one partition, `healthy` and another destination with the keys given.
fn beside_a_healthy_one(name: &str, receiver: &Receiver, other: (&str, &str)) -> Setup {
    let mut setup = Setup::local(name);
    setup.partitions = 1;
    setup.destination("healthy", receiver.url("/healthy"), "");
    let (id, keys) = other;
    setup.destination(id, receiver.url(&format!("/{id}")), keys);
    setup
}

/// Writes so many events.
fn produce(setup: &Setup, count: usize) {
    let events: Vec<String> =
        (0..count).map(|number| format!(r#"{{"type":"track","messageId":"m{number}"}}"#)).collect();
    let records: Vec<_> = events.iter().map(|event| New { value: Some(event.as_bytes()), ..New::default() }).collect();
    produce_all(&setup.brokers(), &setup.topic("events"), &records);
}

/// A counter of a destination.
fn of(program: &Program, id: &str, name: &str, label: &str) -> f64 {
    program.metric(name, &[&format!("destination=\"{id}\""), label])
}

/// How often a line with this message was logged for a destination.
fn logged(program: &Program, id: &str, begins: &str) -> usize {
    let lines = program.lines().into_iter().filter(|line| line["destination"] == id);
    lines.filter(|line| line["message"].as_str().is_some_and(|message| message.starts_with(begins))).count()
}

/// From the first of these requests to the last.
fn span(requests: &[Seen]) -> Duration {
    let times = || requests.iter().map(|seen| seen.at);
    times().max().zip(times().min()).map_or(Duration::ZERO, |(last, first)| last.duration_since(first))
}

/// Requests that came after a moment.
fn after(requests: &[Seen], moment: Instant) -> usize {
    requests.iter().filter(|seen| seen.at > moment).count()
}

//! Batches: how many requests there are, what is in them, and that nothing is lost or committed before it is settled.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::{json, produce};
use crate::support::cluster::Cluster;
use crate::support::program::{Program, Setup};
use crate::support::receiver::{Receiver, Reply, Seen};
use crate::support::wait::{holds, until};

const TRIGGER: &str = "trigger: 'type = \"track\"'";

fn setup(name: &str, receiver: &Receiver, more: &str) -> Setup {
    let mut setup = Setup::local(name);
    setup.partitions = 1;
    let mapping = format!("{TRIGGER}, url: \"{}\", enable_batching: true{more}", receiver.url("/bulk"));
    setup.mappings("crm", &[&mapping], ", shared_secret: s3cret");
    setup
}

fn events(range: std::ops::Range<usize>) -> Vec<String> {
    range.map(|number| format!(r#"{{"type":"track","messageId":"m{number}","properties":{{"n":{number}}}}}"#)).collect()
}

/// The numbers of the events of a batch.
fn numbers(seen: &Seen) -> Vec<u64> {
    let items = json(&seen.body);
    items.as_array().unwrap().iter().map(|item| item["properties"]["n"].as_u64().unwrap()).collect()
}

/// How often each event came with an answer of 200, which the receiver gives by a rule over its requests.
fn delivered(receiver: &Receiver, is_good: impl Fn(&Seen) -> bool) -> BTreeMap<u64, usize> {
    let mut times = BTreeMap::new();
    for seen in receiver.requests().iter().filter(|seen| is_good(seen)) {
        numbers(seen).into_iter().for_each(|number| *times.entry(number).or_default() += 1);
    }
    times
}

fn wait_for_all(program: &Program, count: usize) {
    program.counts("webhooks_deliveries_delivered_total", &["\"crm\""], count as f64);
}

#[test]
fn twenty_thousand_events_at_size_1000_take_about_twenty_requests() {
    const EVENTS: usize = 20_000;
    let receiver = Receiver::start();
    let setup = setup("twenty", &receiver, ", batch_wait: 5s");
    setup.create_topics();
    produce(&setup, &events(0..EVENTS));
    let program = setup.start();
    program.ready();
    wait_for_all(&program, EVENTS);
    let seen = receiver.requests();
    assert!((20..=24).contains(&seen.len()), "{} requests", seen.len());
    let all: BTreeSet<u64> = seen.iter().flat_map(numbers).collect();
    assert_eq!((all.len(), seen.iter().map(|seen| numbers(seen).len()).max()), (EVENTS, Some(1_000)));
    let ids: BTreeSet<_> = seen.iter().map(|seen| seen.header("webhook-id").unwrap()).collect();
    assert_eq!(ids.len(), seen.len());
    // What is counted is deliveries.
    for name in ["webhooks_attempts_total", "webhooks_deliveries_first_attempt_delivered_total"] {
        assert_eq!(program.metric(name, &["\"crm\""]), EVENTS as f64, "{name}");
    }
    setup.quiet();
    program.stop();
    assert_eq!(receiver.requests().len(), seen.len(), "each once");
}

#[test]
fn a_batch_is_filled_to_4000_deliveries_or_four_megabytes() {
    let receiver = Receiver::start();
    let setup = setup("filled", &receiver, ", batch_size: 4000, batch_wait: 20s");
    let program = setup.start_ready();
    produce(&setup, &events(0..4_000));
    wait_for_all(&program, 4_000);
    assert_eq!(receiver.requests().iter().map(|seen| numbers(seen).len()).collect::<Vec<_>>(), [4_000]);

    // The embedded Kafka keeps five megabytes of a partition.
    if !matches!(setup.cluster, Cluster::Apache(_)) {
        return program.stop();
    }
    // 1,500 bytes each: six megabytes together.
    let long = |number| {
        let fill = "x".repeat(1_440);
        format!(r#"{{"type":"track","messageId":"m{number}","properties":{{"n":{number},"fill":"{fill}"}}}}"#)
    };
    produce(&setup, &(4_000..8_000).map(long).collect::<Vec<_>>());
    let full = until("a batch of four megabytes", Duration::from_secs(15), || receiver.requests().get(1).cloned());
    assert!((3_990_000..=4_000_000).contains(&full.body.len()), "{} bytes", full.body.len());
    let rest = 4_000 - numbers(&full).len();
    program.counts("webhooks_queued_deliveries", &["\"crm\""], rest as f64);
    program.stop();
    assert_eq!(receiver.requests().iter().map(|seen| numbers(seen).len()).sum::<usize>(), 8_000, "the rest at the end");
}

#[test]
fn what_fails_together_is_tried_again_and_what_cannot_be_mapped_leaves_the_batch() {
    let receiver = Receiver::start();
    receiver.script("/bulk", [Reply::status(503), Reply::status(200)]);
    let more = ", batch_size: 10, batch_wait: 300ms, headers: { X-N: { '@path': '$.properties.header' } }";
    let setup = setup("fails", &receiver, more);
    let program = setup.start_ready();
    let mut sent = events(0..9);
    // A header HTTP does not allow.
    sent.push(r#"{"type":"track","messageId":"odd","properties":{"n":99,"header":"a\nb"}}"#.to_owned());
    produce(&setup, &sent);
    wait_for_all(&program, 9);
    program.counts("webhooks_deliveries_dead_lettered_total", &["\"crm\"", "invalid_request"], 1.0);
    let seen = receiver.requests();
    assert_eq!(numbers(&seen[0]).len(), 9);
    assert!(seen[1..].iter().flat_map(numbers).collect::<BTreeSet<_>>().len() == 9, "{seen:?}");
    assert_eq!(program.metric("webhooks_attempts_total", &["server_error"]), 9.0);
    assert_eq!(program.metric("webhooks_deliveries_delayed_total", &["retry"]), 9.0, "each has a record of its own");
    let dead = setup.read("dead-letters");
    assert_eq!(
        (dead[0].header("reason"), dead[0].header("last-outcome")),
        (Some("invalid_request"), Some("invalid_request"))
    );
    program.stop();
}

#[test]
fn a_batch_that_is_too_large_is_split_at_once() {
    let receiver = Receiver::start();
    receiver.answer_with("/bulk", |seen| Reply::status(if numbers(seen).len() > 3 { 413 } else { 200 }));
    let setup = setup("too-large", &receiver, ", batch_size: 12, batch_wait: 500ms");
    let program = setup.start_ready();
    produce(&setup, &events(0..24));
    wait_for_all(&program, 24);
    assert_eq!(program.metric("webhooks_deliveries_first_attempt_delivered_total", &["\"crm\""]), 24.0);
    assert_eq!(program.metric("webhooks_deliveries_delayed_total", &["\"crm\""]), 0.0, "none waited");
    let times = delivered(&receiver, |seen| numbers(seen).len() <= 3);
    assert!(times.len() == 24 && times.values().all(|times| *times == 1), "{times:?}");
    program.stop();
}

#[test]
fn half_a_batch_goes_out_at_shutdown_and_is_committed_only_then() {
    let receiver = Receiver::start();
    let setup = setup("half", &receiver, ", batch_size: 100, batch_wait: 1m");
    let program = setup.start_ready();
    produce(&setup, &events(0..7));
    program.counts("webhooks_queued_deliveries", &["\"crm\""], 7.0);
    // Longer than a commit interval.
    holds("nothing is sent or committed", Duration::from_millis(1_500), || {
        let committed = setup.committed("deliver", "deliveries").get(&0).copied().unwrap_or(0);
        receiver.requests().is_empty() && committed <= 0
    });
    program.stop();
    let seen = receiver.requests();
    assert_eq!((seen.len(), numbers(&seen[0]).len()), (1, 7));
    let again = setup.start();
    again.ready();
    setup.quiet();
    assert_eq!(receiver.requests().len(), 1, "it was committed");
    again.stop();
}

#[test]
fn a_batch_under_way_when_its_replica_is_killed_is_sent_again_as_a_whole() {
    let receiver = Receiver::start();
    receiver.script("/bulk", [Reply::status(200).after(Duration::from_secs(4)), Reply::status(200)]);
    let setup = setup("killed", &receiver, ", batch_size: 50, batch_wait: 200ms");
    let program = setup.start_ready();
    produce(&setup, &events(0..50));
    until("a batch under way", Duration::from_secs(30), || (receiver.requests().len() == 1).then_some(()));
    program.kill();
    let next = setup.start();
    next.ready();
    wait_for_all(&next, 50);
    let again: BTreeSet<u64> = receiver.requests()[1..].iter().flat_map(numbers).collect();
    assert_eq!(again.len(), 50);
    next.stop();
}

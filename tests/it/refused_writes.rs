//! The consumer loses nothing when Kafka refuses a write or disturbs a group: offsets wait until the write is taken.
//! On the embedded Kafka only, which answers with errors on demand.

use std::time::Duration;

use kafka_webhooks::kafka::embedded::{Embedded, Fault};

use crate::support::cluster::Cluster;
use crate::support::program::{Program, Setup};
use crate::support::receiver::{Receiver, Reply};
use crate::support::wait::holds;

const EVENT: &str = r#"{"type":"track","messageId":"m-1"}"#;
/// More refusals than a test lasts.
const FOR_GOOD: usize = 10_000;
/// Long enough for the test to break Kafka while the receiver still thinks.
const THINKS: Duration = Duration::from_millis(500);
/// Longer than a retry of a write, and several commit intervals.
const A_WHILE: Duration = Duration::from_millis(1_500);

fn setup(name: &str, receiver: &Receiver) -> Setup {
    let mut setup = Setup::local_on(Cluster::Embedded(Embedded::start().unwrap()), name);
    setup.retries = "{ tiers: [100ms, 200ms, 400ms], give_up_after: 1h }".to_owned();
    setup.destination("crm", receiver.url("/hook"), "");
    setup
}

fn kafka(setup: &Setup) -> &Embedded {
    match &setup.cluster {
        Cluster::Embedded(embedded) => embedded,
        Cluster::Apache(_) | Cluster::Own(_) => panic!("these tests bring their own embedded Kafka"),
    }
}

/// Lets an attempt begin, has Kafka refuse every write while the receiver thinks, and checks that the offset waits.
fn refuse_what_follows(setup: &Setup, receiver: &Receiver, program: &Program) {
    setup.events(&[EVENT]);
    receiver.wait_for(1);
    kafka(setup).fail(Fault::ProduceNotAuthorised, FOR_GOOD).unwrap();
    program.counts("webhooks_kafka_produced_total", &[r#"result="failed""#], 1.0);
    holds("the offset waits for the write", A_WHILE, || {
        setup.committed("deliver", "deliveries").values().all(|offset| *offset == 0)
    });
    assert_eq!(receiver.requests().len(), 1, "nothing is tried before its wait is in the log");
}

#[test]
fn an_offset_does_not_pass_before_a_tier_takes_the_delivery() {
    let receiver = Receiver::start();
    receiver.script("*", [Reply::status(500).after(THINKS), Reply::status(200)]);
    let setup = setup("refused-tier", &receiver);
    let program = setup.start_ready();
    refuse_what_follows(&setup, &receiver, &program);
    assert_eq!(program.metric("webhooks_deliveries_delayed_total", &[]), 0.0, "only what is confirmed counts");

    kafka(&setup).heal(Fault::ProduceNotAuthorised).unwrap();
    let seen = receiver.wait_for(2);
    setup.quiet();
    assert_eq!(receiver.requests().len(), 2);
    assert_eq!(seen[0].header("webhook-id"), seen[1].header("webhook-id"));
    assert_eq!(program.metric("webhooks_deliveries_delivered_total", &[]), 1.0);
    program.stop();
}

#[test]
fn an_offset_does_not_pass_before_the_dead_letter_is_taken() {
    let receiver = Receiver::start();
    receiver.script("*", [Reply::status(404).after(THINKS), Reply::status(200)]);
    let setup = setup("refused-dead-letter", &receiver);
    let program = setup.start_ready();
    refuse_what_follows(&setup, &receiver, &program);
    assert_eq!(program.metric("webhooks_deliveries_dead_lettered_total", &[]), 0.0);
    let loud = program
        .lines()
        .into_iter()
        .any(|line| line["level"] == "ERROR" && line["topic"] == setup.topic("dead-letters"));
    assert!(loud, "a dead letter that is refused is said loudly");

    kafka(&setup).heal(Fault::ProduceNotAuthorised).unwrap();
    let dead = setup.wait_for("dead-letters", 1);
    setup.quiet();
    assert_eq!(dead[0].header("reason"), Some("rejected"));
    assert_eq!((receiver.requests().len(), setup.read("dead-letters").len()), (1, 1));
    // The partition goes on.
    setup.events(&[EVENT]);
    receiver.wait_for(2);
    program.stop();
}

#[test]
fn a_source_offset_does_not_pass_before_its_deliveries_are_taken() {
    let receiver = Receiver::start();
    let setup = setup("refused-delivery", &receiver);
    setup.create_topics();
    setup.events(&[EVENT, "[]"]);
    kafka(&setup).fail(Fault::ProduceNotAuthorised, FOR_GOOD).unwrap();
    let program = setup.start();
    program.counts("webhooks_kafka_produced_total", &[r#"result="failed""#], 2.0);
    holds("the offsets wait for the writes", A_WHILE, || {
        setup.committed("route", "events").values().all(|offset| *offset == 0)
    });
    assert_eq!(program.metric("webhooks_deliveries_created_total", &[]), 0.0);

    kafka(&setup).heal(Fault::ProduceNotAuthorised).unwrap();
    receiver.wait_for(1);
    setup.wait_for("dead-letters", 1);
    setup.quiet();
    assert_eq!((receiver.requests().len(), setup.read("dead-letters").len()), (1, 1));
    program.stop();
}

#[test]
fn a_returning_delivery_stays_in_its_tier_until_it_is_taken() {
    let receiver = Receiver::start();
    receiver.script("*", [Reply::status(500), Reply::status(200)]);
    let mut setup = setup("refused-return", &receiver);
    setup.retries = "{ tiers: [1s], give_up_after: 1h }".to_owned();
    setup.tiers = vec!["1s"];
    let program = setup.start_ready();
    setup.events(&[EVENT]);
    setup.wait_for("delays.1s", 1);
    kafka(&setup).fail(Fault::ProduceNotAuthorised, FOR_GOOD).unwrap();
    program.counts("webhooks_kafka_produced_total", &[r#"result="failed""#], 1.0);
    holds("the offset waits for the return", A_WHILE, || {
        setup.committed("delay", "delays.1s").values().all(|offset| *offset == 0)
    });
    kafka(&setup).heal(Fault::ProduceNotAuthorised).unwrap();
    receiver.wait_for(2);
    setup.quiet();
    assert_eq!(receiver.requests().len(), 2);
    program.stop();
}

#[test]
fn disturbed_groups_and_fetches_do_no_harm() {
    let receiver = Receiver::start();
    let mut setup = setup("disturbed", &receiver);
    setup.restarts();
    let program = setup.start_ready();
    let faults = [
        Fault::HeartbeatRebalance,
        Fault::HeartbeatNotCoordinator,
        Fault::FetchNotLeader,
        Fault::CommitIllegalGeneration,
    ];
    for (number, fault) in faults.into_iter().enumerate() {
        kafka(&setup).fail(fault, 3).unwrap();
        let events: Vec<String> =
            (0..50).map(|event| format!(r#"{{"type":"track","messageId":"{number}-{event}"}}"#)).collect();
        setup.events(&events.iter().map(String::as_str).collect::<Vec<_>>());
        let all = 50.0 * (number as f64 + 1.0);
        program.counts("webhooks_deliveries_delivered_total", &[], all);
        kafka(&setup).heal(fault).unwrap();
    }
    setup.quiet();
    let mut bodies: Vec<_> = receiver.requests().into_iter().map(|seen| seen.body).collect();
    bodies.sort();
    bodies.dedup();
    assert_eq!(bodies.len(), 200, "every event was delivered");
    assert!(setup.read("dead-letters").is_empty());
    program.stop();
}

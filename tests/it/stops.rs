//! The consumer stops when it is asked: what is under way is finished or handed back, within the grace period.

mod sequence;

use std::time::{Duration, Instant};

use kafka_webhooks::kafka::partitioner::partition_of;

use crate::support::cluster::Cluster;
use crate::support::program::Setup;
use crate::support::receiver::{Receiver, Reply};
use crate::support::skipped;
use crate::support::topics::{New, produce_all};
use crate::support::wait::{holds, until};

fn produce(setup: &Setup, count: usize) {
    let events: Vec<String> =
        (0..count).map(|number| format!(r#"{{"type":"track","messageId":"m{number}"}}"#)).collect();
    let records: Vec<_> = events.iter().map(|event| New { value: Some(event.as_bytes()), ..New::default() }).collect();
    produce_all(&setup.brokers(), &setup.topic("events"), &records);
}

fn one_destination(name: &str, receiver: &Receiver, keys: &str) -> Setup {
    let mut setup = Setup::local(name);
    setup.destination("crm", receiver.url("/hook"), keys);
    setup
}

#[test]
fn requests_under_way_are_finished_and_not_repeated() {
    for signal in ["TERM", "INT"] {
        let receiver = Receiver::start();
        receiver.script("/hook", [Reply::status(200).after(Duration::from_secs(1))]);
        let setup = one_destination("finishes", &receiver, ", max_in_flight: 20");
        let mut program = setup.start_ready();
        produce(&setup, 20);
        until("20 requests under way", Duration::from_secs(20), || (receiver.requests().len() >= 20).then_some(()));
        program.signal(signal);
        let status = program.ended(Duration::from_secs(20));
        assert!(status.success(), "{signal}: {status}; log:\n{}", program.log());
        setup.passed("deliver", "deliveries");

        let next = setup.start();
        next.ready();
        setup.quiet();
        assert_eq!(receiver.requests().len(), 20, "{signal}: each once");
        next.stop();
    }
}

#[test]
fn a_receiver_that_hangs_does_not_hold_the_end_up() {
    let receiver = Receiver::start();
    receiver.script("/hook", [Reply::hang()]);
    let mut setup = one_destination("hanging", &receiver, ", timeout: 60s");
    setup.more.push_str("\nshutdown: { grace: 3s }");
    let mut program = setup.start_ready();
    produce(&setup, 5);
    until("requests under way", Duration::from_secs(20), || (receiver.requests().len() >= 5).then_some(()));
    let start = Instant::now();
    program.signal("TERM");
    program.ended(Duration::from_secs(20));
    assert!(start.elapsed() < Duration::from_secs(4), "{:?}", start.elapsed());

    // What was cut off is not lost: the next replica delivers it.
    receiver.script("/hook", [Reply::status(200)]);
    let next = setup.start();
    next.ready();
    next.counts("webhooks_deliveries_delivered_total", &["\"crm\""], 5.0);
}

#[test]
fn what_others_were_answered_while_one_receiver_hangs_is_not_repeated() {
    let receiver = Receiver::start();
    receiver.script("/well", [Reply::status(200).after(Duration::from_millis(500))]);
    receiver.script("/hung", [Reply::hang()]);
    let mut setup = Setup::local("hung-neighbour");
    setup.destination("well", receiver.url("/well"), "");
    setup.destination("hung", receiver.url("/hung"), ", timeout: 60s");
    let partition = |id: &str| partition_of(id.as_bytes(), setup.partitions);
    assert_ne!(partition("well"), partition("hung"), "an offset cannot pass what hangs before it");
    setup.more.push_str("\nshutdown: { grace: 4s }");
    let mut program = setup.start_ready();
    produce(&setup, 5);
    let under_way = || (receiver.requests().len() >= 10).then_some(());
    until("requests under way", Duration::from_secs(20), under_way);
    program.signal("TERM");
    program.ended(Duration::from_secs(20));

    receiver.script("/hung", [Reply::status(200)]);
    let next = setup.start();
    next.ready();
    setup.quiet();
    assert_eq!(receiver.requests_for("/well").len(), 5, "each once");
    assert_eq!(receiver.requests_for("/hung").len(), 10, "each again");
    next.stop();
}

#[test]
fn a_second_signal_ends_at_once() {
    let receiver = Receiver::start();
    receiver.script("/hook", [Reply::hang()]);
    let setup = one_destination("twice", &receiver, ", timeout: 60s");
    let mut program = setup.start_ready();
    produce(&setup, 1);
    until("a request under way", Duration::from_secs(20), || (!receiver.requests().is_empty()).then_some(()));
    program.signal("TERM");
    until("the first signal to be heard", Duration::from_secs(10), || program.log().contains("SIGTERM").then_some(()));
    holds("waiting for the request", Duration::from_millis(300), || !program.log().contains("again"));
    let start = Instant::now();
    program.signal("TERM");
    let status = program.ended(Duration::from_secs(10));
    assert_eq!(status.code(), Some(1));
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
}

#[test]
fn a_broker_that_is_away_does_not_hold_the_end_up() {
    let Some(cluster) = Cluster::own_apache() else { return skipped("a broker that goes away") };
    let receiver = Receiver::start();
    let mut setup = Setup::local_on(cluster, "away");
    setup.destination("crm", receiver.url("/hook"), "");
    setup.more.push_str("\nshutdown: { grace: 6s }");
    setup.create_topics();
    let mut program = setup.start();
    program.ready();
    produce(&setup, 10);
    until("10 deliveries", Duration::from_secs(20), || (receiver.requests().len() >= 10).then_some(()));
    setup.cluster.broker().kill().unwrap();
    let start = Instant::now();
    program.signal("TERM");
    let status = program.ended(Duration::from_secs(20));
    assert_eq!(status.code(), Some(0), "asked to end, it ended; what it could not commit is said in the log");
    assert!(start.elapsed() < Duration::from_secs(7), "{:?}; log:\n{}", start.elapsed(), program.log());
}

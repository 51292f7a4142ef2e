//! The consumer keeps a destination that is fine apart from one that is not, even on one partition.

use std::time::{Duration, Instant};

use crate::support::program::Setup;
use crate::support::receiver::{Receiver, Reply};
use crate::support::topics::{New, produce_all};
use crate::support::wait::until;

const EVENTS: usize = 500;

/// Without a breaker: here lanes alone must do.
const NO_BREAKER: &str = ", breaker: { after: 0 }";

/// Two destinations on one partition: `healthy`, and `bad` with the keys given.
fn neighbours(name: &str, receiver: &Receiver, bad: impl std::fmt::Display, keys: &str) -> Setup {
    let mut setup = Setup::local(name);
    setup.partitions = 1;
    setup.destination("healthy", receiver.url("/healthy"), NO_BREAKER);
    setup.destination("bad", bad, &format!("{keys}{NO_BREAKER}"));
    setup
}

fn produce(setup: &Setup, from: usize, count: usize) {
    let events: Vec<String> =
        (from..from + count).map(|number| format!(r#"{{"type":"track","messageId":"m{number}"}}"#)).collect();
    let records: Vec<_> = events.iter().map(|event| New { value: Some(event.as_bytes()), ..New::default() }).collect();
    produce_all(&setup.brokers(), &setup.topic("events"), &records);
}

fn count(receiver: &Receiver, path: &str) -> usize {
    receiver.requests().iter().filter(|request| request.path == path).count()
}

fn wait_for_healthy(receiver: &Receiver, expected: usize, most: Duration) {
    until(&format!("{expected} deliveries of the healthy one"), most, || {
        (count(receiver, "/healthy") >= expected).then_some(())
    });
}

#[test]
fn a_destination_that_never_answers_does_not_stop_its_neighbour() {
    let receiver = Receiver::start();
    receiver.script("/bad", [Reply::hang()]);
    // 500 deliveries, 10 at once, 5 s each: the bad one alone needs minutes.
    let setup = neighbours("hangs", &receiver, receiver.url("/bad"), ", timeout: 5s, max_in_flight: 10");
    let program = setup.start_ready();
    produce(&setup, 0, EVENTS);
    wait_for_healthy(&receiver, EVENTS, Duration::from_secs(20));
    program.counts("webhooks_deliveries_delivered_total", &["\"healthy\""], 500.0);
    assert!(program.metric("webhooks_attempts_total", &["\"bad\"", "delivered"]) < 1.0);
    assert!(count(&receiver, "/bad") <= 60, "the bad one keeps to its limit");

    // A fresh event goes through at once, although hundreds of its neighbour wait.
    let start = Instant::now();
    produce(&setup, EVENTS, 1);
    wait_for_healthy(&receiver, EVENTS + 1, Duration::from_secs(4));
    assert!(start.elapsed() < Duration::from_secs(4));
}

#[test]
fn a_destination_that_hangs_does_not_keep_the_offset_of_its_partition_back() {
    const BOTH: i64 = 6_000;
    /// Most records between the first unsettled one and the last, while somebody else on the partition could do more.
    const SPAN: i64 = 2_048;
    let receiver = Receiver::start();
    receiver.script("/bad", [Reply::hang()]);
    let keys = ", timeout: 2s, max_in_flight: 10, give_up_after: 1h";
    let mut setup = neighbours("holds-back", &receiver, receiver.url("/bad"), keys);
    setup.tiers = vec!["10m"];
    setup.retries = "{ tiers: [10m], give_up_after: 1h }".to_owned();
    let program = setup.start_ready();
    produce(&setup, 0, BOTH as usize);
    wait_for_healthy(&receiver, BOTH as usize, Duration::from_secs(60));
    // At five a second the bad one alone would need twenty minutes.
    until("the offset to follow", Duration::from_secs(40), || {
        let committed = setup.committed("deliver", "deliveries").get(&0).copied().unwrap_or(0);
        (committed >= 2 * BOTH - SPAN).then_some(())
    });
    let overflowed = program.metric("webhooks_deliveries_delayed_total", &["\"bad\"", "overflow"]);
    assert!((1.0..=6_000.0).contains(&overflowed), "{overflowed}");
    assert_eq!(program.metric("webhooks_deliveries_delayed_total", &["\"healthy\""]), 0.0);
    assert_eq!(count(&receiver, "/healthy"), BOTH as usize, "each once");
}

#[test]
fn a_retry_does_not_wait_behind_what_a_hanging_neighbour_has_parked() {
    const BOTH: usize = 6_000;
    let receiver = Receiver::start();
    receiver.script("/bad", [Reply::hang()]);
    // The healthy one fails twenty times in all, in the midst of it.
    let mut replies = vec![Reply::status(200); 3_000];
    replies.extend(vec![Reply::status(503); 20]);
    replies.push(Reply::status(200));
    receiver.script("/healthy", replies);
    let keys = ", timeout: 2s, max_in_flight: 10, give_up_after: 1h";
    let mut setup = neighbours("retry-beside", &receiver, receiver.url("/bad"), keys);
    setup.tiers = vec!["1s"];
    setup.retries = "{ tiers: [1s], give_up_after: 1h }".to_owned();
    let program = setup.start_ready();
    produce(&setup, 0, BOTH);
    // At five a second the bad one would need twenty minutes for what stands in front of the retries.
    wait_for_healthy(&receiver, BOTH + 20, Duration::from_secs(60));
    assert_eq!(program.metric("webhooks_deliveries_delayed_total", &["\"healthy\"", "retry"]), 20.0);
    assert!(program.metric("webhooks_deliveries_delayed_total", &["\"bad\"", "overflow"]) >= 1.0);
}

#[test]
fn a_destination_that_refuses_does_not_stop_its_neighbour() {
    let receiver = Receiver::start();
    let setup = neighbours("refuses", &receiver, "http://127.0.0.1:9/", "");
    let program = setup.start_ready();
    produce(&setup, 0, EVENTS);
    wait_for_healthy(&receiver, EVENTS, Duration::from_secs(20));
    // The waves of returning records of the bad one stand in nobody's way either.
    until("the bad one's dead letters", Duration::from_secs(40), || {
        let dead = program.metric("webhooks_deliveries_dead_lettered_total", &["\"bad\"", "expired"]);
        (dead >= 500.0).then_some(())
    });
    assert_eq!(program.metric("webhooks_deliveries_delivered_total", &["\"healthy\""]), 500.0);
    program.stop();
    assert_eq!(count(&receiver, "/healthy"), EVENTS, "each once");
}

#[test]
fn a_backlog_of_returning_records_does_not_stand_in_the_way_of_a_fresh_event() {
    const BACKLOG: usize = 2_000;
    let receiver = Receiver::start();
    // Four at once, 20 ms each: 200 a second, so the backlog returns for many seconds, several times over.
    receiver.script("/bad", [Reply::status(503).after(Duration::from_millis(20))]);
    let mut setup = neighbours("returns", &receiver, receiver.url("/bad"), ", max_in_flight: 4");
    setup.retries = "{ tiers: [100ms, 200ms, 400ms], give_up_after: 10m }".to_owned();
    let program = setup.start_ready();
    produce(&setup, 0, BACKLOG);
    wait_for_healthy(&receiver, BACKLOG, Duration::from_secs(40));
    let returned = |least| {
        let delayed = program.metric("webhooks_deliveries_delayed_total", &["\"bad\"", "retry"]);
        (delayed >= least).then_some(())
    };
    for fresh in 0..10_u32 {
        // Between two fresh events the bad one's records go on returning.
        until("the backlog to go on returning", Duration::from_secs(30), || returned(f64::from(fresh + 1) * 200.0));
        let start = Instant::now();
        produce(&setup, BACKLOG + fresh as usize, 1);
        wait_for_healthy(&receiver, BACKLOG + 1 + fresh as usize, Duration::from_secs(2));
        assert!(start.elapsed() < Duration::from_secs(2));
    }
    assert_eq!(program.metric("webhooks_deliveries_dead_lettered_total", &["\"bad\""]), 0.0, "they all still return");
}

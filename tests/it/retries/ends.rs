//! When retrying ends: statuses that are retried, `max_attempts`, and what is found past its deadline.

use super::{EVENT, assert_headers, delivery_id};
use crate::support::program::Setup;
use crate::support::receiver::{Receiver, Reply};
use crate::support::topics::New;

#[test]
fn max_attempts_ends_it_before_the_window() {
    let receiver = Receiver::start();
    receiver.script("*", [Reply::status(503)]);
    let mut setup = Setup::local("max-attempts");
    setup.retries = "{ tiers: [50ms], give_up_after: 4h }".to_owned();
    setup.tiers = vec!["50ms"];
    setup.destination("crm", receiver.url("/hook"), ", max_attempts: 3");
    let program = setup.start_ready();
    setup.events(&[EVENT]);

    let dead = setup.wait_for("dead-letters", 1).remove(0);
    setup.quiet();
    assert_eq!(receiver.requests().len(), 3);
    assert_headers(&dead, &[("reason", "attempts_exhausted"), ("fault", "receiver"), ("attempts", "3"), ("hops", "2")]);
    assert_eq!(dead.header("final-wait"), None);
    assert_eq!(program.metric("webhooks_deliveries_dead_lettered_total", &[r#"reason="attempts_exhausted""#]), 1.0);
    program.stop();
}

#[test]
fn retry_on_replaces_the_statuses_that_are_retried() {
    let receiver = Receiver::start();
    receiver.script("/gone", [Reply::status(404), Reply::status(200)]);
    receiver.script("/broken", [Reply::status(500)]);
    receiver.script("/busy", [Reply::status(429).header("retry-after", "0")]);
    let mut setup = Setup::local("retry-on");
    for id in ["gone", "broken", "busy"] {
        setup.destination(id, receiver.url(&format!("/{id}")), ", retry_on: [404]");
    }
    let program = setup.start_ready();
    setup.events(&[EVENT]);

    program.counts("webhooks_deliveries_delivered_total", &[r#"destination="gone""#], 1.0);
    let dead = setup.wait_for("dead-letters", 2);
    setup.quiet();
    assert_eq!(receiver.requests_for("/gone").len(), 2);
    let labels = [r#"destination="gone""#, r#"outcome="server_error""#];
    assert_eq!(program.metric("webhooks_attempts_total", &labels), 1.0, "one so retried counts as server error");
    for (id, status) in [("broken", "500"), ("busy", "429")] {
        assert_eq!(receiver.requests_for(&format!("/{id}")).len(), 1);
        let letter = dead.iter().find(|letter| letter.key_text() == id).unwrap();
        assert_headers(letter, &[("reason", "rejected"), ("last-outcome", "rejected"), ("last-status", status)]);
    }
    program.stop();
}

/// A delivery whose window closed hours ago, as it is found after a long time without a replica.
fn found_late(setup: &Setup, key: &'static str, offset: i64) -> New<'static> {
    let long_ago = (jiff::Timestamp::now() - jiff::SignedDuration::from_hours(5)).strftime("%Y-%m-%dT%H:%M:%S.123Z");
    let headers = vec![
        ("delivery-id", delivery_id(offset)),
        ("source", format!("{}/0@{offset}", setup.topic("events"))),
        ("accepted-at", long_ago.to_string()),
        ("attempts", "4".to_owned()),
        ("last-attempt-at", long_ago.to_string()),
        ("window-started-at", long_ago.to_string()),
        ("hops", "4".to_owned()),
        ("last-outcome", "timed_out".to_owned()),
    ];
    New { key: Some(key.as_bytes()), value: Some(EVENT.as_bytes()), headers, ..New::default() }
}

#[test]
fn what_is_found_past_its_deadline_gets_exactly_one_last_attempt() {
    let receiver = Receiver::start();
    receiver.script("/down", [Reply::status(500)]);
    let mut setup = Setup::local("found-late");
    setup.destination("down", receiver.url("/down"), "");
    setup.destination("back", receiver.url("/back"), "");
    setup.create_topics();
    setup.put("deliveries", found_late(&setup, "down", 1));
    setup.put("deliveries", found_late(&setup, "back", 2));
    let program = setup.start();
    program.ready();

    let dead = setup.wait_for("dead-letters", 1);
    setup.quiet();
    assert_eq!(receiver.requests_for("/down").len(), 1);
    assert_eq!(receiver.requests_for("/back").len(), 1);
    assert_eq!(dead.len(), 1, "a last attempt that succeeds delivers");
    assert_eq!(program.metric("webhooks_deliveries_delivered_total", &[r#"destination="back""#]), 1.0);
    assert_headers(
        &dead[0],
        &[
            ("reason", "expired"),
            ("delivery-id", &delivery_id(1)),
            ("attempts", "5"),
            ("hops", "4"),
            ("last-outcome", "server_error"),
            ("last-status", "500"),
        ],
    );
    assert_eq!(receiver.requests_for("/back")[0].header("webhook-id"), Some(delivery_id(2).as_str()));
    for tier in &setup.tiers {
        assert!(setup.read(&format!("delays.{tier}")).is_empty());
    }
    program.stop();
}

//! Deliveries of a destination that is not known or not enabled wait for it, and are given up at the deadline;
//! tiers that are no longer in the file are still emptied.

use super::{EVENT, assert_headers, delivery_id};
use crate::support::program::Setup;
use crate::support::receiver::{Receiver, Reply};
use crate::support::topics::New;

fn delivery(key: &'static str) -> New<'static> {
    let headers = vec![("delivery-id", delivery_id(7))];
    New { key: Some(key.as_bytes()), value: Some(EVENT.as_bytes()), headers, ..New::default() }
}

/// The first replica cannot deliver, the second one can.
fn goes_out_with_the_next_replica(name: &str, keys_before: Option<&str>) {
    let receiver = Receiver::start();
    let mut setup = Setup::local(name);
    setup.restarts();
    setup.retries = "{ tiers: [50ms, 100ms], give_up_after: 1h }".to_owned();
    setup.tiers = vec!["50ms", "100ms"];
    setup.destination("neighbour", receiver.url("/neighbour"), "");
    let others = setup.destinations.clone();
    if let Some(keys) = keys_before {
        setup.destination("late", receiver.url("/late"), keys);
    }
    let program = setup.start_ready();
    setup.put("deliveries", delivery("late"));
    program.counts("webhooks_deliveries_delayed_total", &[r#"cause="unknown""#], 2.0);
    program.stop();
    assert!(receiver.requests().is_empty());

    setup.destinations = others;
    setup.destination("late", receiver.url("/late"), "");
    let program = setup.start();
    let seen = receiver.wait_for(1);
    setup.quiet();
    assert_eq!(receiver.requests().len(), 1);
    assert_eq!(seen[0].path, "/late");
    assert_eq!(seen[0].header("webhook-id"), Some(delivery_id(7).as_str()));
    assert!(setup.read("dead-letters").is_empty());
    program.stop();
}

#[test]
fn a_delivery_waits_for_its_destination_to_be_known() {
    goes_out_with_the_next_replica("unknown-known", None);
}

#[test]
fn a_delivery_waits_for_its_destination_to_be_enabled() {
    goes_out_with_the_next_replica("disabled-enabled", Some(", enabled: false"));
}

#[test]
fn what_stays_without_its_destination_is_given_up_for_that_reason() {
    let receiver = Receiver::start();
    let mut setup = Setup::local("absent-end");
    setup.retries = "{ tiers: [50ms, 100ms], give_up_after: 1s }".to_owned();
    setup.tiers = vec!["50ms", "100ms"];
    setup.destination("off", receiver.url("/off"), ", enabled: false");
    let program = setup.start_ready();
    setup.put("deliveries", delivery("nobody"));
    setup.put("deliveries", New { headers: vec![("delivery-id", delivery_id(8))], ..delivery("off") });

    let dead = setup.wait_for("dead-letters", 2);
    setup.quiet();
    for (key, reason, label) in [("nobody", "unknown_destination", "unknown"), ("off", "destination_disabled", "off")] {
        let letter = dead.iter().find(|letter| letter.key_text() == key).unwrap();
        assert_headers(letter, &[("reason", reason), ("fault", "us"), ("attempts", "0")]);
        assert!(letter.header("window-started-at").is_some() && letter.header("last-outcome").is_none());
        assert_eq!(letter.value.as_deref(), Some(EVENT.as_bytes()));
        let labels = [format!("destination=\"{label}\""), format!("reason=\"{reason}\"")];
        let labels = [labels[0].as_str(), labels[1].as_str()];
        assert_eq!(program.metric("webhooks_deliveries_dead_lettered_total", &labels), 1.0);
    }
    assert!(receiver.requests().is_empty(), "nobody was called");
    program.stop();
}

#[test]
fn a_disabled_destination_gets_no_new_deliveries() {
    let receiver = Receiver::start();
    let mut setup = Setup::local("disabled");
    setup.destination("off", receiver.url("/off"), ", enabled: false");
    let program = setup.start_ready();
    setup.events(&[EVENT]);
    setup.passed("route", "events");
    assert!(setup.read("deliveries").is_empty());
    assert_eq!(program.metric("webhooks_events_filtered_total", &[r#"reason="destination_disabled""#]), 1.0);
    program.stop();
}

#[test]
fn tiers_taken_out_of_the_file_are_still_emptied() {
    let receiver = Receiver::start();
    receiver.script("*", [Reply::status(500), Reply::status(200)]);
    let mut setup = Setup::local("old-tier");
    setup.restarts();
    setup.retries = "{ tiers: [1500ms], give_up_after: 1h }".to_owned();
    setup.tiers = vec!["1500ms", "100ms"];
    setup.destination("crm", receiver.url("/hook"), "");
    let program = setup.start_ready();
    setup.events(&[EVENT]);
    setup.wait_for("delays.1500ms", 1);
    program.stop();

    setup.retries = "{ tiers: [100ms], give_up_after: 1h }".to_owned();
    let program = setup.start();
    let seen = receiver.wait_for(2);
    setup.quiet();
    assert_eq!(seen[0].header("webhook-id"), seen[1].header("webhook-id"));
    assert!(seen[1].at - seen[0].at >= std::time::Duration::from_millis(1500), "not early");
    program.stop();
}

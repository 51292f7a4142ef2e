//! The consumer drops copies that a crash between an append and its commit leaves behind.

use std::time::Duration;

use crate::support::program::Setup;
use crate::support::receiver::{Receiver, Reply};
use crate::support::topics::New;
use crate::support::wait::holds;

const ID: &str = "dlv_3dfczbawfqtyn5k3kxawrybhgb";

fn copy() -> New<'static> {
    New {
        key: Some(b"crm"),
        value: Some(br#"{"type":"track","messageId":"m1"}"#),
        headers: vec![
            ("delivery-id", ID.to_owned()),
            ("source", "events/0@0".to_owned()),
            ("accepted-at", "2026-01-01T00:00:00.000Z".to_owned()),
        ],
        ..New::default()
    }
}

#[test]
fn a_copy_in_the_deliveries_topic_is_dropped_and_its_offset_passes() {
    let receiver = Receiver::start();
    let mut setup = Setup::local("copies");
    setup.destination("crm", receiver.url("/hook"), "");
    let program = setup.start_ready();
    // The first is still under way when the second arrives; the third comes when it is over.
    receiver.script("/hook", [Reply::status(200).after(Duration::from_millis(300))]);
    setup.put("deliveries", copy());
    setup.put("deliveries", copy());
    setup.passed("deliver", "deliveries");
    setup.put("deliveries", copy());
    setup.passed("deliver", "deliveries");
    assert_eq!(program.metric("webhooks_deliveries_repeated_total", &["\"crm\""]), 2.0);
    assert_eq!(receiver.requests().len(), 1);
    assert_eq!(receiver.requests()[0].header("webhook-id"), Some(ID));
}

#[test]
fn a_copy_in_a_tier_returns_once() {
    let receiver = Receiver::start();
    let mut setup = Setup::local("tier-copies");
    setup.destination("crm", receiver.url("/hook"), "");
    let _program = setup.start_ready();
    let waiting = || {
        let mut record = copy();
        record.headers.push(("hops", "1".to_owned()));
        record
    };
    setup.put("delays.200ms", waiting());
    setup.put("delays.200ms", waiting());
    setup.passed("delay", "delays.200ms");
    setup.passed("deliver", "deliveries");
    assert_eq!(setup.read("deliveries").len(), 1, "one returned");
    holds("one request", Duration::from_millis(300), || receiver.requests().len() == 1);
}

#[test]
fn the_next_hop_of_a_delivery_is_not_a_copy_of_the_last() {
    let receiver = Receiver::start();
    receiver.script("/hook", [Reply::status(503), Reply::status(503), Reply::status(200)]);
    let mut setup = Setup::local("hops");
    setup.destination("crm", receiver.url("/hook"), "");
    let program = setup.start_ready();
    setup.put("deliveries", copy());
    program.counts("webhooks_deliveries_delivered_total", &["\"crm\""], 1.0);
    assert_eq!(receiver.requests().len(), 3);
    assert_eq!(program.metric("webhooks_deliveries_repeated_total", &[]), 0.0);
}

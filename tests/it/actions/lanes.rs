//! Lanes by mapping: one that is down, or slow, holds no other back; what its name says nothing of waits.

use std::time::Duration;

use super::{json, produce};
use crate::support::program::Setup;
use crate::support::receiver::{Receiver, Reply};
use crate::support::wait::until;

fn mapping(name: &str, url: impl std::fmt::Display, more: &str) -> String {
    format!("name: {name}, trigger: 'type = \"track\"', url: \"{url}\"{more}")
}

fn track(number: usize) -> String {
    format!(r#"{{"type":"track","messageId":"m{number}","properties":{{"n":{number}}}}}"#)
}

#[test]
fn a_mapping_that_hangs_does_not_hold_another_of_its_destination_back() {
    let receiver = Receiver::start();
    receiver.script("/hangs", [Reply::hang()]);
    let mut setup = Setup::local("mapping-hangs");
    setup.partitions = 1;
    let (well, hangs) = (mapping("well", receiver.url("/well"), ""), mapping("hangs", receiver.url("/hangs"), ""));
    setup.mappings("crm", &[&hangs, &well], ", max_in_flight: 10, breaker: { after: 0 }");
    let program = setup.start_ready();
    produce(&setup, &(0..300).map(track).collect::<Vec<_>>());
    until("all that is well", Duration::from_secs(30), || {
        let well = receiver.requests().iter().filter(|seen| seen.path == "/well").count();
        (well == 300).then_some(())
    });
    let hanging = receiver.requests().iter().filter(|seen| seen.path == "/hangs").count();
    assert!((1..=27).contains(&hanging), "{hanging}: nine at once, ten seconds each");
    drop(program);
}

#[test]
fn the_breaker_of_one_mapping_leaves_the_others_alone() {
    let receiver = Receiver::start();
    receiver.script("/down", [Reply::status(503)]);
    let mut setup = Setup::local("mapping-down");
    let (well, down) = (mapping("well", receiver.url("/well"), ""), mapping("down", receiver.url("/down"), ""));
    setup.mappings("crm", &[&down, &well], ", breaker: { after: 3 }");
    let program = setup.start_ready();
    produce(&setup, &(0..100).map(track).collect::<Vec<_>>());
    program.counts("webhooks_deliveries_delivered_total", &["\"crm\""], 100.0);
    until("an open breaker", Duration::from_secs(20), || {
        (program.metric("webhooks_breaker_state", &["\"crm\""]) > 0.0).then_some(())
    });
    program.counts("webhooks_deliveries_dead_lettered_total", &["\"crm\"", "expired"], 100.0);
    let letters = setup.read("dead-letters");
    assert!(letters.iter().all(|letter| letter.header("mapping") == Some("down")), "{:?}", letters[0]);
    drop(program);
}

#[test]
fn an_unknown_mapping_may_be_a_roll_out_and_waits() {
    let receiver = Receiver::start();
    let mut setup = Setup::local("mapping-unknown");
    setup.retries = "{ tiers: [100ms, 200ms, 400ms], give_up_after: 1h }".to_owned();
    let (a, b) = (mapping("a", receiver.url("/a"), ""), mapping("b", receiver.url("/b"), ""));
    setup.mappings("crm", &[&a, &b], "");
    let program = setup.start_ready();
    let before = std::mem::take(&mut setup.destinations);
    produce(&setup, &[track(0)]);
    program.counts("webhooks_deliveries_delivered_total", &["\"crm\""], 2.0);
    program.stop();

    // `b` is renamed while one of its deliveries is on its way.
    let c = mapping("c", receiver.url("/c"), "");
    setup.mappings("crm", &[&a, &c], "");
    let renamed = setup.start();
    renamed.ready();
    let key = b"crm".as_slice();
    let record = crate::support::topics::New {
        key: Some(key),
        value: Some(br#"{"type":"track","messageId":"late"}"#),
        headers: vec![("mapping", "b".to_owned())],
        ..Default::default()
    };
    crate::support::topics::produce_all(&setup.brokers(), &setup.topic("deliveries"), &[record]);
    until("a wait", Duration::from_secs(20), || {
        (renamed.metric("webhooks_deliveries_delayed_total", &["\"crm\"", "unknown"]) > 0.0).then_some(())
    });
    assert!(renamed.log().contains("does not serve"), "{}", renamed.log());
    renamed.stop();
    setup.destinations = before;
    let back = setup.start();
    back.ready();
    let late = until("the late one", Duration::from_secs(20), || {
        receiver.requests().into_iter().find(|seen| seen.path == "/b" && json(&seen.body)["messageId"] == "late")
    });
    assert!(late.header("webhook-id").is_some());
    back.stop();
}

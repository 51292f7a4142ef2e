//! Records that a stranger wrote into the deliveries topic: what cannot be read counts as absent, and nothing does harm.

use crate::support::program::Setup;
use crate::support::receiver::{Receiver, Reply};
use crate::support::topics::{New, produce_all};

const EVENT: &str = r#"{"type":"track","event":"x"}"#;

fn record(headers: &[(&'static str, &str)]) -> New<'static> {
    let headers = headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    New { key: Some(b"crm"), value: Some(EVENT.as_bytes()), headers, ..New::default() }
}

#[test]
fn forged_headers_of_a_delivery_do_no_harm() {
    let long = "x".repeat(10_000);
    let records = [
        record(&[]),
        record(&[("attempts", "-1"), ("last-attempt-at", "2026-01-01T00:00:00.000Z")]),
        record(&[("attempts", "9223372036854775808"), ("hops", "9223372036854775808"), ("replays", "4294967295")]),
        record(&[("attempts", "many"), ("hops", ""), ("last-status", "teapot")]),
        record(&[("window-started-at", "9999-12-31T23:59:59.999Z"), ("accepted-at", "9999-12-31T23:59:59.999Z")]),
        record(&[("window-started-at", "-009999-01-01T00:00:00Z"), ("last-attempt-at", "yesterday")]),
        record(&[("delivery-id", "dlv_zzzzzzzzzzzzzzzzzzzzzzzzzz"), ("source", &long)]),
        record(&[("delivery-id", "../../x\r\nevil: 1"), ("last-error", &long), ("last-outcome", &long)]),
        record(&[("final-wait", "perhaps"), ("reason", "expired"), ("fault", "us"), ("dead-at", "now")]),
        New {
            binary: vec![("delivery-id", b"\xff\xfe\0"), ("attempts", b"\xff"), ("source", b"\xc3\x28")],
            ..record(&[])
        },
        New { binary: vec![("\u{1f4a5}", b"\0"), ("", b"")], ..record(&[]) },
    ];
    let receiver = Receiver::start();
    let mut setup = Setup::local("forged");
    setup.destination("crm", receiver.url("/hook"), "");
    let program = setup.start_ready();
    produce_all(&setup.brokers(), &setup.topic("deliveries"), &records);

    let seen = receiver.wait_for(records.len());
    setup.quiet();
    assert_eq!(receiver.requests().len(), records.len(), "each once");
    let mut ids: Vec<_> = seen.iter().map(|seen| seen.header("webhook-id").unwrap()).collect();
    assert!(ids.iter().all(|id| id.starts_with("dlv_") && id.len() == 30), "{ids:?}");
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), records.len(), "each has an id of its own");
    assert!(seen.iter().all(|seen| seen.header("evil").is_none() && seen.body == EVENT.as_bytes()));
    assert!(setup.read("dead-letters").is_empty());
    program.stop();
}

#[test]
fn a_mapping_that_nobody_has_ends_as_unknown_with_its_bytes() {
    let receiver = Receiver::start();
    let mut setup = Setup::local("forged-mapping");
    setup.retries = "{ tiers: [100ms], give_up_after: 500ms }".to_owned();
    setup.tiers = vec!["100ms"];
    setup.destination("crm", receiver.url("/hook"), "");
    let program = setup.start_ready();
    setup.put("deliveries", record(&[("mapping", &"x".repeat(10_000))]));

    let dead = setup.wait_for("dead-letters", 1).remove(0);
    setup.quiet();
    assert_eq!((dead.header("reason"), dead.value.as_deref()), (Some("unknown_destination"), Some(EVENT.as_bytes())));
    assert_eq!(dead.header("mapping").map(str::len), Some(256));
    assert!(receiver.requests().is_empty());
    program.stop();
}

#[test]
fn forged_times_cannot_keep_a_delivery_for_ever() {
    let receiver = Receiver::start();
    receiver.script("*", [Reply::status(500)]);
    let mut setup = Setup::local("forged-times");
    setup.retries = "{ tiers: [100ms], give_up_after: 1s }".to_owned();
    setup.tiers = vec!["100ms"];
    setup.destination("crm", receiver.url("/hook"), "");
    let program = setup.start_ready();
    setup.put("deliveries", record(&[("window-started-at", "9999-12-31T23:59:59.999Z")]));

    let dead = setup.wait_for("dead-letters", 1).remove(0);
    setup.quiet();
    assert_eq!(dead.header("reason"), Some("expired"));
    let started = dead.header("window-started-at").unwrap();
    assert!(started < "3000", "the window cannot begin after the record that says so: {started}");
    program.stop();
}

#[test]
fn keys_that_name_no_destination_end_as_unknown_with_their_bytes() {
    let keys: [Option<&[u8]>; 5] =
        [None, Some(b""), Some(b"\xff\x00\xfe"), Some(b"No Such Destination!"), Some(b"unknown")];
    let receiver = Receiver::start();
    let mut setup = Setup::local("forged-keys");
    setup.retries = "{ tiers: [100ms], give_up_after: 500ms }".to_owned();
    setup.tiers = vec!["100ms"];
    setup.destination("crm", receiver.url("/hook"), "");
    let program = setup.start_ready();
    let records = keys.map(|key| New { key, ..record(&[]) });
    produce_all(&setup.brokers(), &setup.topic("deliveries"), &records);
    // A value that is no event cannot make a request.
    setup.put("deliveries", New { value: Some(b"\xff"), ..record(&[]) });
    setup.put("deliveries", New { value: None, ..record(&[]) });

    let dead = setup.wait_for("dead-letters", keys.len() + 2);
    setup.quiet();
    let with = |reason| dead.iter().filter(move |letter| letter.header("reason") == Some(reason));
    let mut ended: Vec<_> = with("unknown_destination").map(|letter| letter.key.clone().unwrap_or_default()).collect();
    let mut expected = keys.map(|key| key.unwrap_or_default().to_vec());
    ended.sort();
    expected.sort();
    assert_eq!(ended, expected);
    assert_eq!(with("invalid_request").count(), 2);
    assert!(receiver.requests().is_empty(), "nobody was called");
    program.stop();
}

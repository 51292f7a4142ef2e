//! Receivers that ask for patience: the tier that covers Retry-After, and no attempt spent.

use std::time::Duration;

use super::{EVENT, assert_headers};
use crate::support::program::Setup;
use crate::support::receiver::{Receiver, Reply};

/// `Retry-After` as a date, the first form of RFC 9110 section 5.6.7, so far from now.
fn date_in(wait: Duration) -> String {
    let then = jiff::Timestamp::now() + wait;
    then.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

#[test]
fn a_throttled_delivery_waits_in_the_tier_that_covers_retry_after() {
    let date = date_in(Duration::from_secs(900));
    let cases = [
        ("silent", 429, None, "100ms"),
        ("zero", 429, Some("0"), "100ms"),
        ("seconds", 429, Some("2"), "5s"),
        ("exact", 429, Some("5"), "5s"),
        ("date", 429, Some(date.as_str()), "30m"),
        ("past", 429, Some("Sun, 06 Nov 1994 08:49:37 GMT"), "100ms"),
        ("longest", 429, Some("86400"), "1h"),
        ("unavailable", 503, Some("6"), "30m"),
        ("unreadable", 429, Some("soon"), "100ms"),
    ];
    let receiver = Receiver::start();
    let mut setup = Setup::local("throttled");
    setup.retries = "{ tiers: [100ms, 5s, 30m, 1h], give_up_after: 4h }".to_owned();
    setup.tiers = vec!["100ms", "5s", "30m", "1h"];
    for (id, status, retry_after, _) in cases {
        let mut refusal = Reply::status(status);
        if let Some(text) = retry_after {
            refusal = refusal.header("retry-after", text);
        }
        receiver.script(&format!("/{id}"), [refusal, Reply::status(200)]);
        setup.destination(id, receiver.url(&format!("/{id}")), "");
    }
    let program = setup.start_ready();
    setup.events(&[EVENT]);

    program.counts("webhooks_deliveries_delayed_total", &[r#"cause="throttled""#], cases.len() as f64);
    for tier in ["100ms", "5s", "30m", "1h"] {
        let waiting = setup.read(&format!("delays.{tier}"));
        let mut keys: Vec<_> = waiting.iter().map(|record| record.key_text()).collect();
        let mut expected: Vec<_> =
            cases.iter().filter(|(_, _, _, own)| *own == tier).map(|(id, ..)| (*id).to_owned()).collect();
        keys.sort();
        expected.sort();
        assert_eq!(keys, expected, "in {tier}");
        for record in &waiting {
            assert_headers(record, &[("attempts", "0"), ("last-outcome", "throttled"), ("hops", "1")]);
            assert!(record.header("last-attempt-at").is_some() && record.header("window-started-at").is_some());
        }
    }
    for id in ["silent", "zero", "past", "unreadable"] {
        let own = format!("destination=\"{id}\"");
        program.counts("webhooks_deliveries_delivered_total", &[&own], 1.0);
        assert_eq!(receiver.requests_for(&format!("/{id}")).len(), 2);
        assert_eq!(program.metric("webhooks_attempts_total", &[&own, r#"outcome="throttled""#]), 1.0);
    }
    program.stop();
}

#[test]
fn throttled_attempts_do_not_exhaust_a_delivery() {
    let receiver = Receiver::start();
    let throttled = || Reply::status(429).header("retry-after", "0");
    let replies = [throttled(), throttled(), throttled(), Reply::status(500), throttled(), Reply::status(200)];
    receiver.script("*", replies);
    let mut setup = Setup::local("throttled-often");
    setup.retries = "{ tiers: [50ms], give_up_after: 4h, max_attempts: 2 }".to_owned();
    setup.tiers = vec!["50ms"];
    setup.destination("crm", receiver.url("/hook"), "");
    let program = setup.start_ready();
    setup.events(&[EVENT]);

    program.counts("webhooks_deliveries_delivered_total", &[], 1.0);
    setup.quiet();
    assert_eq!(receiver.requests().len(), 6);
    let mut waits = setup.read("delays.50ms");
    waits.sort_by_key(|record| record.header("hops").map(str::to_owned));
    let attempts: Vec<_> = waits.iter().map(|record| record.header("attempts")).collect();
    assert_eq!(attempts, ["0", "0", "0", "1", "1"].map(Some));
    assert!(setup.read("dead-letters").is_empty());
    program.stop();
}

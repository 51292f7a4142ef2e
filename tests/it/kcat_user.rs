//! The consumer as a person with a terminal meets it: events typed into the real kcat, received by a stranger's program in
//! Node that verifies signatures as Segment documents it. Apache Kafka only.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::kafka::kcat;
use crate::support::cluster::Cluster;
use crate::support::program::Setup;
use crate::support::skipped;
use crate::verify::{NodeReceiver, Verified};

const SAMPLES: &str = include_str!("../fixtures/samples.jsonl");
const SECRET: &str = "a shared secret, ünïcode too";

/// What goes out with a classic request, and nothing else: ours, and what HTTP needs.
const HEADERS: [&str; 7] =
    ["accept", "content-length", "content-type", "host", "user-agent", "webhook-id", "x-signature"];

fn check(seen: &Verified, node: &NodeReceiver) {
    assert_eq!(seen.path, "/hook?source=kafka");
    assert!(seen.restringified, "the documented recipe: {seen:?}");
    assert!(seen.raw, "the raw bytes: {seen:?}");
    let header = |name: &str| seen.headers.get(name).map(String::as_str);
    assert_eq!(header("user-agent"), Some("Segment.io/1.0"));
    assert_eq!(header("content-type"), Some("application/json"));
    assert_eq!(header("host"), node.url().strip_prefix("http://"));
    let signature = header("x-signature").unwrap_or_default();
    assert!(signature.len() == 40 && signature.bytes().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f')), "{signature}");
    let names: BTreeSet<_> = seen.headers.keys().map(String::as_str).collect();
    assert_eq!(names, BTreeSet::from(HEADERS));
}

#[test]
fn samples_typed_into_kcat_are_verified_by_a_stranger() {
    let Some(cluster) = Cluster::apache() else { return skipped("kcat and Node") };
    let node = NodeReceiver::start(SECRET).unwrap();
    let mut setup = Setup::local_on(cluster, "kcat");
    let url = format!("{}/hook?source=kafka", node.url());
    setup.destination("crm", url, &format!(", shared_secret: \"{SECRET}\""));
    let program = setup.start_ready();
    let samples: Vec<&str> = SAMPLES.lines().collect();
    assert_eq!(samples.len(), 7, "one of each call");
    kcat::produce(&setup.brokers(), &setup.topic("events"), &samples, Some("user-1")).unwrap();

    let mut calls = BTreeSet::new();
    let mut ids = BTreeSet::new();
    for _ in &samples {
        let seen = node.next(Duration::from_secs(30)).unwrap();
        check(&seen, &node);
        calls.extend(seen.call.clone());
        ids.extend(seen.headers.get("webhook-id").cloned());
    }
    assert_eq!(
        calls,
        BTreeSet::from(["page", "screen", "identify", "track", "alias", "group", "delete"].map(String::from))
    );
    assert_eq!(ids.len(), 7);
    setup.quiet();
    assert!(node.next(Duration::ZERO).is_err(), "each once");

    let deliveries = kcat::consume(&setup.brokers(), &setup.topic("deliveries")).unwrap();
    assert_eq!(deliveries.len(), 7);
    for delivery in &deliveries {
        assert_eq!(delivery.key.as_deref(), Some("crm"));
        assert!(samples.contains(&delivery.value.as_deref().unwrap_or_default()), "byte for byte");
        assert!(delivery.header("delivery-id").is_some_and(|id| ids.contains(id)));
        assert!(delivery.header("source").is_some_and(|source| source.starts_with(&setup.topic("events"))));
        assert_eq!(delivery.header("attempts"), None, "absent before the first attempt");
    }
    program.stop();
}

#[test]
fn dead_letters_explain_themselves_in_kcat() {
    let Some(cluster) = Cluster::apache() else { return skipped("dead letters in kcat") };
    let mut setup = Setup::local_on(cluster, "kcat-dead");
    setup.destination("crm", "http://127.0.0.1:9/hook", ", max_attempts: 1");
    let program = setup.start_ready();
    kcat::produce(&setup.brokers(), &setup.topic("events"), &[r#"{"type":"track"}"#, "no event"], None).unwrap();
    setup.wait_for("dead-letters", 2);

    let letters = kcat::consume(&setup.brokers(), &setup.topic("dead-letters")).unwrap();
    let with = |reason| letters.iter().find(|letter| letter.header("reason") == Some(reason)).unwrap();
    let exhausted = with("attempts_exhausted");
    assert_eq!((exhausted.key.as_deref(), exhausted.value.as_deref()), (Some("crm"), Some(r#"{"type":"track"}"#)));
    assert_eq!((exhausted.header("last-outcome"), exhausted.header("fault")), (Some("unreachable"), Some("receiver")));
    let malformed = with("malformed");
    assert_eq!((malformed.key.as_deref(), malformed.value.as_deref()), (None, Some("no event")));
    program.stop();
}

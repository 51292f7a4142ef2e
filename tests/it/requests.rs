//! The requests of Webhooks (Actions) as a receiver sees them: those of the fixtures, and what is ours alone.
//! No Kafka: deliveries are handed to a lane's sender, with a real receiver on 127.0.0.1.

mod case;
mod fixtures;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use kafka_webhooks::attempt::request::{Clients, Sender};
use kafka_webhooks::attempt::verdict::Verdict;
use kafka_webhooks::delivery::id::{DeliveryId, Origin};
use kafka_webhooks::delivery::{Delivery, MadeBy};
use kafka_webhooks::event::json::{BigIntegers, Tree};
use kafka_webhooks::outcome::Outcome;
use kafka_webhooks::outcome::disposition::Progress;
use kafka_webhooks::outcome::time::KafkaTime;
use kafka_webhooks::route::actions::{BatchTerms, Data, SendMapping};
use kafka_webhooks::route::audiences::{AudienceCalls, Audiences};
use kafka_webhooks::route::destination::{ConnectionProfile, Destination, DestinationId, Secret, Sends};
use kafka_webhooks::route::filter::Filters;
use kafka_webhooks::route::flow::BreakerTerms;
use kafka_webhooks::route::mapping::Mapping;
use kafka_webhooks::route::trigger::Trigger;

use crate::support::receiver::{Receiver, Reply};

/// A time for deliveries; none of these tests is about it.
fn then() -> KafkaTime {
    KafkaTime::from_millis(1_700_000_000_000)
}

fn tree(json: &str) -> Tree {
    Tree::read(json.as_bytes(), BigIntegers::Exact).unwrap()
}

fn mapping(json: &str) -> Mapping {
    Mapping::parse(&tree(json)).unwrap()
}

/// A mapping that sends the whole event to this address.
fn to(url: &str) -> SendMapping {
    SendMapping {
        name: None,
        enabled: true,
        trigger: Trigger::parse(r#"type = "track""#).unwrap(),
        url: mapping(url),
        method: mapping(r#""POST""#),
        headers: None,
        data: Data::WholeEvent,
        batch: None,
    }
}

fn in_batches(mapping: SendMapping) -> SendMapping {
    let batch = BatchTerms { size: 1000, wait: Duration::from_secs(1), keys: Vec::new() };
    SendMapping { batch: Some(batch), ..mapping }
}

/// Connections to loopback, which the address rule refuses otherwise.
fn local() -> ConnectionProfile {
    ConnectionProfile { allow_networks: vec!["127.0.0.0/8".parse().unwrap()], ..ConnectionProfile::default() }
}

fn sender(mapping: SendMapping, secret: Option<&str>, connection: ConnectionProfile) -> Sender {
    let destination = Destination {
        id: DestinationId::new("crm").unwrap(),
        enabled: true,
        paused: false,
        spread: 1,
        sends: Sends::Mappings(vec![Arc::new(mapping)]),
        filters: Filters::default(),
        shared_secret: secret.map(Secret::new),
        timeout: Duration::from_secs(10),
        max_in_flight: 1,
        rate_limit: None,
        breaker: BreakerTerms::OFF,
        give_up_after: Duration::from_secs(1),
        max_attempts: None,
        retry_on: None,
        big_integers: BigIntegers::Exact,
        audiences: Audiences::None,
        audience_calls: AudienceCalls::Identify,
        connection,
    };
    Sender::all(&destination, &mut Clients::default()).unwrap().remove(0).1
}

fn delivery(offset: i64, event: &str) -> Delivery {
    let (topic, partition, message_id, mapping) = ("events", 0, None, None);
    let origin = Origin { topic, partition, offset, time: then(), message_id, destination: b"crm", mapping };
    Delivery {
        id: DeliveryId::of(&origin),
        key: Bytes::from_static(b"crm"),
        destination: DestinationId::new("crm").ok(),
        source: format!("events/0@{offset}").into(),
        accepted_at: then(),
        mapping: None,
        progress: Progress::default(),
        last: None,
        made_by: MadeBy::Route,
        stamp: None,
        value: Bytes::copy_from_slice(event.as_bytes()),
    }
}

async fn attempt(sender: &Sender, events: &[&str]) -> Verdict {
    let deliveries: Vec<Delivery> = (0..).zip(events).map(|(offset, event)| delivery(offset, event)).collect();
    sender.attempt(&deliveries, then()).await.unwrap()
}

#[tokio::test]
async fn an_address_made_of_an_event_obeys_the_address_rule() {
    let receiver = Receiver::start();
    let sender = sender(to(r#"{"@path":"$.to"}"#), None, ConnectionProfile::default());
    for host in
        ["127.0.0.1", "localhost", "127.1", "2130706433", "0x7f.1", "127.0.0.%31", "[::ffff:127.0.0.1]", "[::1]"]
    {
        let event = format!(r#"{{"to":"http://{host}:{}/x?token=hidden"}}"#, receiver.address().port());
        let verdict = attempt(&sender, &[&event]).await;
        assert_eq!(verdict.outcome, Outcome::Blocked, "{host}: {verdict:?}");
        assert!(!verdict.error.unwrap().contains("hidden"), "{host}");
    }
    assert_eq!(receiver.connections(), 0);
}

#[tokio::test]
async fn one_connection_does_not_open_the_way_to_another_address() {
    let receiver = Receiver::start();
    let sender = sender(to(r#"{"@path":"$.to"}"#), None, local());
    let to = |url: url::Url| format!(r#"{{"to":"{url}"}}"#);
    assert_eq!(attempt(&sender, &[&to(receiver.url("/"))]).await.outcome, Outcome::Delivered);
    let refused = attempt(&sender, &["{\"to\":\"http://169.254.169.254/latest\"}"]).await;
    assert_eq!(refused.outcome, Outcome::Blocked);
    assert_eq!(attempt(&sender, &[&to(receiver.url_as("localhost", "/"))]).await.outcome, Outcome::Delivered);
}

#[tokio::test]
async fn an_address_that_http_cannot_carry_is_an_invalid_request() {
    let receiver = Receiver::start();
    let sender = sender(to(r#"{"@path":"$.to"}"#), None, local());
    for (length, outcome) in [(59_000, Outcome::Delivered), (70_000, Outcome::InvalidRequest)] {
        let event = format!(r#"{{"to":"{}{}"}}"#, receiver.url("/"), "a".repeat(length));
        assert_eq!(attempt(&sender, &[&event]).await.outcome, outcome, "{length}");
    }
    assert_eq!(receiver.requests().len(), 1);
}

#[tokio::test]
async fn a_batch_has_one_verdict_and_an_id_that_stays() {
    let receiver = Receiver::start();
    receiver.script("*", [Reply::status(503).header("retry-after", "7"), Reply::status(200)]);
    let sender = sender(in_batches(to(&format!("\"{}\"", receiver.url("/")))), Some("abc123"), local());
    let events = [r#"{"n":1}"#, r#"{"n":2}"#];
    let first = attempt(&sender, &events).await;
    assert_eq!((first.outcome, first.retry_after), (Outcome::Throttled, Some(Duration::from_secs(7))));
    assert!(!first.asks_for_less());
    assert_eq!(attempt(&sender, &events).await.outcome, Outcome::Delivered);
    let seen = receiver.requests();
    assert_eq!(seen[0].body, r#"[{"n":1},{"n":2}]"#);
    let ids: Vec<_> = seen.iter().map(|seen| seen.header("webhook-id").unwrap()).collect();
    assert!(ids[0].starts_with("bat_") && ids[0] == ids[1], "{ids:?}");
}

#[tokio::test]
async fn too_much_at_once_asks_for_less() {
    let receiver = Receiver::start();
    receiver.script("*", [Reply::status(413)]);
    let sender = sender(in_batches(to(&format!("\"{}\"", receiver.url("/")))), None, local());
    let verdict = attempt(&sender, &["{}", "{}"]).await;
    assert!(verdict.asks_for_less() && verdict.outcome == Outcome::Rejected, "{verdict:?}");
    let spoilt = attempt(&sender, &["{}", "[]"]).await;
    assert!(spoilt.asks_for_less() && spoilt.outcome == Outcome::InvalidRequest, "{spoilt:?}");
    assert_eq!(receiver.requests().len(), 1);
}

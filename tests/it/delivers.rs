//! The consumer delivers what a person puts into the events topic: signed, exactly as Segment would, once.

use std::time::Duration;

use kafka_webhooks::attempt::signature::signature;
use kafka_webhooks::route::destination::Secret;

use crate::support::cluster::Cluster;
use crate::support::program::Setup;
use crate::support::receiver::{Receiver, Seen};
use crate::support::topics::{New, produce_all, read_all};
use crate::support::wait::until;

const SAMPLES: &str = include_str!("../fixtures/samples.jsonl");

/// A setup with one destination that may call loopback.
fn one_destination(name: &str, receiver: &Receiver) -> Setup {
    let mut setup = Setup::new(Cluster::start(), name);
    setup.more = "http: { allow_networks: [127.0.0.0/8] }".to_owned();
    setup.destinations =
        format!("  - {{ id: crm, type: webhooks, url: \"{}\", shared_secret: s3cret }}\n", receiver.url("/hook"));
    setup
}

fn wait_for(receiver: &Receiver, count: usize) -> Vec<Seen> {
    until(&format!("{count} requests"), Duration::from_secs(30), || {
        let seen = receiver.requests();
        (seen.len() >= count).then_some(seen)
    })
}

#[test]
fn the_seven_sample_calls_arrive_signed_and_once() {
    let receiver = Receiver::start();
    let setup = one_destination("samples", &receiver);
    let program = setup.start_ready();
    let samples: Vec<&str> = SAMPLES.lines().collect();
    let records: Vec<_> = samples.iter().map(|line| New { value: Some(line.as_bytes()), ..New::default() }).collect();
    produce_all(&setup.brokers(), &setup.topic("events"), &records);

    let seen = wait_for(&receiver, samples.len());
    let mut bodies: Vec<_> = seen.iter().map(|request| String::from_utf8(request.body.to_vec()).unwrap()).collect();
    let mut expected: Vec<_> = samples.iter().map(|sample| (*sample).to_owned()).collect();
    bodies.sort();
    expected.sort();
    assert_eq!(bodies, expected);
    for request in &seen {
        let signed = signature(&Secret::new("s3cret"), &request.body);
        assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", "/hook"));
        assert_eq!(request.header("x-signature"), signed.as_deref());
        assert_eq!(request.header("user-agent"), Some("Segment.io/1.0"));
        assert_eq!(request.header("content-type"), Some("application/json"));
        assert!(request.header("webhook-id").is_some_and(|id| id.starts_with("dlv_") && id.len() == 30));
    }
    program.stop();
    assert_eq!(receiver.requests().len(), samples.len(), "each once");
}

#[test]
fn the_value_stays_byte_for_byte_in_kafka_and_is_javascripts_text_on_the_wire() {
    let receiver = Receiver::start();
    let setup = one_destination("bytes", &receiver);
    let program = setup.start_ready();
    let odd = r#" { "type" : "track", "n": 1.0, "2": true, "1": "\u00e9" } "#;
    produce_all(&setup.brokers(), &setup.topic("events"), &[New { value: Some(odd.as_bytes()), ..New::default() }]);

    let seen = wait_for(&receiver, 1);
    assert_eq!(&seen[0].body[..], r#"{"1":"é","2":true,"type":"track","n":1}"#.as_bytes());
    let deliveries = read_all(&setup.brokers(), &setup.topic("deliveries"));
    assert_eq!(deliveries.len(), 1);
    assert_eq!(deliveries[0].value.as_deref(), Some(odd.as_bytes()));
    assert_eq!(deliveries[0].key_text(), "crm");
    assert_eq!(deliveries[0].header("delivery-id"), seen[0].header("webhook-id"));
    assert!(deliveries[0].header("source").is_some_and(|source| source.starts_with(&setup.topic("events"))));
    program.stop();
}

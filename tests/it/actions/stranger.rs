//! A receiver in Node follows both recipes Segment documents and verifies every request of twelve mappings: the body of one
//! event, and the first element of a batch. Apache Kafka only, where Node is installed too.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::produce;
use crate::support::cluster::Cluster;
use crate::support::program::Setup;
use crate::support::{note, size, skipped};
use crate::verify::{NodeReceiver, Verified};

const SECRET: &str = "a shared secret, ünïcode too";
const CALLS: [&str; 4] = ["track", "identify", "page", "group"];

/// Twelve mappings: by type, by property, by glob; whole events, texts, lists, Liquid; three of them in batches.
const MAPPINGS: [(&str, &str, &str); 12] = [
    ("all-track", r#"type = "track""#, ""),
    ("put", r#"type = "identify""#, "method: PUT"),
    ("patch", r#"type = "page""#, "method: PATCH, data: { name: { '@path': '$.properties.name' }, n: 1.50 }"),
    (
        "paid",
        r#"type = "track" and properties.total >= 500"#,
        "headers: { X-Total: { '@path': '$.properties.total' } }",
    ),
    ("template", r#"match(event, "Order*")"#, "data: { text: { '@template': '{{event}} by {{userId}} – ✓' } }"),
    (
        "odd-text",
        r#"properties.odd = true"#,
        "data: { text: { '@path': '$.properties.text' }, n: { '@path': '$.properties.small' } }",
    ),
    ("liquid", r#"type = "group""#, "data: { up: { '@liquid': '{{ userId | upcase }}' } }"),
    (
        "list",
        r#"type = "track""#,
        "data: { skus: { '@arrayPath': ['$.properties.items', { id: { '@path': '$.sku' } }] } }",
    ),
    ("nowhere", r#"type = "track" and properties.total < 0"#, ""),
    ("bulk", r#"type = "track""#, "enable_batching: true, batch_size: 100, batch_wait: 300ms"),
    (
        "bulk-mapped",
        r#"type != "track""#,
        "enable_batching: true, batch_size: 7, batch_wait: 100ms, data: { messageId: { '@path': '$.messageId' }, n: { '@path': '$.properties.small' } }",
    ),
    (
        "bulk-keyed",
        r#"type = "page""#,
        "enable_batching: true, batch_wait: 100ms, batch_keys: [data.userId], headers: { X-User: { '@path': '$.userId' } }",
    ),
];

fn event(number: usize) -> String {
    let call = CALLS[number % CALLS.len()];
    let odd = number.is_multiple_of(5);
    let total = number % 1_000;
    format!(
        r#"{{"type":"{call}","event":"Order {number}","userId":"u{}","messageId":"m{number}","properties":{{"10":1,"2":2.0,"total":{total},"odd":{odd},"text":"\u00e9\u2028\ud83d\ude00/\"<&","small":{number}e-7,"name":"N","items":[{{"sku":"a"}},{{"sku":{number}.50}}]}}}}"#,
        number % 9,
    )
}

fn setup(cluster: Cluster, node: &NodeReceiver) -> Setup {
    let mut setup = Setup::local_on(cluster, "stranger");
    let mappings: Vec<String> = MAPPINGS
        .iter()
        .map(|(name, trigger, more)| {
            let comma = if more.is_empty() { "" } else { ", " };
            format!("name: {name}, url: \"{}/{name}\", trigger: '{trigger}'{comma}{more}", node.url())
        })
        .collect();
    let mappings: Vec<&str> = mappings.iter().map(String::as_str).collect();
    setup.mappings("crm", &mappings, &format!(", shared_secret: \"{SECRET}\""));
    setup
}

/// What each mapping is to get, by its trigger said in other words.
fn wanted(name: &str, number: usize) -> bool {
    let call = CALLS[number % CALLS.len()];
    match name {
        "all-track" | "list" | "bulk" => call == "track",
        "put" => call == "identify",
        "patch" | "bulk-keyed" => call == "page",
        "paid" => call == "track" && number % 1_000 >= 500,
        "template" => true,
        "odd-text" => number.is_multiple_of(5),
        "liquid" => call == "group",
        "bulk-mapped" => call != "track",
        _ => false,
    }
}

#[test]
fn every_request_of_twelve_mappings_is_verified_by_a_stranger() {
    let Some(cluster) = Cluster::apache() else { return skipped("twelve mappings and Node") };
    let count = size(1_500, 10_000);
    let node = NodeReceiver::start(SECRET).unwrap();
    let setup = setup(cluster, &node);
    let program = setup.start_ready();
    produce(&setup, &(0..count).map(event).collect::<Vec<_>>());

    let of = |name: &str| (0..count).filter(|number| wanted(name, *number)).count();
    let expected: usize = MAPPINGS.iter().map(|(name, ..)| of(name)).sum();
    let (mut events, mut requests) = (0, Vec::new());
    while events < expected {
        let seen = node.next(Duration::from_secs(60)).unwrap();
        assert!(seen.restringified, "{seen:?}");
        assert!(seen.raw != seen.items.is_some(), "of a batch only the first element is signed: {seen:?}");
        assert_eq!(seen.headers.get("user-agent").map(String::as_str), Some("Segment (Actions)"));
        events += seen.items.as_ref().map_or(1, Vec::len);
        requests.push(seen);
    }
    setup.quiet();
    assert!(node.next(Duration::ZERO).is_err(), "each once");
    note(&format!("{count} events, {} requests with {events} deliveries, each verified by Node", requests.len()));

    let mut by_mapping: BTreeMap<&str, Vec<&Verified>> = BTreeMap::new();
    for seen in &requests {
        by_mapping.entry(seen.path.trim_start_matches('/')).or_default().push(seen);
    }
    for (name, ..) in MAPPINGS {
        let seen = by_mapping.remove(name).unwrap_or_default();
        let got: usize = seen.iter().map(|seen| seen.items.as_ref().map_or(1, Vec::len)).sum();
        assert_eq!(got, of(name), "{name}");
        let method = match name {
            "put" => "PUT",
            "patch" => "PATCH",
            _ => "POST",
        };
        assert!(seen.iter().all(|seen| seen.method == method), "{name}");
        assert!(seen.iter().all(|seen| seen.items.is_some() == name.starts_with("bulk")), "{name}");
        let ids: BTreeSet<_> = seen.iter().filter_map(|seen| seen.headers.get("webhook-id")).collect();
        assert_eq!(ids.len(), seen.len(), "{name}: an id for each request");
    }
    assert!(by_mapping.is_empty(), "{by_mapping:?}");
    program.stop();
}

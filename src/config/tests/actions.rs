//! Tests of what mappings and filters mean: defaults, everything written, the hash, and that nothing secret is shown.

use std::sync::Arc;
use std::time::Duration;

use super::{Scene, destination, loaded, mapping};
use crate::config::Config;
use crate::event::json::{BigIntegers, Tree};
use crate::route::actions::{BatchKey, BatchTerms, Data, SendMapping};
use crate::route::destination::Sends;
use crate::route::filter::Verdict;

const LEAST: &str = "trigger: type = \"track\"\nurl: https://a.example/";

const FULL: &str = r#"
destinations:
  - id: crm
    type: webhooks_actions
    shared_secret: ${CRM_SECRET}
    filters:
      - title: no tests
        if: event = "Test"
        actions: [{ type: drop }]
      - if: all
        actions:
          - { type: sample, percent: 0.5, path: userId }
          - { type: drop_properties, fields: { "": [a, $b], context.traits: [email] } }
      - { title: off, enabled: false, if: 'type = "identify"', actions: [{ type: allow_properties, fields: { traits: [name] } }] }
    mappings:
      - name: orders → crm
        enabled: false
        trigger: type = "track" and event = "Order ${WORD}"
        url: { "@template": "https://a.example/{{properties.id}}?token=url-t0ken" }
        method: PATCH
        headers:
          X-Team: growth
          Authorization: Bearer head-t0ken
          X-User: { "@path": "$.userId" }
          X-Count: 007
          X-Number: 7
        data:
          id: { "@path": "$.properties.id" }
          big: 12345678901234567890
          hex: 0x10
          word: ${WORD}
          price: 5$$ or $5
          secret: data-t0ken
          nothing: ~
        enable_batching: true
        batch_size: 10
        batch_keys: [url, data.account.id, method, headers, data, data.account.id, headers.X-User]
        batch_wait: 0s
      - name: rest
        trigger: type = "identify"
        url: https://${NO:-b.example}/$x
        data: ~
"#;

fn mappings(config: &Config) -> &[Arc<SendMapping>] {
    match &config.destinations[0].sends {
        Sends::Mappings(mappings) => mappings,
        Sends::Hooks(_) => panic!("a destination of Actions"),
    }
}

#[test]
fn a_mapping_with_trigger_and_url_gets_every_default() {
    let config = loaded(mapping(LEAST));
    assert_eq!(config.destinations[0].timeout, Duration::from_secs(10));
    let [mapping] = mappings(&config) else { panic!("one mapping") };
    assert_eq!((&mapping.name, mapping.enabled, mapping.trigger.text()), (&None, true, "type = \"track\""));
    assert_eq!(mapping.url.constant(), Some(&Tree::from("https://a.example/")));
    assert_eq!(mapping.method.constant(), Some(&Tree::from("POST")));
    assert!(mapping.headers.is_none() && mapping.batch.is_none());
    assert!(matches!(mapping.data, Data::WholeEvent));
    assert!(config.destinations[0].filters.is_empty());
    let batching = loaded(mapping_of("enable_batching: true"));
    let usual = BatchTerms { size: 1000, wait: Duration::from_secs(1), keys: Vec::new() };
    assert_eq!(mappings(&batching)[0].batch, Some(usual));
}

fn mapping_of(line: &str) -> String {
    mapping(&format!("{LEAST}\n{line}"))
}

#[test]
fn no_data_is_the_whole_event_and_nothing_is_no_body() {
    for (line, expected) in [
        ("", "WholeEvent"),
        ("data: { \"@path\": \"$.\" }", "WholeEvent"),
        ("data:\n  '@path': $.", "WholeEvent"),
        ("data: ~", "Nothing"),
        ("data:", "Nothing"),
        ("data: { \"@path\": \"$.x\" }", "Mapped"),
        ("data: {}", "Mapped"),
    ] {
        let config = loaded(mapping_of(line));
        let shown = format!("{:?}", mappings(&config)[0].data);
        assert!(shown.starts_with(expected), "{line}: {shown}");
    }
}

#[test]
fn what_is_written_in_a_mapping_is_what_is_meant() {
    let config = loaded(FULL);
    let [orders, rest] = mappings(&config) else { panic!("two mappings") };
    assert_eq!((orders.name.as_deref(), orders.enabled), (Some("orders → crm"), false));
    assert_eq!(orders.trigger.text(), "type = \"track\" and event = \"Order hush-hush\"");
    assert_eq!(orders.method.constant(), Some(&Tree::from("PATCH")));
    let event = Tree::read(br#"{"userId":"u1","properties":{"id":5}}"#, BigIntegers::Exact).unwrap();
    let resolved = |part: &crate::route::mapping::Mapping| part.text(&event).unwrap().unwrap();
    assert_eq!(resolved(&orders.url), r#""https://a.example/5?token=url-t0ken""#);
    assert_eq!(
        resolved(orders.headers.as_ref().unwrap()),
        r#"{"X-Team":"growth","Authorization":"Bearer head-t0ken","X-User":"u1","X-Count":"007","X-Number":7}"#
    );
    let Data::Mapped(data) = &orders.data else { panic!("mapped") };
    let expected = r#"{"id":5,"big":12345678901234567890,"hex":16,"word":"hush-hush","price":"5$ or $5","secret":"data-t0ken","nothing":null}"#;
    assert_eq!(resolved(data), expected);
    let keys = [["data", "account", "id"].map(Box::from).into(), ["data"].map(Box::from).into()].map(BatchKey).into();
    assert_eq!(orders.batch, Some(BatchTerms { size: 10, wait: Duration::ZERO, keys }));
    assert_eq!(rest.url.constant(), Some(&Tree::from("https://b.example/$x")));
    assert!(matches!(rest.data, Data::Nothing));
}

#[test]
fn integers_beyond_2_to_53_become_what_the_destination_says() {
    let yaml = mapping_of("data: { big: 12345678901234567890 }");
    let yaml = yaml.replace("    mappings:", "    big_integers: javascript\n    mappings:");
    let config = loaded(yaml);
    let Data::Mapped(data) = &mappings(&config)[0].data else { panic!("mapped") };
    assert_eq!(data.written().text(), r#"{"big":12345678901234567000}"#);
}

#[test]
fn what_is_written_in_filters_is_what_is_meant() {
    let config = loaded(FULL);
    let filters = &config.destinations[0].filters;
    let tree = |text: &str| Tree::read(text.as_bytes(), BigIntegers::Exact).unwrap();
    let mut test = tree(r#"{"type":"track","event":"Test","userId":"u6"}"#);
    assert!(matches!(filters.apply(&mut test), Verdict::Dropped { .. }));
    let passes = |user: &&String| {
        let mut event = tree(&format!(r#"{{"type":"track","userId":"{user}"}}"#));
        matches!(filters.apply(&mut event), Verdict::Kept { .. })
    };
    let users: Vec<String> = (0..50).map(|n| format!("u{n}")).collect();
    let passing: Vec<&String> = users.iter().filter(passes).collect();
    assert!((10..40).contains(&passing.len()), "{passing:?}");
    let user = passing[0];
    let mut event = tree(&format!(
        r#"{{"type":"identify","a":1,"$b":2,"userId":"{user}","context":{{"traits":{{"email":"e"}}}}}}"#
    ));
    assert_eq!(filters.apply(&mut event), Verdict::Kept { changed: true });
    assert_eq!(event.text(), format!(r#"{{"type":"identify","userId":"{user}","context":{{"traits":{{}}}}}}"#));
    assert_eq!(filters.name(0).to_string(), "filter 1 (`no tests`)");
}

#[test]
fn classic_destinations_have_filters_too() {
    let config = loaded(destination("url: https://a.example/\nfilters: [{ if: all, actions: [{ type: drop }] }]"));
    assert!(!config.destinations[0].filters.is_empty());
}

#[test]
fn a_proxy_or_a_listed_network_permits_a_literal_address_in_a_mapping() {
    let local = mapping("trigger: type = \"track\"\nurl: http://127.0.0.1/");
    assert_eq!(Scene::new(&local).complaints().len(), 1);
    for line in ["allow_networks: [127.0.0.0/8]", "proxy: http://p:3128"] {
        let yaml = local.replace("    mappings:", &format!("    {line}\n    mappings:"));
        assert_eq!(Scene::new(yaml).complaints(), [""; 0], "{line}");
    }
}

#[test]
fn a_mapping_may_be_120_levels_deep() {
    let deep = |levels: usize| format!("data: {}1{}", "{ a: ".repeat(levels), " }".repeat(levels));
    assert_eq!(Scene::new(mapping_of(&deep(120))).complaints(), [""; 0]);
    assert_eq!(Scene::new(mapping_of(&deep(130))).complaints().len(), 1);
}

#[test]
fn debug_shows_no_url_header_or_data_of_a_mapping() {
    let shown = format!("{:?}", loaded(FULL));
    for secret in ["t0ken", "growth", "s3cr3t", "properties.id"] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
    assert!(shown.contains("orders → crm"));
}

#[test]
fn the_hash_changes_with_anything_in_mappings_and_filters_but_secrets() {
    let hash = loaded(FULL).hash;
    for (from, to) in [
        ("Bearer head-t0ken", "Bearer other"),
        ("hex: 0x10", "hex: 16"),
        ("[url, data", "[data"),
        ("X-Count: 007", "X-Count: '007'"),
        ("data: ~", "data:"),
    ] {
        assert_eq!(loaded(FULL.replacen(from, to, 1)).hash, hash, "{from} → {to}");
    }
    for (from, to) in [
        ("orders → crm", "orders"),
        ("enabled: false\n        trigger", "enabled: true\n        trigger"),
        ("Order ${WORD}", "Order"),
        ("?token=", "?t="),
        ("PATCH", "PUT"),
        ("X-Team: growth", "X-Team: sales"),
        ("$.userId", "$.anonymousId"),
        ("X-Number: 7", "X-Number: 8"),
        ("hex: 0x10", "hex: 17"),
        ("data: ~", ""),
        ("batch_size: 10", "batch_size: 11"),
        ("batch_wait: 0s", "batch_wait: 1s"),
        ("data.account.id,", "data.account,"),
        ("title: no tests", "title: none"),
        ("event = \"Test\"", "event = \"Tests\""),
        ("percent: 0.5", "percent: 0.6"),
        ("path: userId", "path: anonymousId"),
        ("traits: [email]", "traits: [mail]"),
        ("enabled: false, if", "if"),
        ("traits: [name]", "traits: [names]"),
    ] {
        assert!(FULL.contains(from), "{from}");
        assert_ne!(loaded(FULL.replacen(from, to, 1)).hash, hash, "{from} → {to}");
    }
}

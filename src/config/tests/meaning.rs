//! Tests of what a valid configuration means: defaults, what is taken over, the hash, and that
//! nothing secret is shown.

use std::time::Duration;

use crate::event::json::BigIntegers;
use crate::route::audiences::{AudienceCalls, Audiences};
use crate::route::destination::{Destination, Hook, Sends};
use crate::route::flow::{BreakerTerms, RequestRate};

use super::super::StartAt;
use super::{Scene, destination, headed, loaded};

const FULL: &str = r#"
kafka:
  brokers: a:1,b:2
  group: g
  properties: { security.protocol: SASL_SSL, sasl.password: "${CRM_SECRET}", linger.ms: 5, broker.version.fallback: 0.10, log.connection.close: false }
topics: { events: e, deliveries: d, delays: w, dead_letters: x, audiences: p, audience_records: q, memberships: m, start_at: 2026-01-31T08:00:00Z }
retries: { tiers: [1s, 1m], give_up_after: 2h, max_attempts: 7 }
http: { max_in_flight: 50, allow_networks: [10.1.2.3/8, 127.0.0.1], proxy: "http://me:pr0xy-pw@proxy:3128" }
admin: { listen: "[::]:80" }
shutdown: { grace: 0s }
destinations:
  - id: crm
    type: webhooks
    hooks:
      - url: https://a.example:${PORT}/x?token=url-t0ken
        headers: { X-Team: growth, Authorization: "Bearer ${WORD}", X-Count: 007 }
      - url: http://10.0.0.1/
    shared_secret: ${CRM_SECRET}
    enabled: false
    timeout: 250ms
    max_in_flight: ${NONE:-3}
    rate_limit: 0.5
    breaker: { after: 0, probe: 2m }
    give_up_after: 1h
    max_attempts: 2
    retry_on: [500, 429, 500]
    big_integers: javascript
    audiences: [vip, "2fa_enabled", vip]
    audience_calls: track
    allow_networks: [192.168.0.0/16, 10.0.0.0/8]
  - { id: plain, type: webhooks, url: http://127.0.0.9/, proxy: https://other:1 }
"#;

#[test]
fn a_file_with_one_destination_gets_every_default() {
    let config = loaded(headed(""));
    assert_eq!(config.kafka.brokers, "localhost:9092");
    assert_eq!(config.kafka.group, "webhooks");
    assert!(config.kafka.properties.is_empty());
    assert_eq!(config.topics.events, "events");
    assert_eq!(config.topics.deliveries, "webhooks.deliveries");
    assert_eq!(config.topics.delays, "webhooks.delays");
    assert_eq!(config.topics.dead_letters, "webhooks.dead-letters");
    assert_eq!(config.topics.audiences, "audiences");
    assert_eq!(config.topics.audience_records, "webhooks.audience-records");
    assert_eq!(config.topics.memberships, "webhooks.memberships");
    assert_eq!(config.topics.start_at, None);
    let tiers: Vec<String> = config.retries.tiers.iter().map(|t| t.name()).collect();
    assert_eq!(tiers, ["10s", "1m", "5m", "15m", "30m", "1h"]);
    assert_eq!(config.retries.give_up_after, Duration::from_secs(4 * 3600));
    assert_eq!(config.retries.max_attempts, None);
    assert_eq!(config.http.max_in_flight, 512);
    assert!(config.http.allow_networks.is_empty() && config.http.proxy.is_none());
    assert_eq!(config.admin.listen.to_string(), "127.0.0.1:9464");
    assert_eq!(config.shutdown.grace, Duration::from_secs(25));
    assert_eq!(config.hash.len(), 12);
    let destination = &config.destinations[0];
    assert_eq!(destination.id.as_str(), "crm");
    assert!(destination.enabled && destination.shared_secret.is_none());
    assert_eq!(hooks(destination)[0].url.as_str(), "https://a.example/");
    assert!(hooks(destination)[0].headers.is_empty());
    assert_eq!(destination.timeout, Duration::from_secs(5));
    assert_eq!(destination.max_in_flight, 100);
    assert_eq!((destination.rate_limit, destination.breaker), (None, BreakerTerms::USUAL));
    assert_eq!(destination.give_up_after, config.retries.give_up_after);
    assert_eq!((destination.max_attempts, &destination.retry_on), (None, &None));
    assert_eq!(destination.big_integers, BigIntegers::Exact);
    assert_eq!((&destination.audiences, destination.audience_calls), (&Audiences::All, AudienceCalls::Identify));
    assert_eq!(destination.connection, Default::default());
}

#[test]
fn what_is_written_is_what_is_meant() {
    let config = loaded(FULL);
    let property = |name: &str| {
        let all = &config.kafka.properties;
        all.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    };
    assert_eq!(property("sasl.password"), Some("s3cr3t-from-env"));
    assert_eq!(property("linger.ms"), Some("5"));
    assert_eq!(property("broker.version.fallback"), Some("0.10"));
    assert_eq!(property("log.connection.close"), Some("false"));
    let topics = &config.topics;
    assert_eq!([&*topics.audiences, &*topics.audience_records, &*topics.memberships], ["p", "q", "m"]);
    let time = "2026-01-31T08:00:00Z".parse().unwrap();
    assert_eq!(config.topics.start_at, Some(StartAt::Time(time)));
    assert_eq!(config.shutdown.grace, Duration::ZERO);
    let [crm, plain] = &config.destinations[..] else {
        panic!("two destinations");
    };
    assert_eq!(hooks(crm)[0].url.port(), Some(8443));
    let headers: Vec<(&str, &str)> = hooks(crm)[0].headers.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    assert_eq!(headers, [("X-Team", "growth"), ("Authorization", "Bearer hush-hush"), ("X-Count", "007")]);
    assert_eq!(crm.shared_secret.as_ref().unwrap().expose(), "s3cr3t-from-env");
    assert!(!crm.enabled);
    assert_eq!(crm.timeout, Duration::from_millis(250));
    assert_eq!(crm.max_in_flight, 3);
    assert_eq!(crm.rate_limit, RequestRate::per_second(0.5));
    let two_minutes = Duration::from_secs(120);
    assert_eq!(crm.breaker, BreakerTerms { after: 0, probe: two_minutes, probe_max: two_minutes });
    assert_eq!(crm.max_attempts, Some(2));
    assert_eq!(crm.retry_on, Some([429, 500].into()));
    assert_eq!(crm.big_integers, BigIntegers::JavaScript);
    assert_eq!(crm.audiences, Audiences::Keys(["2fa_enabled".into(), "vip".into()].into()));
    assert_eq!(crm.audience_calls, AudienceCalls::Track);
    let networks: Vec<String> = crm.connection.allow_networks.iter().map(|n| n.to_string()).collect();
    assert_eq!(networks, ["10.0.0.0/8", "127.0.0.1/32", "192.168.0.0/16"]);
    assert_eq!(crm.connection.proxy, config.http.proxy);
    assert_eq!(plain.connection.proxy.as_ref().unwrap().as_str(), "https://other:1/");
    assert_eq!(plain.max_attempts, Some(7));
    assert_eq!(plain.give_up_after, Duration::from_secs(2 * 3600));
}

#[test]
fn values_of_later_versions_may_stand_where_they_ask_for_nothing() {
    let head = "tests: []\ntoken_key_file: ~\n\
        topics: { audiences: audiences, audience_records: webhooks.audience-records, \
        memberships: webhooks.memberships, replays: webhooks.replays, tokens: webhooks.tokens, \
        attempts: ~ }\n\
        retries: { expire_after: 3d }\nadmin: { token: ~, show_bodies: false }\n";
    let lines = "url: https://a.example/\npaused: false\nrate_limit: ~\nspread: 1\nbreaker: ~\n\
        filters: []\naudiences: all\naudience_calls: identify\nstandard_webhooks_secret: ~\n\
        mappings: []\nauth: ~\ninsert_function: ~\n";
    let config = loaded(format!("{head}{}", destination(lines)));
    assert_eq!(config.hash, loaded(headed("")).hash);
}

#[test]
fn audiences_are_all_none_or_those_of_a_list() {
    for (written, meant) in [
        ("all", Audiences::All),
        ("~", Audiences::All),
        ("none", Audiences::None),
        ("[]", Audiences::None),
        ("[all]", Audiences::Keys(["all".into()].into())),
        ("['${WORD}', j_o__step_dje83h]", Audiences::Keys(["hush-hush".into(), "j_o__step_dje83h".into()].into())),
    ] {
        let config = loaded(destination(&format!("url: https://a.example/\naudiences: {written}")));
        assert_eq!(config.destinations[0].audiences, meant, "{written}");
    }
}

#[test]
fn a_proxy_or_a_listed_network_permits_a_literal_address() {
    for lines in [
        "url: http://127.0.0.1/\nallow_networks: [127.0.0.0/8]",
        "url: http://[::1]/\nallow_networks: [\"::1\"]",
        "url: http://127.0.0.1/\nproxy: http://p:3128",
    ] {
        assert_eq!(Scene::new(destination(lines)).complaints(), [""; 0], "{lines}");
    }
}

#[test]
fn brokers_from_outside_override_the_file_and_are_checked() {
    let mut scene = Scene::new(headed("kafka: { brokers: a:1 }"));
    scene.brokers = Some("b:2".into());
    assert_eq!(scene.load().unwrap().kafka.brokers, "b:2");
    scene.brokers = Some("b:x".into());
    let expected = "webhooks.yaml: --brokers or KAFKA_BROKERS: is not a list of brokers | \
        write host:port, several separated by commas";
    assert_eq!(scene.complaints(), [expected]);
}

#[test]
fn nothing_secret_is_shown_by_debug() {
    let shown = format!("{:?}", loaded(FULL));
    for secret in ["s3cr3t-from-env", "hush-hush", "pr0xy-pw", "url-t0ken"] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
}

#[test]
fn nothing_from_the_environment_is_shown_by_a_complaint() {
    let wordy = FULL
        .replace("250ms", "${WORD}")
        .replace("[500, 429, 500]", "['${WORD}']")
        .replace("id: crm", "id: ${CRM_SECRET}x!")
        .replace("javascript", "${WORD}")
        .replace("events: e", "events: '${WORD} '")
        .replace("[::]:80", "${WORD}")
        .replace("[1s, 1m]", "['${WORD}']")
        .replace("X-Team: growth", "X-Team: \"${WORD}\\n\"")
        .replace("https://other:1", "'${WORD}'")
        .replace("192.168.0.0/16", "'${WORD}'");
    let complaints = Scene::new(wordy).complaints();
    assert_eq!(complaints.len(), 10, "{complaints:#?}");
    let shown = complaints.join("\n");
    for secret in ["s3cr3t", "hush", "127.0.0.77", "pr0xy", "t0ken"] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
}

#[test]
fn the_hash_changes_with_what_is_meant_and_not_with_secrets_or_spelling() {
    let hash = loaded(FULL).hash;
    for (from, to) in [
        ("shared_secret: ${CRM_SECRET}", "shared_secret: another"),
        ("Bearer ${WORD}", "Bearer other"),
        ("pr0xy-pw", "other"),
        ("sasl.password: \"${CRM_SECRET}\"", "sasl.password: other"),
        ("250ms", "0250ms"),
        ("rate_limit: 0.5", "rate_limit: 5.0e-1"),
        ("[500, 429, 500]", "[429, 500]"),
    ] {
        assert_eq!(loaded(FULL.replace(from, to)).hash, hash, "{from} → {to}");
    }
    for (from, to) in [
        ("a.example", "b.example"),
        ("X-Team: growth", "X-Team: sales"),
        ("linger.ms: 5", "linger.ms: 6"),
        ("shared_secret: ${CRM_SECRET}", ""),
        ("enabled: false", "enabled: true"),
        ("grace: 0s", "grace: 1s"),
        ("[1s, 1m]", "[1s, 2m]"),
        ("rate_limit: 0.5", "rate_limit: 5"),
        ("after: 0", "after: 1"),
        ("other:1", "other:2"),
        ("audience_calls: track", "audience_calls: identify"),
        ("audiences: [vip, ", "audiences: [vips, "),
    ] {
        assert_ne!(loaded(FULL.replace(from, to)).hash, hash, "{from} → {to}");
    }
}

fn hooks(destination: &Destination) -> &[Hook] {
    match &destination.sends {
        Sends::Hooks(hooks) => hooks,
        Sends::Mappings(_) => panic!("a classic destination"),
    }
}

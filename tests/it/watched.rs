//! The consumer tells those who watch it what it counts, whether it lives and what it waits for.

use std::collections::BTreeSet;

mod bounded;
mod counts;
mod documented;
mod moves;
mod overtaken;

use crate::kafka::ApacheKafka;
use crate::support::cluster::Cluster;
use crate::support::program::{Program, Setup, command};
use crate::support::receiver::Receiver;
use crate::support::skipped;
use crate::support::states::PATIENCE;
use crate::support::topics::produce;
use crate::support::wait::until;

const OUTCOMES: [&str; 12] = [
    "delivered",
    "rejected",
    "throttled",
    "server_error",
    "timed_out",
    "unreachable",
    "tls_failed",
    "dns_failed",
    "invalid_response",
    "blocked",
    "auth_failed",
    "invalid_request",
];
const REASONS: [&str; 8] = [
    "expired",
    "attempts_exhausted",
    "rejected",
    "invalid_request",
    "malformed",
    "too_large",
    "unknown_destination",
    "destination_disabled",
];
const CAUSES: [&str; 7] = ["retry", "throttled", "breaker", "overflow", "paused", "unknown", "blocked"];
const FILTERED: [&str; 5] = [
    "unsupported_event_type",
    "filtered_by_integrations_object",
    "filtered_by_rules",
    "no_matching_mapping",
    "destination_disabled",
];
/// Gauges that only the replica has that serves the destination.
const OWNED: [&str; 5] = [
    "webhooks_in_flight_requests",
    "webhooks_in_flight_limit",
    "webhooks_queued_deliveries",
    "webhooks_breaker_state",
    "webhooks_paused_until_timestamp_seconds",
];

/// Every counter that must be there from the start with 0, as a series.
fn counters(setup: &Setup, destinations: &[&str]) -> Vec<String> {
    let mut all = vec!["webhooks_connections_opened_total".to_owned(), "webhooks_destinations_folded".to_owned()];
    all.extend(["ok", "failed"].map(|result| format!("webhooks_config_reloads_total{{result=\"{result}\"}}")));
    for tier in ["none", "other", "100ms", "200ms", "400ms"] {
        all.push(format!("webhooks_attempt_lag_seconds_count{{tier=\"{tier}\"}}"));
    }
    for name in ["consumed", "malformed"] {
        for source in ["events", "audiences"] {
            all.push(format!("webhooks_events_{name}_total{{topic=\"{}\"}}", setup.topic(source)));
        }
    }
    all.push("webhooks_memberships".to_owned());
    all.extend(
        ["entered", "exited", "changed"]
            .map(|change| format!("webhooks_membership_changes_total{{change=\"{change}\"}}")),
    );
    for id in destinations {
        for name in ["created", "delivered", "first_attempt_delivered", "repeated", "returned"] {
            all.push(format!("webhooks_deliveries_{name}_total{{destination=\"{id}\"}}"));
        }
        for name in ["webhooks_attempt_duration_seconds", "webhooks_delivery_latency_seconds"] {
            all.push(format!("{name}_count{{destination=\"{id}\"}}"));
        }
        for (name, label, values) in [
            ("webhooks_attempts_total", "outcome", OUTCOMES.as_slice()),
            ("webhooks_deliveries_dead_lettered_total", "reason", &REASONS),
            ("webhooks_deliveries_replayed_total", "reason", &REASONS),
            ("webhooks_deliveries_replayed_total", "reason", &["unknown"]),
            ("webhooks_deliveries_delayed_total", "cause", &CAUSES),
            ("webhooks_events_filtered_total", "reason", &FILTERED),
        ] {
            for value in values {
                // Labels come in the order of their names.
                let mut labels = [format!("destination=\"{id}\""), format!("{label}=\"{value}\"")];
                labels.sort();
                all.push(format!("{name}{{{}}}", labels.join(",")));
            }
        }
    }
    for kind in ["deliveries", "dead-letters", "delays.100ms", "delays.400ms", "audience-records", "memberships"] {
        for result in ["ok", "failed"] {
            let topic = setup.topic(kind);
            all.push(format!("webhooks_kafka_produced_total{{result=\"{result}\",topic=\"{topic}\"}}"));
        }
    }
    let read = ["events", "audiences", "audience-records", "memberships", "deliveries", "delays.200ms"];
    for kind in read {
        for name in ["offset_resets", "records_lost"] {
            all.push(format!("webhooks_kafka_{name}_total{{topic=\"{}\"}}", setup.topic(kind)));
        }
    }
    for stage in ["route", "diff", "deliver", "delay"] {
        for kind in ["assigned", "revoked", "lost"] {
            all.push(format!("webhooks_kafka_rebalances_total{{kind=\"{kind}\",stage=\"{stage}\"}}"));
        }
        for result in ["ok", "failed"] {
            all.push(format!("webhooks_kafka_commits_total{{result=\"{result}\",stage=\"{stage}\"}}"));
        }
    }
    all
}

/// Waits until `/readyz` refuses for a reason that says this.
fn not_ready(program: &Program, because: &str) {
    until(&format!("unreadiness because of {because}"), PATIENCE, || {
        let (status, body) = program.get("/readyz")?;
        (status == 503 && body.contains(because)).then_some(())
    });
}

#[test]
fn counters_start_at_zero_and_a_replica_is_ready_once_its_topics_are_there() {
    let receiver = Receiver::start();
    let mut setup = Setup::local("watched");
    setup.destination("crm", receiver.url("/crm"), "");
    setup.destination("lake", receiver.url("/lake"), ", enabled: false");
    let program = setup.start();
    not_ready(&program, &setup.topic("deliveries"));
    not_ready(&program, "topics create");
    assert_eq!(program.get("/healthz").unwrap(), (200, "ok\n".to_owned()));
    assert_eq!(program.get("/nothing").unwrap().0, 404);

    let (status, text) = program.get("/metrics").unwrap();
    assert_eq!(status, 200);
    let lines: BTreeSet<&str> = text.lines().collect();
    for series in counters(&setup, &["crm", "lake"]) {
        assert!(lines.contains(format!("{series} 0").as_str()), "{series} is not 0 from the start in\n{text}");
    }
    check_format(&text);
    let owned = |text: &str| OWNED.map(|name| text.matches(&format!("\n{name}{{")).count());
    assert_eq!(owned(&text), [0; 5], "nothing is served yet");

    setup.create_topics();
    program.ready();
    assert_eq!(program.get("/readyz").unwrap(), (200, "ok\n".to_owned()));
    setup.events(&[r#"{"type":"track"}"#]);
    receiver.wait_for(1);
    until("the gauges of what is served", PATIENCE, || (owned(&program.get("/metrics")?.1) == [2; 5]).then_some(()));
    let partitions = f64::from(setup.partitions);
    for (stage, topics) in [("route", 3.0), ("diff", 1.0), ("deliver", 1.0), ("delay", 3.0)] {
        let labels = [format!("stage=\"{stage}\"")];
        let assigned = program.metric("webhooks_kafka_assigned_partitions", &[labels[0].as_str()]);
        assert_eq!(assigned, partitions * topics, "{stage}");
    }
    program.stop();
}

/// Prometheus' text format: each family has its help and type before its series, and no series comes twice.
fn check_format(text: &str) {
    let mut families = BTreeSet::new();
    let mut seen = BTreeSet::new();
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').unwrap();
            assert!(["counter", "gauge", "histogram"].contains(&kind), "{line}");
            assert!(families.insert(name), "{name} comes twice");
            continue;
        }
        if line.starts_with("# HELP ") {
            continue;
        }
        let (series, value) = line.rsplit_once(' ').unwrap();
        assert!(value.parse::<f64>().is_ok(), "{line}");
        assert!(seen.insert(series), "{series} comes twice");
        let name = series.split('{').next().unwrap();
        let stems = ["_bucket", "_sum", "_count"].map(|end| name.strip_suffix(end).unwrap_or(name));
        assert!(stems.iter().any(|stem| families.contains(stem)), "{line} belongs to no family");
    }
}

#[test]
fn a_replica_waits_for_a_kafka_that_is_not_there_yet() {
    let Some(cluster) = Cluster::apache() else { return skipped("a Kafka that comes later") };
    let mut later = ApacheKafka::start().unwrap();
    later.kill().unwrap();
    let receiver = Receiver::start();
    let mut setup = Setup::local_on(cluster, "watched-later");
    setup.destination("crm", receiver.url("/hook"), "");
    let mut command = command();
    command.arg("--config").arg(setup.write_config()).args(["run", "--brokers", &later.bootstrap()]);
    let program = Program::spawn(command);
    not_ready(&program, &format!("kafka at {}", later.bootstrap()));
    assert_eq!(program.get("/healthz").unwrap().0, 200);

    later.restart().unwrap();
    not_ready(&program, "topics are missing");
    // Who has no audiences needs no topic for them.
    let kinds = ["events", "deliveries", "dead-letters", "audience-records", "memberships"];
    for kind in kinds.into_iter().chain(["delays.100ms", "delays.200ms", "delays.400ms"]) {
        later.create_topic(&setup.topic(kind), 1, &[]).unwrap();
    }
    program.ready();
    produce(&later.bootstrap(), &setup.topic("events"), r#"{"type":"track"}"#);
    receiver.wait_for(1);
    program.stop();
}

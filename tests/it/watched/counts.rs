//! Each metric counts what it says.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::support::program::{Program, Setup};
use crate::support::receiver::{Receiver, Reply};
use crate::support::states::PATIENCE;
use crate::support::topics::New;
use crate::support::wait::until;

const CREATED: &str = "webhooks_deliveries_created_total";
const REPLAYED: &str = "webhooks_deliveries_replayed_total";
const OLDEST: &str = "webhooks_oldest_accepted_timestamp_seconds";
const LAG: &str = "webhooks_attempt_lag_seconds";
const EVENT: &str = r#"{"type":"track"}"#;

fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64()
}

/// How many series of a metric there are.
fn series(program: &Program, name: &str) -> usize {
    program.get("/metrics").unwrap().1.lines().filter(|line| line.starts_with(&format!("{name}{{"))).count()
}

#[test]
fn what_route_did_not_make_is_counted_once_by_who_settles_it() {
    let receiver = Receiver::start();
    // The first attempt of each fails, so that each also waits and returns.
    let tried = Mutex::new(BTreeSet::new());
    receiver.answer_with("/crm", move |seen| {
        let is_first = tried.lock().unwrap().insert(seen.header("webhook-id").unwrap().to_owned());
        Reply::status(if is_first { 503 } else { 200 })
    });
    let mut setup = Setup::local("made");
    setup.destination("crm", receiver.url("/crm"), ", breaker: { after: 0 }");
    let program = setup.start_ready();
    let put = |id: &str, headers: &[(&'static str, &str)]| {
        let own = headers.iter().map(|(name, value)| (*name, (*value).to_owned()));
        let id = (!id.is_empty()).then(|| ("delivery-id", format!("dlv_{id:0>26}")));
        let headers = id.into_iter().chain(own).collect();
        setup.put("deliveries", New { key: Some(b"crm"), value: Some(EVENT.as_bytes()), headers, ..New::default() });
    };
    put("1", &[("replays", "1"), ("reason", "expired")]);
    put("2", &[("replays", "2")]);
    // One that has waited since was counted when it began to.
    put("3", &[("replays", "1"), ("reason", "expired"), ("hops", "1"), ("attempts", "1")]);
    put("4", &[("made-by", "audiences-sync")]);
    put("", &[]);
    receiver.wait_for(10);
    setup.quiet();
    let of = |name: &str, label: &str| program.metric(name, &[r#"destination="crm""#, label]);
    assert_eq!(of(REPLAYED, r#"reason="expired""#), 1.0);
    assert_eq!(of(REPLAYED, r#"reason="unknown""#), 1.0);
    assert_eq!(of(REPLAYED, ""), 2.0);
    assert_eq!(of(CREATED, ""), 2.0, "what the command made, and a stranger");
    assert_eq!(of("webhooks_deliveries_delivered_total", ""), 5.0);
    assert_eq!(of("webhooks_deliveries_returned_total", ""), 5.0);
    program.stop();
}

#[test]
fn attempts_tell_how_late_they_began() {
    let receiver = Receiver::start();
    receiver.answer_with("/slow", |_| Reply::status(200).after(Duration::from_millis(300)));
    receiver.script("/flaps", [503, 200].map(Reply::status));
    let mut setup = Setup::local("late");
    setup.destination("slow", receiver.url("/slow"), ", max_in_flight: 1");
    setup.destination("flaps", receiver.url("/flaps"), ", max_in_flight: 1, breaker: { after: 0 }");
    let program = setup.start_ready();
    setup.events(&[EVENT; 4]);
    receiver.wait_for(9);
    setup.quiet();
    let of = |end: &str, tier: &str| program.metric(&format!("{LAG}_{end}"), &[&format!("tier=\"{tier}\"")]);
    assert_eq!(of("count", "none"), 8.0);
    // One at a time: the second waits for 300 ms, the third for 600, the fourth for 900.
    assert!((1.7..30.0).contains(&of("sum", "none")), "{}", of("sum", "none"));
    assert_eq!(of("count", "100ms"), 1.0);
    assert!(of("sum", "100ms") < 10.0);
    assert_eq!(program.metric(&format!("{LAG}_count"), &[]), program.metric("webhooks_attempts_total", &[]));
    program.stop();
}

#[test]
fn the_oldest_is_shown_wherever_it_is_held_and_nothing_where_nothing_is() {
    let receiver = Receiver::start();
    receiver.script("/hangs", [Reply::hang()]);
    let mut setup = Setup::local("oldest");
    setup.retries = "{ tiers: [100ms, 200ms, 1h], give_up_after: 4h }".to_owned();
    setup.tiers = vec!["100ms", "200ms", "1h"];
    setup.properties.push_str(", statistics.interval.ms: 200");
    setup.destination("hangs", receiver.url("/hangs"), ", timeout: 1m");
    setup.destination("fine", receiver.url("/fine"), "");
    let throttling = Reply::status(429).header("retry-after", "3000");
    receiver.script("/throttles", [throttling]);
    setup.destination("throttles", receiver.url("/throttles"), "");
    let program = setup.start_ready();
    assert_eq!(series(&program, OLDEST), 0);
    let at = |age: f64| (now() - age).floor();
    let (old, older) = (at(600.0), at(900.0));
    for time in [old, older] {
        let timestamp = Some(time as i64 * 1000 + 700);
        setup.put("events", New { value: Some(EVENT.as_bytes()), timestamp, ..New::default() });
    }
    // Two requests for each; what waits for Retry-After is in the longest tier.
    let oldest = |id: &str| program.metric(OLDEST, &[&format!("destination=\"{id}\"")]);
    until("the oldest", PATIENCE, || {
        let is_held = oldest("hangs") == older && oldest("throttles") == older;
        (is_held && series(&program, OLDEST) == 2).then_some(())
    });
    assert_eq!(program.metric("webhooks_delayed_deliveries", &[r#"tier="1h""#]), 2.0);

    // The group has never committed where it hangs, and lags nevertheless.
    let deliveries = format!("topic=\"{}\"", setup.topic("deliveries"));
    let tier = format!("topic=\"{}\"", setup.topic("delays.1h"));
    let lag = |topic: &str| program.metric("webhooks_kafka_lag_records", &[topic]);
    until("the lag", PATIENCE, || (lag(&tier) == 2.0 && lag(&deliveries) >= 2.0).then_some(()));
    let lags = program.get("/metrics").unwrap().1;
    let of = |topic: &str| {
        lags.lines().filter(|line| line.starts_with("webhooks_kafka_lag_records") && line.contains(topic)).count()
    };
    assert_eq!((of(&deliveries), of(&tier)), (4, 4), "every partition has one");

    let last = || program.metric("webhooks_kafka_last_commit_timestamp_seconds", &[r#"stage="route""#]);
    until("a commit", PATIENCE, || (now() - 60.0..=now()).contains(&last()).then_some(()));
    assert_eq!(series(&program, "webhooks_topic_info"), 9);
    let info = [deliveries.as_str(), r#"kind="deliveries""#, r#"stage="deliver""#];
    assert_eq!(program.metric("webhooks_topic_info", &info), 1.0);
}

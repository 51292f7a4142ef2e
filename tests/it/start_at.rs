//! The consumer does not fire old events at anybody unasked: a new group before old records must be told where to begin.

use std::time::Duration;

use crate::support::audiences::{calls, record};
use crate::support::cluster::{Cluster, on_apache};
use crate::support::program::{Program, Setup, command};
use crate::support::receiver::Receiver;
use crate::support::skipped;
use crate::support::states::PATIENCE;
use crate::support::topics::{New, produce_all};

const HOUR_MS: i64 = 3_600_000;

fn event(name: &str) -> String {
    format!(r#"{{"type":"track","event":"{name}"}}"#)
}

/// A topic with events of two hours and of one hour ago, where the window is two seconds.
fn with_old_events(cluster: Cluster, name: &str, receiver: &Receiver) -> Setup {
    let mut setup = Setup::local_on(cluster, name);
    setup.destination("crm", receiver.url("/hook"), "");
    setup.create_topics();
    let now = jiff::Timestamp::now().as_millisecond();
    let events = [("older", 2), ("old", 1)].map(|(name, hours)| (event(name), now - hours * HOUR_MS));
    let records = [0, 1].map(|index| New {
        value: Some(events[index].0.as_bytes()),
        timestamp: Some(events[index].1),
        partition: Some(2),
        ..New::default()
    });
    produce_all(&setup.brokers(), &setup.topic("events"), &records);
    setup
}

/// The names of the events received, sorted.
fn received(receiver: &Receiver) -> Vec<String> {
    let name = |body: &[u8]| {
        let event: serde_json::Value = serde_json::from_slice(body).unwrap();
        event["event"].as_str().unwrap().to_owned()
    };
    let mut names: Vec<_> = receiver.requests().iter().map(|seen| name(&seen.body)).collect();
    names.sort();
    names
}

fn start_ready(setup: &Setup) -> Program {
    let program = setup.start();
    program.ready();
    program
}

#[test]
fn a_new_group_before_old_events_must_be_told_where_to_begin() {
    let receiver = Receiver::start();
    let setup = with_old_events(Cluster::start(), "start-ask", &receiver);
    let mut program = setup.start();
    let status = program.ended(PATIENCE);
    assert_eq!(status.code(), Some(2), "{}", program.log());
    for word in ["topics.start_at", "`now`", "`beginning`", &setup.topic("events"), &setup.group("route")] {
        assert!(program.log().contains(word), "{word} is missing in {}", program.log());
    }
    assert!(receiver.requests().is_empty());
    assert!(setup.committed("route", "events").is_empty(), "nothing is decided");
}

#[test]
fn from_now_only_new_events_are_delivered_and_then_nothing_is_asked_any_more() {
    let receiver = Receiver::start();
    let mut setup = with_old_events(Cluster::start(), "start-now", &receiver);
    setup.restarts();
    setup.more_topics = "start_at: now".to_owned();
    let program = start_ready(&setup);
    setup.events(&[&event("new")]);
    receiver.wait_for(1);
    setup.quiet();
    assert_eq!(received(&receiver), ["new"]);
    program.stop();

    setup.more_topics = String::new();
    let program = start_ready(&setup);
    setup.events(&[&event("newer")]);
    receiver.wait_for(2);
    setup.quiet();
    assert_eq!(received(&receiver), ["new", "newer"]);
    program.stop();
}

#[test]
fn from_the_beginning_all_are_delivered_and_a_later_answer_moves_nothing() {
    let receiver = Receiver::start();
    let mut setup = with_old_events(Cluster::start(), "start-beginning", &receiver);
    setup.restarts();
    setup.more_topics = "start_at: beginning".to_owned();
    let program = start_ready(&setup);
    setup.events(&[&event("new")]);
    receiver.wait_for(3);
    setup.quiet();
    assert_eq!(received(&receiver), ["new", "old", "older"]);
    program.stop();

    setup.events(&[&event("while nobody ran")]);
    setup.more_topics = "start_at: now".to_owned();
    let program = start_ready(&setup);
    receiver.wait_for(4);
    setup.quiet();
    assert_eq!(received(&receiver), ["new", "old", "older", "while nobody ran"]);
    program.stop();
}

#[test]
fn from_a_time_what_came_after_it_is_delivered() {
    // The embedded Kafka cannot look offsets up by time.
    let Some(cluster) = Cluster::apache() else { return skipped("start_at with a time") };
    let receiver = Receiver::start();
    let mut setup = with_old_events(cluster, "start-time", &receiver);
    let time = jiff::Timestamp::now() - Duration::from_secs(90 * 60);
    setup.more_topics = format!("start_at: \"{time}\"");
    let program = start_ready(&setup);
    setup.events(&[&event("new")]);
    receiver.wait_for(2);
    setup.quiet();
    assert_eq!(received(&receiver), ["new", "old"]);
    program.stop();
}

#[test]
fn events_within_the_window_are_delivered_unasked() {
    let receiver = Receiver::start();
    let mut setup = Setup::local("start-young");
    setup.retries = "{ tiers: [100ms, 200ms, 400ms], give_up_after: 4h }".to_owned();
    setup.destination("crm", receiver.url("/hook"), "");
    setup.create_topics();
    let (value, hour_ago) = (event("young"), jiff::Timestamp::now().as_millisecond() - HOUR_MS);
    setup.put("events", New { value: Some(value.as_bytes()), timestamp: Some(hour_ago), ..New::default() });
    let program = start_ready(&setup);
    receiver.wait_for(1);
    setup.quiet();
    assert_eq!(received(&receiver), ["young"]);
    program.stop();
}

#[test]
fn old_audience_records_are_asked_about_too() {
    let receiver = Receiver::start();
    let mut setup = Setup::local("start-audiences").with_audiences();
    setup.restarts();
    setup.destination("crm", receiver.url("/hook"), "");
    setup.create_topics();
    let (old, hour_ago) = (record("VIP", "u1", true), jiff::Timestamp::now().as_millisecond() - HOUR_MS);
    setup.put("audiences", New { value: Some(old.as_bytes()), timestamp: Some(hour_ago), ..New::default() });
    let mut program = setup.start();
    let status = program.ended(PATIENCE);
    assert_eq!(status.code(), Some(2), "{}", program.log());
    assert!(program.log().contains(&format!("topic {} holds records since", setup.topic("audiences"))));
    if on_apache() {
        // The embedded Kafka tells no settings.
        let said = String::from_utf8(setup.command(&["check", "--online"]).stderr).unwrap();
        assert!(said.contains("topics.start_at"), "{said}");
    }

    setup.more_topics = "start_at: now".to_owned();
    let program = start_ready(&setup);
    setup.audiences(&[record("VIP", "u2", true)]);
    receiver.wait_for(1);
    setup.quiet();
    let told: Vec<_> = calls(&receiver.requests()).into_iter().map(|call| call.user).collect();
    assert_eq!(told, ["u2"]);
    program.stop();
}

/// Has the diff stage alone write that users are members.
fn known_to_diff(setup: &Setup, users: &[&str]) {
    let written = setup.read("memberships").len();
    for user in users {
        let (key, value) = (format!(r#"["userId","{user}"]"#), record("VIP", user, true));
        let new = New { key: Some(key.as_bytes()), value: Some(value.as_bytes()), ..New::default() };
        setup.put("audience-records", new);
    }
    let mut diff = command();
    diff.arg("--config").arg(setup.write_config()).args(["run", "--stages", "diff"]);
    let diff = Program::spawn(diff);
    diff.ready();
    setup.wait_for("memberships", written + users.len());
    diff.stop();
}

#[test]
fn what_was_known_of_members_is_told_from_the_beginning_or_from_now() {
    for (start_at, expected) in [("now", &["new"][..]), ("beginning", &["known", "new"])] {
        let receiver = Receiver::start();
        let mut setup = Setup::local("start-memberships").with_audiences();
        setup.restarts();
        setup.destination("crm", receiver.url("/hook"), "");
        setup.create_topics();
        known_to_diff(&setup, &["known"]);
        setup.more_topics = format!("start_at: {start_at}");
        let program = start_ready(&setup);
        setup.audiences(&[record("VIP", "new", true)]);
        receiver.wait_for(expected.len());
        setup.quiet();
        let mut told: Vec<_> = calls(&receiver.requests()).into_iter().map(|call| call.user).collect();
        told.sort();
        assert_eq!(told, expected, "{start_at}");
        program.stop();
    }
}

#[test]
fn a_group_that_has_read_events_before_hears_of_every_membership() {
    let receiver = Receiver::start();
    let mut setup = Setup::local("start-known").with_audiences();
    setup.restarts();
    setup.destination("crm", receiver.url("/hook"), "");
    setup.create_topics();
    let program = start_ready(&setup);
    setup.events(&[&event("old")]);
    receiver.wait_for(1);
    setup.quiet();
    program.stop();
    known_to_diff(&setup, &["known"]);
    setup.more_topics = "start_at: now".to_owned();
    let program = start_ready(&setup);
    receiver.wait_for(2);
    setup.quiet();
    assert_eq!(calls(&receiver.requests()[1..])[0].user, "known");
    program.stop();
}

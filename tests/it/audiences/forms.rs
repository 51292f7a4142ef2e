//! What destinations get: the audiences they want, in the form they want; and what becomes of deletions and of records that
//! are none.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::audiences::{calls, record, users};
use crate::support::program::Setup;
use crate::support::receiver::{Receiver, Seen};
use crate::support::states::PATIENCE;
use crate::support::topics::New;
use crate::support::wait::until;

fn json(seen: &Seen) -> Value {
    serde_json::from_slice(&seen.body).unwrap()
}

#[test]
fn a_destination_hears_of_the_audiences_it_wants_in_the_form_it_wants() {
    let receiver = Receiver::start();
    let mut setup = Setup::local("audiences-forms").with_audiences();
    for (id, keys) in [
        ("all", ""),
        ("nothing", ", audiences: none"),
        ("some", ", audiences: [vip, ltv]"),
        ("track", ", audience_calls: track"),
    ] {
        setup.destination(id, receiver.url(&format!("/{id}")), keys);
    }
    let program = setup.start_ready();
    let engage = r#"{"type":"identify","messageId":"m-9","userId":"u3","traits":{"ltv":19.5,"plan":"pro"},"timestamp":"2026-01-31T08:00:00Z","context":{"personas":{"computation_class":"trait","computation_key":"ltv","computation_id":"tra_1"}}}"#;
    setup.audiences(&[record("VIP", "u1", true), record("Others", "u2", true), engage.to_owned()]);
    receiver.wait_for(3 + 2 + 3);
    setup.quiet();

    let keys = |path: &str| {
        let calls = receiver.requests_for(path).iter().map(json).collect::<Vec<_>>();
        calls.iter().map(|call| call["context"]["personas"]["computation_key"].to_string()).collect::<BTreeSet<_>>()
    };
    assert_eq!(keys("/all"), [r#""ltv""#, r#""others""#, r#""vip""#].map(str::to_owned).into());
    assert_eq!(keys("/some"), [r#""ltv""#, r#""vip""#].map(str::to_owned).into());
    assert_eq!(receiver.requests_for("/nothing").len(), 0);
    for id in ["nothing", "some"] {
        let labels = [format!("destination=\"{id}\""), "reason=\"filtered_by_rules\"".to_owned()];
        let count = program.metric("webhooks_events_filtered_total", &[&labels[0], &labels[1]]);
        assert_eq!(count, if id == "nothing" { 3.0 } else { 1.0 }, "{id}");
    }
    let of = |path: &str, user: &str| {
        let all = receiver.requests_for(path);
        all.iter().map(json).find(|call| call["userId"] == user).unwrap()
    };
    assert_eq!(of("/all", "u3").to_string(), serde_json::from_str::<Value>(engage).unwrap().to_string());
    let entered = of("/track", "u1");
    assert_eq!((&entered["type"], &entered["event"]), (&"track".into(), &"Audience Entered".into()));
    assert_eq!(entered["properties"].to_string(), r#"{"audience_key":"vip","vip":true}"#);
    let computed = of("/track", "u3");
    assert_eq!((&computed["event"], &computed["properties"]["ltv"]), (&"Trait Computed".into(), &19.5.into()));
    let ids = receiver.requests();
    let ids: BTreeSet<_> = ids.iter().filter_map(|seen| seen.header("webhook-id")).collect();
    assert_eq!(ids.len(), 8, "every call has an id of its own");

    // The deliveries say where they come from, and the memberships read as calls.
    let deliveries = setup.read("deliveries");
    let source = format!("{}/", setup.topic("audiences"));
    assert!(deliveries.iter().all(|own| own.header("source").is_some_and(|at| at.starts_with(&source))));
    let memberships = setup.read("memberships");
    let vip = memberships.iter().find(|own| own.key_text() == r#"["vip","userId","u1"]"#).unwrap();
    assert_eq!((vip.header("state"), vip.header("name")), (Some("true"), Some("VIP")));
    assert_eq!(vip.header("partitions"), Some("4"));
    program.stop();
}

#[test]
fn what_engage_sends_is_sent_on_when_it_changes() {
    let receiver = Receiver::start();
    let mut setup = Setup::local("audiences-engage").with_audiences();
    setup.destination("crm", receiver.url("/crm"), "");
    let program = setup.start_ready();
    let entered = |at: &str| {
        format!(
            r#"{{"type":"track","event":"Audience Entered","userId":"u1","properties":{{"audience_key":"vip","vip":true}},"timestamp":"2026-01-31T08:00:0{at}Z","context":{{"personas":{{"computation_class":"audience","computation_key":"vip"}}}}}}"#
        )
    };
    let exited = entered("3").replace("Entered", "Exited").replace("true", "false");
    setup.audiences(&[entered("1")]);
    receiver.wait_for(1);
    setup.audiences(&[entered("2")]);
    setup.quiet();
    assert_eq!(receiver.requests().len(), 1);
    setup.audiences(&[exited]);
    let told = calls(&receiver.wait_for(2));
    assert_eq!(told.iter().map(|call| call.member).collect::<Vec<_>>(), [true, false]);
    program.stop();
}

#[test]
fn a_deletion_takes_a_user_out_of_every_audience() {
    let receiver = Receiver::start();
    let mut setup = Setup::local("audiences-delete").with_audiences();
    setup.restarts();
    setup.destination("crm", receiver.url("/crm"), ", audiences: none");
    setup.destination("lists", receiver.url("/lists"), "");
    let program = setup.start_ready();
    let all = |member| ["VIP", "Others"].map(|audience| users(1..3).map(move |user| record(audience, &user, member)));
    setup.audiences(&all(true).into_iter().flatten().collect::<Vec<_>>());
    receiver.wait_for(4);
    setup.quiet();
    setup.events(&[r#"{"type":"delete","userId":"u1"}"#]);
    setup.quiet();
    assert_eq!(receiver.requests_for("/crm").len(), 1, "the deletion itself goes to all");
    assert_eq!(receiver.requests_for("/lists").len(), 5);
    let left: Vec<_> = setup.memberships().into_keys().collect();
    assert_eq!(left, [("others", "u2"), ("vip", "u2")].map(|(key, user)| (key.to_owned(), user.to_owned())));
    let tombstones = setup.read("memberships").iter().filter(|record| record.value.is_none()).count();
    assert_eq!(tombstones, 3, "two memberships, and the deletion");
    program.stop();

    let program = setup.start();
    program.ready();
    // Of before the deletion, and of after it.
    let before = record("VIP", "u1", true).replace('}', r#","timestamp":"2026-01-31T08:00:00Z"}"#);
    setup.audiences(&[before]);
    setup.quiet();
    assert_eq!(receiver.requests_for("/lists").len(), 5, "what was before the deletion is over");
    setup.audiences(&[record("VIP", "u1", true)]);
    let last =
        until("a user who comes back to be told of", PATIENCE, || receiver.requests_for("/lists").get(5).map(json));
    assert_eq!((&last["userId"], &last["traits"]["vip"]), (&"u1".into(), &true.into()));
    program.stop();
}

#[test]
fn what_is_no_audience_record_becomes_a_dead_letter_and_the_others_go_on() {
    let receiver = Receiver::start();
    let mut setup = Setup::local("audiences-malformed").with_audiences();
    setup.destination("crm", receiver.url("/crm"), "");
    let program = setup.start_ready();
    let bad = [
        record("用户", "u1", true),
        r#"{"audience":"VIP","userId":"u1","member":"yes"}"#.to_owned(),
        r#"{"audience":"VIP","member":true}"#.to_owned(),
        r#"{"type":"page","userId":"u1"}"#.to_owned(),
        "no json".to_owned(),
    ];
    let mixed: Vec<String> =
        users(0..5).zip(&bad).flat_map(|(user, bad)| [record("VIP", &user, true), bad.clone()]).collect();
    setup.audiences(&mixed);
    setup.put("audiences", New { key: Some(b"k"), value: None, ..New::default() });
    receiver.wait_for(5);
    setup.quiet();
    let dead = setup.read("dead-letters");
    assert_eq!(dead.len(), bad.len() + 1);
    assert!(dead.iter().all(|letter| letter.header("reason") == Some("malformed")), "{dead:?}");
    let said: BTreeSet<_> = dead.iter().filter_map(|letter| letter.value.clone()).collect();
    assert_eq!(said, bad.iter().map(|bad| bad.clone().into_bytes()).collect(), "byte for byte");
    assert_eq!(dead.iter().filter(|letter| letter.key_text() == "k" && letter.value.is_none()).count(), 1);
    assert_eq!(receiver.requests().len(), 5);
    let label = setup.topic("audiences");
    assert_eq!(program.metric("webhooks_events_malformed_total", &[&label]), 6.0);
    assert_eq!(program.metric("webhooks_events_consumed_total", &[&label]), 11.0);
    program.stop();
}

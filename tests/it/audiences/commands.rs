//! `audiences list` and `audiences sync`: what there is, and telling it to a destination that came later.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::audiences::{calls, record, users};
use crate::support::program::{Program, Setup};
use crate::support::receiver::Receiver;

/// Exit code, standard output, standard error.
fn run(setup: &Setup, args: &[&str]) -> (Option<i32>, String, String) {
    let output = setup.command(args);
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// Forty members of one audience, ten of another, and one value of a trait, all told to `crm`.
fn with_members(name: &str, receiver: &Receiver) -> (Setup, Program) {
    let mut setup = Setup::local(name).with_audiences();
    setup.restarts();
    setup.destination("crm", receiver.url("/crm"), "");
    let program = setup.start_ready();
    let mut records: Vec<String> = users(0..50).map(|user| record("Big Spenders", &user, true)).collect();
    records.extend(users(0..10).map(|user| record("VIP", &user, true)));
    records.push(
        r#"{"type":"identify","userId":"u1","traits":{"ltv":7},"context":{"personas":{"computation_class":"trait","computation_key":"ltv"}}}"#
            .to_owned(),
    );
    setup.audiences(&records);
    receiver.wait_for(61);
    setup.quiet();
    setup.audiences(&users(40..50).map(|user| record("Big Spenders", &user, false)).collect::<Vec<_>>());
    receiver.wait_for(71);
    setup.quiet();
    (setup, program)
}

#[test]
fn members_are_counted_for_people_and_for_programs() {
    let receiver = Receiver::start();
    let (setup, program) = with_members("audiences-list", &receiver);
    let (code, out, err) = run(&setup, &["audiences", "list"]);
    assert_eq!((code, err.as_str()), (Some(0), ""), "{out}");
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(lines[0], "KEY           NAME          KIND      MEMBERS");
    assert_eq!(lines[1], "big_spenders  Big Spenders  audience       40");
    assert_eq!(lines[2], "ltv           -             trait           1");
    assert_eq!(lines[3], "vip           VIP           audience       10");

    let (code, out, _) = run(&setup, &["audiences", "list", "--output", "json"]);
    assert_eq!(code, Some(0));
    let lines: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines[0].to_string(), r#"{"key":"big_spenders","name":"Big Spenders","kind":"audience","members":40}"#);
    assert_eq!((lines.len(), &lines[1]["name"]), (3, &Value::Null));
    program.stop();
}

#[test]
fn a_destination_that_came_later_is_told_of_the_members_of_now() {
    let receiver = Receiver::start();
    let (mut setup, program) = with_members("audiences-sync-later", &receiver);
    program.stop();
    setup.destination("later", receiver.url("/later"), ", audiences: [big_spenders, ltv]");
    setup.destination("tracks", receiver.url("/tracks"), ", audience_calls: track, spread: 2");
    let program = setup.start();
    program.ready();
    setup.quiet();
    assert_eq!(receiver.requests().len(), 71, "a new destination hears of changes only");

    let (code, out, err) = run(&setup, &["audiences", "sync", "later"]);
    let said = format!("later: sent 41 of 51 current members to topic {}; 10 left out", setup.topic("deliveries"));
    assert!(code == Some(0) && out.starts_with(&said) && err.is_empty(), "{out}{err}");
    receiver.wait_for(71 + 41);
    setup.quiet();
    let later = receiver.requests_for("/later");
    let told: Vec<_> =
        later.iter().filter(|seen| !seen.body.windows(5).any(|part| part == b"\"ltv\"")).cloned().collect();
    let told = calls(&told);
    assert!(told.len() == 40 && told.iter().all(|call| call.member && call.key == "big_spenders"), "{told:?}");

    // At a rate, of one audience, and in the other form.
    let began = Instant::now();
    let (code, out, err) = run(&setup, &["audiences", "sync", "tracks", "--audience", "vip", "--rate", "10"]);
    assert!(code == Some(0) && out.starts_with("tracks: sent 10 of 10 current members"), "{out}{err}");
    assert!(began.elapsed() >= Duration::from_millis(850), "{:?}", began.elapsed());
    receiver.wait_for(71 + 41 + 10);
    let tracks = receiver.requests_for("/tracks");
    let events: Vec<Value> = tracks.iter().map(|seen| serde_json::from_slice(&seen.body).unwrap()).collect();
    assert!(events.iter().all(|call| call["event"] == "Audience Entered" && call["properties"]["vip"] == true));

    // Once more is once more: under other ids, which receivers do not take for repeats.
    let (code, ..) = run(&setup, &["audiences", "sync", "tracks", "--audience", "vip"]);
    assert_eq!(code, Some(0));
    receiver.wait_for(71 + 41 + 20);
    setup.quiet();
    let tracks = receiver.requests_for("/tracks");
    let ids: std::collections::BTreeSet<_> = tracks.iter().filter_map(|seen| seen.header("webhook-id")).collect();
    assert_eq!(ids.len(), 20);
    program.stop();
}

#[test]
fn what_cannot_be_sent_is_said_with_a_remedy() {
    let mut setup = Setup::local("audiences-sync-wrong");
    setup.destination("crm", "https://crm.example.com/hook", ", audiences: [vip]");
    setup.destination("off", "https://off.example.com/hook", ", enabled: false");
    for args in [["audiences", "list"].as_slice(), &["audiences", "sync", "crm"]] {
        let (code, out, err) = run(&setup, args);
        assert_eq!((code, out.as_str()), (Some(1), ""), "{err}");
        assert!(err.contains("is not there; make it with `kafka-webhooks topics create`"), "{err}");
    }
    setup.create_topics();
    let (code, out, err) = run(&setup, &["audiences", "list"]);
    assert_eq!((code, out.as_str()), (Some(0), ""));
    assert!(err.contains("no audiences yet"), "{err}");
    for (args, said) in [
        (["sync", "crn"].as_slice(), "there is no destination `crn`; the file has crm, off"),
        (&["sync", "off"], "destination off is not enabled"),
        (&["sync", "crm", "--audience", "other"], "does not want the audience `other`"),
        (&["sync", "crm", "--audience", "vip"], "no audience with the key `vip` is known; `audiences list`"),
        (&["sync", "crm", "--rate", "0"], "--rate"),
        (&["sync", "crm", "--rate", "4000000000"], "--rate"),
    ] {
        let args: Vec<&str> = ["audiences"].iter().chain(args).copied().collect();
        let (code, out, err) = run(&setup, &args);
        assert_eq!((code, out.as_str()), (Some(2), ""), "{args:?}: {err}");
        assert!(err.contains(said), "{args:?}: {err}");
    }
    let (code, out, _) = run(&setup, &["audiences", "sync", "crm"]);
    assert!(code == Some(0) && out.starts_with("crm: sent 0 of 0 current members"), "{out}");
}

//! Only changes are sent: the first sync, the same again, a difference, what comes late, and what a restart makes of it.

use std::collections::BTreeSet;

use crate::support::audiences::{by_time, calls, members, record, record_at, users};
use crate::support::program::{Program, Setup, command};
use crate::support::receiver::Receiver;
use crate::support::topics::{New, produce_all};

const HOUR_MS: i64 = 3_600_000;

fn setup(name: &str, receiver: &Receiver) -> Setup {
    let mut setup = Setup::local(name).with_audiences();
    setup.destination("crm", receiver.url("/crm"), "");
    setup
}

/// One audience: who is in it, and who was looked at and is not.
fn sync(members: impl Iterator<Item = String>, others: impl Iterator<Item = String>) -> Vec<String> {
    let members = members.map(|user| record("Order Completed Last 30days", &user, true));
    members.chain(others.map(|user| record("Order Completed Last 30days", &user, false))).collect()
}

fn results(program: &Program, result: &str) -> f64 {
    program.metric("webhooks_membership_records_total", &[&format!("result=\"{result}\"")])
}

#[test]
fn a_sync_sends_what_changed_since_the_last_one_and_nothing_else() {
    let receiver = Receiver::start();
    let mut setup = setup("audiences-sync", &receiver);
    setup.restarts();
    let program = setup.start_ready();
    let first = sync(users(0..200), users(200..300));
    setup.audiences(&first);
    receiver.wait_for(200);
    setup.quiet();
    let told = calls(&receiver.requests());
    assert_eq!(told.len(), 200, "one call for each member");
    assert!(told.iter().all(|call| call.member && call.key == "order_completed_last_30days"));
    assert_eq!(told.iter().map(|call| &call.user).collect::<BTreeSet<_>>().len(), 200);
    assert_eq!(program.metric("webhooks_membership_changes_total", &["change=\"entered\""]), 200.0);
    assert_eq!(program.metric("webhooks_memberships", &[]), 200.0, "members, not all who were looked at");

    setup.audiences(&first);
    setup.quiet();
    assert_eq!(receiver.requests().len(), 200, "the same again sends nothing");
    assert!(results(&program, "unchanged") >= 300.0);

    let second = sync(users(50..300), users(0..50));
    setup.audiences(&second);
    receiver.wait_for(350);
    setup.quiet();
    let told = calls(&receiver.requests()[200..]);
    let (entered, left): (Vec<_>, Vec<_>) = told.iter().partition(|call| call.member);
    assert_eq!((entered.len(), left.len()), (100, 50));
    assert_eq!(members(&by_time(&calls(&receiver.requests()))).len(), 250);
    assert_eq!(program.metric("webhooks_membership_changes_total", &["change=\"exited\""]), 50.0);
    program.stop();

    let program = setup.start();
    program.ready();
    setup.audiences(&second);
    setup.quiet();
    assert_eq!(receiver.requests().len(), 350, "what is known survives a restart");
    assert_eq!(program.metric("webhooks_memberships", &[]), 250.0);
    assert!(program.metric("webhooks_memberships_restored_total", &[]) > 0.0);
    assert_eq!(program.metric("webhooks_memberships_restoring", &[]), 0.0);
    program.stop();
}

#[test]
fn records_need_no_key_and_may_come_from_any_partition_in_any_order() {
    let receiver = Receiver::start();
    let mut setup = setup("audiences-unkeyed", &receiver);
    // One call after the other, so that the last to arrive is the last that was made.
    setup.destinations.clear();
    setup.destination("crm", receiver.url("/crm"), ", max_in_flight: 1");
    setup.create_topics();
    let begin = jiff::Timestamp::now().as_millisecond() - HOUR_MS;
    // Each user goes in, out and in again, or ends outside; each record in another partition than the one before.
    let mut records = Vec::new();
    for (number, user) in users(0..60).enumerate() {
        for step in 0..(2 + number % 2) {
            let at = begin + i64::try_from(step).unwrap();
            let partition = i32::try_from((number + step) % 4).unwrap();
            records.push((record_at("VIP", &user, step % 2 == 0, at), partition));
        }
    }
    // Later ones first, so that order in the topic says nothing.
    records.reverse();
    let records: Vec<_> = records
        .iter()
        .map(|(value, partition)| New { value: Some(value.as_bytes()), partition: Some(*partition), ..New::default() })
        .collect();
    produce_all(&setup.brokers(), &setup.topic("audiences"), &records);
    let program = setup.start();
    program.ready();
    setup.quiet();

    let keyed = setup.read("audience-records");
    assert_eq!(keyed.len(), records.len());
    let homes: BTreeSet<(String, i32)> = keyed.iter().map(|record| (record.key_text(), record.partition)).collect();
    assert_eq!(homes.len(), 60, "all records of a user lie in one partition");
    assert!(homes.iter().all(|(key, _)| key.starts_with(r#"["userId","u"#)), "{homes:?}");
    assert!(homes.iter().map(|(_, partition)| partition).collect::<BTreeSet<_>>().len() > 1);
    let told = by_time(&calls(&receiver.requests()));
    // Thirty of them took three steps and so ended inside.
    assert_eq!(members(&told).len(), 30, "{told:?}");
    assert_eq!(members(&setup.memberships()), members(&told));
    program.stop();
}

#[test]
fn a_late_old_record_undoes_nothing_also_after_a_restart() {
    let receiver = Receiver::start();
    let mut setup = setup("audiences-late", &receiver);
    setup.restarts();
    let program = setup.start_ready();
    let now = jiff::Timestamp::now().as_millisecond();
    setup.audiences(&[record_at("VIP", "u1", true, now - HOUR_MS)]);
    receiver.wait_for(1);
    // It says what is known, and that it was true later still.
    setup.audiences(&[record_at("VIP", "u1", true, now - 1_000)]);
    setup.quiet();
    setup.audiences(&[record_at("VIP", "u1", false, now - HOUR_MS / 2)]);
    setup.quiet();
    assert_eq!(receiver.requests().len(), 1);
    assert_eq!((results(&program, "outdated"), results(&program, "unchanged")), (1.0, 1.0));
    program.stop();

    let program = setup.start();
    program.ready();
    setup.audiences(&[record_at("VIP", "u1", false, now - HOUR_MS / 2)]);
    setup.quiet();
    assert_eq!((receiver.requests().len(), results(&program, "outdated")), (1, 1.0));
    setup.audiences(&[record("VIP", "u1", false)]);
    let told = calls(&receiver.wait_for(2));
    assert_eq!((told[1].member, told[1].user.as_str()), (false, "u1"));
    program.stop();
}

#[test]
fn the_audiences_topic_may_come_later() {
    let receiver = Receiver::start();
    let mut setup = setup("audiences-later", &receiver);
    setup.has_audiences = false;
    setup.create_topics_but(&["audiences"]);
    let program = setup.start();
    program.ready();
    setup.events(&[r#"{"type":"track","userId":"u1"}"#]);
    receiver.wait_for(1);
    let said = |level: &str, word: &str| {
        let lines = program.lines().into_iter();
        lines.filter(|line| line["level"] == level && line.to_string().contains(word)).count()
    };
    assert_eq!(said("INFO", "no audiences yet"), 1, "{}", program.log());
    assert_eq!(said("WARN", ""), 0, "{}", program.log());
    setup.cluster.create_topic(&setup.topic("audiences"), setup.partitions, &[]);
    setup.audiences(&[record("VIP", "u1", true)]);
    receiver.wait_for(2);
    program.stop();
}

#[test]
fn each_stage_may_run_in_a_process_of_its_own() {
    let receiver = Receiver::start();
    let setup = setup("audiences-stages", &receiver);
    setup.create_topics();
    let run = |stages: &str| {
        let mut command = command();
        command.arg("--config").arg(setup.write_config()).args(["run", "--stages", stages]);
        let program = Program::spawn(command);
        program.ready();
        program
    };
    let others = run("route,deliver,delay");
    setup.audiences(&[record("VIP", "u1", true)]);
    setup.wait_for("audience-records", 1);
    assert_eq!(others.metric("webhooks_kafka_assigned_partitions", &["stage=\"diff\""]), 0.0);
    let diff = run("diff");
    receiver.wait_for(1);
    setup.quiet();
    assert_eq!((diff.metric("webhooks_memberships", &[]), setup.read("memberships").len()), (1.0, 1));
    assert_eq!(diff.metric("webhooks_deliveries_created_total", &[]), 0.0);
    diff.stop();
    others.stop();
}

//! Requests that Kafka answers with errors although nothing is wrong with them: members that are sent away, leaders and
//! coordinators that have moved, reads and appends that are refused. On the embedded Kafka, which does so on demand, and in
//! runs on it only.
//!
//! Errors come in the order they were asked for. So behind those of each fault comes one that leaves a trace for sure: once
//! that is seen, the others were felt.

use std::time::{Duration, Instant};

use kafka_webhooks::kafka::embedded::{Embedded, Fault};

use super::scene::{PATIENCE, Repeats, Scene, times};
use crate::support::cluster::{Cluster, on_apache};
use crate::support::commits::{Commits, Records, never_passed_what_was_not_settled};
use crate::support::load::Rng;
use crate::support::note;
use crate::support::program::Program;
use crate::support::wait::until;

const SEED: u64 = 0x7_e44;

/// What happens to members at work, and the error that leaves a trace.
const AT_WORK: [(Fault, Fault); 13] = [
    (Fault::HeartbeatRebalance, Fault::HeartbeatUnknownMember),
    (Fault::HeartbeatNotCoordinator, Fault::HeartbeatUnknownMember),
    (Fault::HeartbeatIllegalGeneration, Fault::HeartbeatUnknownMember),
    (Fault::HeartbeatUnknownMember, Fault::HeartbeatUnknownMember),
    (Fault::CommitIllegalGeneration, Fault::CommitUnknownMember),
    (Fault::CommitUnknownMember, Fault::CommitUnknownMember),
    (Fault::CommitRebalance, Fault::CommitUnknownMember),
    (Fault::CommitNotCoordinator, Fault::CommitUnknownMember),
    // Nobody joins without a reason; who has joined again has had all the errors.
    (Fault::JoinNotCoordinator, Fault::HeartbeatUnknownMember),
    (Fault::JoinUnknownMember, Fault::HeartbeatUnknownMember),
    (Fault::FetchNotLeader, Fault::FetchNotAuthorised),
    (Fault::FetchOutOfRange, Fault::FetchNotAuthorised),
    (Fault::FetchNotAuthorised, Fault::FetchNotAuthorised),
];

/// What happens to appends, and of how many events.
///
/// The embedded Kafka looks at no sequence numbers: it takes what follows an append that it has refused, and librdkafka, which
/// relies on them, then holds the refused one for taken too. So nothing follows an append that is to be tried again.
const APPENDS: [(Fault, usize); 3] =
    [(Fault::ProduceNotLeader, 1), (Fault::ProduceNotAuthorised, 200), (Fault::ProduceTooLarge, 200)];

fn kafka(scene: &Scene) -> &Embedded {
    match &scene.setup.cluster {
        Cluster::Embedded(embedded) => embedded,
        Cluster::Apache(_) | Cluster::Own(_) => panic!("these tests bring their own embedded Kafka"),
    }
}

fn scene(name: &str) -> Scene {
    Scene::new(Cluster::Embedded(Embedded::start().unwrap()), name, SEED)
}

/// How often the last error of a fault has left its trace.
fn traces(program: &Program, last: Fault) -> f64 {
    match last {
        Fault::FetchNotAuthorised => {
            let told = |line: &serde_json::Value| line["error"].to_string().contains("TopicAuthorizationFailed");
            let lines = program.lines();
            // Not each is told; how many were not comes with the next.
            let times = lines.iter().filter(|line| told(line)).map(|line| 1.0 + line["unsaid"].as_f64().unwrap_or(0.0));
            times.sum()
        }
        _ => program.metric("webhooks_kafka_rebalances_total", &[r#"kind="lost""#]),
    }
}

#[test]
fn errors_of_the_protocol_lose_nothing_and_pass_nothing() {
    if on_apache() {
        return;
    }
    let mut scene = scene("protocol");
    scene.setup.restarts();
    let program = scene.setup.start_ready();
    let commits = Commits::watch(&scene.setup);
    let load = scene.load(100);
    let mut rng = Rng::new(SEED);
    for round in 0..times(1, 5) {
        for (fault, last) in AT_WORK {
            let before = traces(&program, last);
            let (began, count) = (Instant::now(), rng.within(1..4));
            kafka(&scene).fail(fault, count).unwrap();
            kafka(&scene).fail(last, 1).unwrap();
            let mut asked = Instant::now();
            until(&format!("{fault:?} to be felt"), PATIENCE, || {
                if traces(&program, last) > before {
                    return Some(());
                }
                // What has been told a moment ago is not told again so soon.
                if asked.elapsed() > Duration::from_secs(3) {
                    kafka(&scene).fail(last, 1).unwrap();
                    asked = Instant::now();
                }
                None
            });
            program.ready();
            let took = scene.recovers(began, &load);
            note(&format!("  {fault:?} {count} times, {round}: recovered after {took:.1?}"));
        }
    }
    let verdicts = scene.ends("errors of the protocol", load, Repeats::AroundFaults);
    let samples = commits.finish();
    let tiers: Vec<_> = scene.setup.tiers.iter().flat_map(|tier| scene.setup.read(&format!("delays.{tier}"))).collect();
    let records = scene.setup.read("deliveries");
    let requests: Vec<_> = verdicts.keys().flat_map(|destination| scene.ledger.of(destination)).collect();
    never_passed_what_was_not_settled(&samples, Records { deliveries: &records, tiers: &tiers }, &requests);
    program.stop();
}

#[test]
fn appends_that_are_refused_are_tried_again_or_become_dead_letters() {
    if on_apache() {
        return;
    }
    let scene = scene("appends");
    let program = scene.setup.start_ready();
    let mut rng = Rng::new(SEED);
    let mut acknowledged = scene.load_of((0, 100), usize::MAX).finish();
    scene.settles(&acknowledged);
    for round in 0..times(1, 5) {
        for (fault, events) in APPENDS {
            let failed = || program.metric("webhooks_kafka_produced_total", &[r#"result="failed""#]);
            let (before, began) = (failed(), Instant::now());
            // The producer of the events must not be refused too: they are there before the consumer goes on.
            program.signal("STOP");
            let next = acknowledged.len();
            acknowledged.extend(scene.load_of((next, events), usize::MAX).finish());
            let count = rng.within(1..4);
            kafka(&scene).fail(fault, count).unwrap();
            kafka(&scene).fail(Fault::ProduceNotAuthorised, 1).unwrap();
            program.signal("CONT");
            until(&format!("{fault:?} to be felt"), PATIENCE, || (failed() > before).then_some(()));
            scene.settles(&acknowledged);
            note(&format!("  {fault:?} {count} times, {round}: {} failed, {:.1?}", failed() - before, began.elapsed()));
        }
    }
    scene.judge("appends refused", &acknowledged, Repeats::None);
    program.stop();
}

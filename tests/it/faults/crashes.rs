//! `kill -9` between what settles a delivery and the commit of its offset: after a 2xx, after the append of a delay, after
//! that of a dead letter.
//!
//! One event at a time goes to three destinations, one for each moment. As soon as the program counts all three as settled
//! it is killed, most often before the next commit; whether it was is asked of Kafka afterwards.

use std::time::Duration;

use super::{by_turns, size};
use crate::support::cluster::Cluster;
use crate::support::load::{Acknowledged, Events, produce};
use crate::support::oracle::{Answer, Kept, Ledger, Request, judge_all};
use crate::support::program::{Program, Setup};
use crate::support::receiver::Receiver;
use crate::support::wait::until;
use crate::support::{note, skipped};

const SEED: u64 = 0xc2a5;
const PATIENCE: Duration = Duration::from_secs(40);
const DESTINATIONS: [&str; 3] = ["answered", "delayed", "dead"];
/// What counts a delivery of each as settled.
const SETTLED: [&str; 3] = [
    "webhooks_deliveries_delivered_total",
    "webhooks_deliveries_delayed_total",
    "webhooks_deliveries_dead_lettered_total",
];

/// How often a delivery to `delayed` fails before it is taken.
fn failures(number: usize) -> usize {
    1 + number % 2
}

/// Which of the three moments a crash hit, and what the next replica dropped.
struct Crash {
    hit: [bool; 3],
    copies_dropped: f64,
}

struct Trial {
    setup: Setup,
    events: Events,
    ledger: Ledger,
    _receiver: Receiver,
}

#[test]
fn a_crash_between_settling_and_commit_repeats_once_and_makes_no_second_life() {
    let Some(cluster) = Cluster::apache() else { return skipped("crashes between settling and commit") };
    let _turn = by_turns();
    let wanted = size(2, 20);
    let trial = Trial::new(cluster);
    let mut program = trial.setup.start();
    let mut hits = [0; 3];
    let mut acknowledged = Acknowledged::new();
    let mut dropped = 0.0;
    while hits.iter().any(|hits| *hits < wanted) {
        let number = acknowledged.len();
        assert!(number < wanted * 5, "the moment is missed too often: {hits:?} of {number}");
        let (crash, next) = trial.crash(program, number);
        program = next;
        acknowledged.insert(number);
        trial.came_through(number, &crash);
        for (hits, hit) in hits.iter_mut().zip(crash.hit) {
            *hits += usize::from(hit);
        }
        dropped += crash.copies_dropped;
    }
    program.stop();
    let (dead, waiting) = (trial.setup.read("dead-letters"), trial.setup.waiting());
    let kept = Kept { dead: &dead, waiting: &waiting };
    let mut surplus = [(0, 0); 3];
    for (destination, surplus) in DESTINATIONS.into_iter().zip(&mut surplus) {
        let verdict = judge_all((trial.events, &acknowledged), destination, &trial.ledger.of(destination), kept);
        verdict.nothing_lost(destination);
        assert_eq!((verdict.waiting, verdict.more_waiting), (0, 0), "{destination}: nothing lives on");
        *surplus = (verdict.repeats, verdict.more_dead);
    }
    note(&format!(
        "crashes: seed {SEED:#x}, {} crashes; after 2xx, delay, dead letter and before the commit: {hits:?}; \
         repeats and dead letters too many there: {surplus:?}; {dropped} copies dropped",
        acknowledged.len()
    ));
    assert_eq!(surplus, [(hits[0], 0), (0, 0), (0, hits[2])]);
}

impl Trial {
    fn new(cluster: Cluster) -> Self {
        let events = Events { seed: SEED };
        let receiver = Receiver::start();
        let ledger = Ledger::on(&receiver, move |seen, before| match seen.path.trim_start_matches('/') {
            "dead" => Answer::status(404),
            "delayed" if events.number(&seen.body).is_some_and(|number| before < failures(number)) => {
                Answer::status(503)
            }
            _ => Answer::ok(),
        });
        let mut setup = Setup::local_on(cluster, "crashes");
        setup.properties = "session.timeout.ms: 1500, heartbeat.interval.ms: 300, fetch.wait.max.ms: 20".to_owned();
        // Longer than it takes to see the first delay and to kill.
        setup.tiers = vec!["2s"];
        setup.retries = "{ tiers: [2s], give_up_after: 4h }".to_owned();
        for destination in DESTINATIONS {
            setup.destination(destination, receiver.url(&format!("/{destination}")), "");
        }
        setup.create_topics();
        Self { setup, events, ledger, _receiver: receiver }
    }

    /// Sends one event, kills the replica when it is settled at all destinations, and waits until the next is done with it.
    fn crash(&self, program: Program, number: usize) -> (Crash, Program) {
        program.ready();
        let settled = || -> Vec<f64> {
            let own = DESTINATIONS.map(|destination| format!("destination=\"{destination}\""));
            SETTLED.iter().zip(&own).map(|(name, own)| program.metric(name, &[own.as_str()])).collect()
        };
        let before = settled();
        produce(&self.setup, self.events, number..number + 1);
        until("all three to be settled", PATIENCE, || {
            settled().iter().zip(&before).all(|(now, before)| now > before).then_some(())
        });
        program.kill();
        let requests = DESTINATIONS.map(|destination| self.requests(destination, number).len());
        assert_eq!(requests, [1, 1, 1], "killed before the delay was over");
        let hit = self.uncommitted(number);

        let next = self.setup.start();
        next.ready();
        self.setup.quiet();
        let copies_dropped = next.metric("webhooks_deliveries_repeated_total", &["\"delayed\""]);
        (Crash { hit, copies_dropped }, next)
    }

    /// Of which destinations the delivery of an event is not committed.
    fn uncommitted(&self, number: usize) -> [bool; 3] {
        let (committed, deliveries) = (self.setup.committed("deliver", "deliveries"), self.setup.read("deliveries"));
        DESTINATIONS.map(|destination| {
            let is_own = |value: &Vec<u8>| self.events.number(value) == Some(number);
            let own = deliveries
                .iter()
                .find(|record| record.key_text() == destination && record.value.as_ref().is_some_and(is_own));
            let own = own.unwrap_or_else(|| panic!("{destination} has a delivery of {number}"));
            committed.get(&own.partition).is_none_or(|next| *next <= own.offset)
        })
    }

    fn requests(&self, destination: &str, number: usize) -> Vec<Request> {
        let mut requests = self.ledger.of(destination);
        requests.retain(|request| self.events.number(&request.body) == Some(number));
        requests
    }

    /// What was settled but not committed came once more under its id; what was committed did not; and the delay that the
    /// crash left behind was dropped when it returned.
    fn came_through(&self, number: usize, crash: &Crash) {
        let [answered, delayed, dead] = DESTINATIONS.map(|destination| {
            self.requests(destination, number).iter().map(|request| request.status).collect::<Vec<_>>()
        });
        assert_eq!(answered, vec![200; 1 + usize::from(crash.hit[0])], "event {number}, {:?}", crash.hit);
        let mut expected = vec![503; failures(number)];
        expected.push(200);
        assert_eq!(delayed, expected, "event {number}, {:?}", crash.hit);
        assert_eq!(dead, vec![404; 1 + usize::from(crash.hit[2])], "event {number}, {:?}", crash.hit);
        assert!(!crash.hit[1] || crash.copies_dropped > 0.0, "event {number}: the delay left behind was dropped");
    }
}

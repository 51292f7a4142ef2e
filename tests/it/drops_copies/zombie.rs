//! A replica that stands still beyond its session and then goes on: it still holds requests and records of partitions that
//! are somebody else's by now. Apache Kafka only, where sessions may be short.

use std::time::{Duration, Instant};

use crate::support::again::{Again, Beginning};
use crate::support::cluster::Cluster;
use crate::support::commits::{Commits, Records, never_passed_what_was_not_settled, never_went_back};
use crate::support::load::{Events, Load, Pace};
use crate::support::oracle::{Answer, Ledger, is_good, judge};
use crate::support::program::{Program, Setup};
use crate::support::receiver::Receiver;
use crate::support::wait::until;
use crate::support::{note, skipped};

const SEED: u64 = 0x20_4b_1e;
const PATIENCE: Duration = Duration::from_secs(60);
const DESTINATIONS: [&str; 6] = ["d0", "d1", "d2", "d3", "d4", "d5"];
const IN_FLIGHT: usize = 20;

fn assigned(program: &Program) -> f64 {
    program.metric("webhooks_kafka_assigned_partitions", &["stage=\"deliver\""])
}

fn goes_on(ledger: &Ledger, more: usize) {
    let goal = ledger.count() + more;
    until("work to go on", PATIENCE, || (ledger.count() >= goal).then_some(()));
}

#[test]
fn a_replica_that_comes_back_after_its_session_stores_nothing_and_makes_no_second_life() {
    let Some(cluster) = Cluster::apache() else { return skipped("a zombie") };
    let (events, began) = (Events { seed: SEED }, Beginning::now());
    let receiver = Receiver::start();
    // One of twenty fails at first, so that a zombie also holds deliveries on their way to a tier.
    let ledger = Ledger::on(&receiver, move |seen, before| {
        let fails = before == 0 && events.number(&seen.body).is_some_and(|number| number % 20 == 3);
        if fails { Answer::status(503).after_ms(200) } else { Answer::ok().after_ms(200) }
    });
    let mut setup = Setup::local_on(cluster, "zombie");
    for destination in DESTINATIONS {
        // What the zombie finds timed out when it wakes must not expire: it would give up what the other one delivers.
        let keys = format!(", max_in_flight: {IN_FLIGHT}, give_up_after: 1m");
        setup.destination(destination, receiver.url(&format!("/{destination}")), &keys);
    }
    setup.properties = "session.timeout.ms: 1500, heartbeat.interval.ms: 300, fetch.wait.max.ms: 20".to_owned();
    setup.create_topics();
    let partitions = f64::from(setup.partitions);
    let (zombie, other) = (setup.start(), setup.start());
    let shared = || {
        let (one, two) = (assigned(&zombie), assigned(&other));
        (one + two == partitions && one > 0.0 && two > 0.0).then_some(())
    };
    until("both to share the partitions", PATIENCE, shared);
    let commits = Commits::watch(&setup);
    let load = Load::start(&setup, events, Pace { first: 0, count: usize::MAX, per_second: 60 });
    goes_on(&ledger, 500);

    zombie.signal("STOP");
    let stopped = began.at(Instant::now());
    until("the other one to take over", PATIENCE, || (assigned(&other) == partitions).then_some(()));
    goes_on(&ledger, 500);
    zombie.signal("CONT");
    until("the zombie to be a member again", PATIENCE, shared);
    goes_on(&ledger, 500);

    let acknowledged = load.stop();
    let done = |destination: &&str| ledger.delivered(destination) >= acknowledged.len();
    until("all to be delivered", PATIENCE, || DESTINATIONS.iter().all(done).then_some(()));
    setup.quiet();
    zombie.stop();
    other.stop();
    let samples = commits.finish();
    never_went_back(&samples);
    let (dead, records) = (setup.read("dead-letters"), setup.read("deliveries"));
    let tiers: Vec<_> = setup.tiers.iter().flat_map(|tier| setup.read(&format!("delays.{tier}"))).collect();
    let mut together = (0, 0, 0);
    for destination in DESTINATIONS {
        let requests = ledger.of(destination);
        let verdict = judge((events, &acknowledged), destination, &requests, &dead);
        verdict.nothing_lost(destination);
        assert_eq!((verdict.delivered, verdict.dead), (acknowledged.len(), 0));
        let own: Vec<_> = records.iter().filter(|record| record.key_text() == destination).cloned().collect();
        never_passed_what_was_not_settled(&samples, Records { deliveries: &own, tiers: &tiers }, &requests);
        let good = requests.iter().filter(|request| is_good(request.status));
        let again = Again::of(good.map(|request| (&*request.delivery, began.at(request.at))), &[stopped]);
        // What was not committed when it stood still, and what it begins after it before it hears that it has lost.
        assert!(again.stale.len() <= IN_FLIGHT, "{destination}: {} begun by the zombie", again.stale.len());
        assert!(again.uncommitted[0] <= again.within[0] + IN_FLIGHT);
        together = (together.0 + verdict.repeats, together.1 + again.within[0], together.2 + again.stale.len());
    }
    let (repeats, within, begun) = together;
    note(&format!(
        "a zombie: {} events to 6 destinations, {repeats} repeats; {within} arrived within a commit interval before it \
         stood still, {begun} were begun after it",
        acknowledged.len()
    ));
}

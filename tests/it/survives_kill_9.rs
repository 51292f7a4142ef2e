//! The consumer survives `kill -9`: it loses nothing, and repeats only what was in flight or not yet committed.
//! Apache Kafka only, where sessions may be short enough for a killed member to be forgotten quickly.
//!
//! The budget, per kill: the in-flight limit, and what arrived within one commit interval before. Each repeat, and each
//! further dead letter, must be of a delivery that arrived so shortly before a kill: what a kill left twice in Kafka does
//! not live on as two, however many kills follow.

use std::time::{Duration, Instant};

use crate::support::again::{Again, Beginning, Since};
use crate::support::cluster::Cluster;
use crate::support::load::{Events, Load, Pace, Rng};
use crate::support::oracle::{Answer, Ledger, Request, is_good, judge};
use crate::support::program::Setup;
use crate::support::receiver::Receiver;
use crate::support::topics::Seen;
use crate::support::wait::until;
use crate::support::{note, skipped};

const SEED: u64 = 0x9_11;
const COUNT: usize = 20_000;
const KILLS: usize = 10;
/// The default `max_in_flight` of a destination.
const IN_FLIGHT: usize = 100;
const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn ten_kills_lose_nothing_and_repeat_only_what_was_not_committed() {
    let Some(cluster) = Cluster::apache() else { return skipped("survives_kill_9") };
    let (events, began) = (Events { seed: SEED }, Beginning::now());
    let receiver = Receiver::start();
    let ledger = Ledger::on(&receiver, move |seen, before| {
        let number = events.number(&seen.body).unwrap_or_default();
        let fails = seen.path == "/moody" && (number % 200 == 7 || (number % 10 == 3 && before == 0));
        if fails { Answer::status(503) } else { Answer::ok().after_ms(5) }
    });
    let mut setup = Setup::local_on(cluster, "kill9");
    setup.destination("well", receiver.url("/well"), "");
    setup.destination("moody", receiver.url("/moody"), ", max_attempts: 3");
    setup.properties = "session.timeout.ms: 1500, heartbeat.interval.ms: 300, fetch.wait.max.ms: 20".to_owned();
    setup.create_topics();
    let load = Load::start(&setup, events, Pace { first: 0, count: COUNT, per_second: 1_500 });
    let kills = kill_again_and_again(&setup, &ledger);
    let kills: Vec<Since> = kills.into_iter().map(|kill| began.at(kill)).collect();
    let acknowledged = load.finish();
    assert_eq!(acknowledged.len(), COUNT);

    let (dead, records) = (setup.read("dead-letters"), setup.read("deliveries"));
    for destination in ["well", "moody"] {
        let requests = ledger.of(destination);
        let verdict = judge((events, &acknowledged), destination, &requests, &dead);
        verdict.nothing_lost(destination);
        assert_eq!(verdict.dead, if destination == "moody" { COUNT / 200 } else { 0 });
        assert!(verdict.repeats > 0, "a run in which nothing was repeated proves nothing");

        let copies = Again::of(lives(&records, destination, &began).iter().map(|(life, at)| (&**life, *at)), &kills);
        assert_eq!(copies.stale, <[String; 0]>::default(), "{destination}: copied although committed");
        let came = |request: &'_ &Request| is_good(request.status);
        let good = requests.iter().filter(came).map(|request| (&*request.delivery, began.at(request.at)));
        let again = Again::of(good, &kills);
        assert_eq!(again.stale, <[String; 0]>::default(), "{destination}: repeated although committed");
        let letters = dead.iter().filter(|record| record.key_text() == destination);
        let letters =
            letters.map(|record| (record.header("delivery-id").unwrap_or_default(), began.at_ms(record.timestamp)));
        let dead_again = Again::of(letters, &kills);
        assert_eq!(dead_again.stale, <[String; 0]>::default(), "{destination}: dead again although committed");
        let counted = dead_again.uncommitted.iter().sum::<usize>();
        assert_eq!(verdict.more_dead, counted, "{destination}: none is delivered and dead");

        let budget: usize = again.within.iter().map(|within| IN_FLIGHT + within).sum();
        note(&format!(
            "  {destination}: {} requests, {} delivered, {} dead; repeated {} of {budget} allowed, {:?} after the kills \
             for want of a commit; copies in the log {:?}; dead letters too many {}",
            requests.len(),
            verdict.delivered,
            verdict.dead,
            verdict.repeats,
            again.uncommitted,
            copies.uncommitted,
            verdict.more_dead,
        ));
        assert!(verdict.repeats <= budget, "{destination}: {} repeats, {budget} allowed", verdict.repeats);
    }
    note(&format!("  {:.1?} in all", began.moment.elapsed()));
}

/// Runs one replica after the other until nothing is left to do, and answers when each was killed.
fn kill_again_and_again(setup: &Setup, ledger: &Ledger) -> Vec<Instant> {
    let mut rng = Rng::new(SEED);
    // In equal parts of nine tenths of the way, one kill somewhere in each.
    let part = COUNT * 2 * 9 / 10 / KILLS;
    let moments: Vec<usize> = (0..KILLS).map(|kill| kill * part + rng.within(part / 10..part)).collect();
    note(&format!("kill -9: seed {SEED:#x}, {COUNT} events, kills at {moments:?} requests"));
    let mut program = setup.start();
    let mut kills = Vec::new();
    for moment in moments {
        until(&format!("{moment} requests"), PATIENCE, || (ledger.count() >= moment).then_some(()));
        kills.push(Instant::now());
        program.kill();
        program = setup.start();
    }
    until("all to be delivered", PATIENCE, || (ledger.delivered("well") >= COUNT).then_some(()));
    setup.quiet();
    program.stop();
    kills
}

/// The lives of a destination's deliveries (id, how often it waited, and who answers for it) in the deliveries topic, and when they began.
fn lives(records: &[Seen], destination: &str, began: &Beginning) -> Vec<(String, Since)> {
    let own = records.iter().filter(|record| record.key_text() == destination);
    let life = |record: &Seen| {
        let own = |name| record.header(name).unwrap_or_default();
        format!("{} {} {}", own("delivery-id"), own("hops"), own("tenure"))
    };
    own.map(|record| (life(record), began.at_ms(record.timestamp))).collect()
}

//! The consumer survives `kill -9`: it loses nothing, and repeats only what was in flight or not yet committed.
//! Apache Kafka only, where sessions may be short enough for a killed member to be forgotten quickly.
//!
//! The budget, per kill and stage: what the stage had finished within one commit interval, and what was in flight (which
//! has arrived at the receiver as well, milliseconds before). For the deliver stage these are requests. For route and
//! delay they are records of the deliveries topic, appended a second time: such a copy is dropped by the deliver stage
//! while it remembers the first, and repeats it at most once when a further kill took the memory away.

mod again;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use self::again::{Again, Beginning, Since};
use crate::support::cluster::Cluster;
use crate::support::load::{Events, Load, Pace, Rng};
use crate::support::oracle::{Answer, Ledger, is_good, judge};
use crate::support::program::Setup;
use crate::support::receiver::Receiver;
use crate::support::topics::Seen;
use crate::support::wait::until;
use crate::support::{note, skipped};

const SEED: u64 = 0x9_11;
const COUNT: usize = 20_000;
const KILLS: usize = 10;
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
        let good = requests.iter().filter(|request| is_good(request.status));
        let again = Again::of(good.map(|request| (&*request.delivery, began.at(request.at))), &kills);
        let copies = copies(&records, destination, (&began, &kills));
        note(&format!(
            "  {destination}: {} requests, {} delivered, {} dead; repeated {:?} of {:?} within a commit interval of each \
             kill, and {} by copies; copies in the log {:?} of {:?}; dead letters too many: {}",
            requests.len(),
            verdict.delivered,
            verdict.dead,
            again.uncommitted,
            again.within,
            again.stale.len(),
            copies.again.uncommitted,
            copies.again.within,
            verdict.more_dead,
        ));
        verdict.nothing_lost(destination);
        assert_eq!(copies.again.stale, <[String; 0]>::default(), "{destination}: copied although committed");
        let unexplained: Vec<_> = again.stale.iter().filter(|id| !copies.of.contains(id.as_str())).collect();
        assert!(
            unexplained.is_empty(),
            "{destination}: repeated although committed, and not by copies: {unexplained:?}"
        );
        assert!(verdict.repeats > 0, "a run in which nothing was repeated proves nothing");
        assert_eq!(verdict.dead, if destination == "moody" { COUNT / 200 } else { 0 });
        // Nothing lives on as two: a dead letter too many was not committed, or came of a copy, like any other repeat.
        let letters = dead.iter().filter(|record| record.key_text() == destination);
        let letters =
            letters.map(|record| (record.header("delivery-id").unwrap_or_default(), began.at_ms(record.timestamp)));
        let again = Again::of(letters, &kills);
        assert!(again.stale.iter().all(|id| copies.of.contains(id.as_str())), "{destination}: {:?}", again.stale);
        assert_eq!(verdict.more_dead, again.uncommitted.iter().sum::<usize>() + again.stale.len());
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

/// Records of the deliveries topic that were appended again.
struct Copies<'a> {
    again: Again,
    /// The ids of their deliveries.
    of: BTreeSet<&'a str>,
}

fn copies<'a>(records: &'a [Seen], destination: &str, (began, kills): (&Beginning, &[Since])) -> Copies<'a> {
    let own = records.iter().filter(|record| record.key_text() == destination);
    // One life of a delivery: its id and how often it waited.
    let life = |record: &'a Seen| {
        (record.header("delivery-id").unwrap_or_default(), record.header("hops").unwrap_or("0"), record.timestamp)
    };
    let lives: Vec<_> = own.map(life).collect();
    let mut met = BTreeSet::new();
    let again: Vec<_> = lives.iter().filter(|(id, hops, _)| !met.insert((*id, *hops))).map(|(id, ..)| *id).collect();
    let names: Vec<_> = lives.iter().map(|(id, hops, at)| (format!("{id} {hops}"), began.at_ms(*at))).collect();
    let again_by_kill = Again::of(names.iter().map(|(name, at)| (name.as_str(), *at)), kills);
    Copies { again: again_by_kill, of: again.into_iter().collect() }
}

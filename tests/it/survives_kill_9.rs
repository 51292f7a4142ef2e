//! The consumer survives `kill -9`: it loses nothing, and repeats only what was in flight or not yet committed.
//! Apache Kafka only, where sessions may be short enough for a killed member to be forgotten quickly.
//!
//! The budget, per kill: the in-flight limit, and what arrived within one commit interval before. Each repeat, and each
//! further dead letter, must be of a record that was not committed when a kill came between: a delay that a kill left in
//! Kafka does not live on beside its delivery, however many kills follow.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use crate::support::again::{Again, Beginning, Kill, ReadAgain, Since};
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
    let moments: Vec<Since> = kills.iter().map(|kill| began.at(kill.at)).collect();
    let acknowledged = load.finish();
    assert_eq!(acknowledged.len(), COUNT);

    let (dead, records) = (setup.read("dead-letters"), setup.read("deliveries"));
    let at = |record: &Seen| began.at_ms(record.timestamp);
    for destination in ["well", "moody"] {
        let requests = ledger.of(destination);
        let verdict = judge((events, &acknowledged), destination, &requests, &dead);
        verdict.nothing_lost(destination);
        let expected = if destination == "moody" { COUNT / 200 } else { 0 };
        assert_eq!(verdict.dead, expected, "{destination}: dead letters say {:?}", reasons(&dead));
        assert!(verdict.repeats > 0, "a run in which nothing was repeated proves nothing");

        let own: Vec<_> = records.iter().filter(|record| record.key_text() == destination).collect();
        let read_again = ReadAgain::of(&own, &began, &kills);
        let good = requests.iter().filter(|request| is_good(request.status));
        let good: Vec<_> = good.map(|request| (&*request.delivery, began.at(request.at))).collect();
        assert_eq!(
            read_again.unexplained(&good),
            <[String; 0]>::default(),
            "{destination}: repeated although committed"
        );
        let letters = dead.iter().filter(|record| record.key_text() == destination);
        let letters = letters.map(|record| (record.header("delivery-id").unwrap_or_default(), at(record)));
        let letters: Vec<_> = letters.collect();
        assert_eq!(read_again.unexplained(&letters), <[String; 0]>::default(), "{destination}: dead again");
        let first: BTreeSet<&str> = letters.iter().map(|(id, _)| *id).collect();
        assert_eq!(verdict.more_dead, letters.len() - first.len(), "{destination}: none is delivered and dead");

        let again = Again::of(good.into_iter(), &moments);
        let budget: usize = again.within.iter().map(|within| IN_FLIGHT + within).sum();
        note(&format!(
            "  {destination}: {} requests, {} delivered, {} dead; repeated {} of {budget} allowed; dead letters too many {}",
            requests.len(),
            verdict.delivered,
            verdict.dead,
            verdict.repeats,
            verdict.more_dead,
        ));
        assert!(verdict.repeats <= budget, "{destination}: {} repeats, {budget} allowed", verdict.repeats);
    }
    note(&format!("  {:.1?} in all", began.moment.elapsed()));
}

/// Why there are dead letters: reason and last error, each with its number.
fn reasons(dead: &[Seen]) -> BTreeMap<(&str, &str), usize> {
    let mut reasons = BTreeMap::new();
    for letter in dead {
        let header = |name| letter.header(name).unwrap_or_default();
        *reasons.entry((header("reason"), header("last-error"))).or_default() += 1;
    }
    reasons
}

/// Runs one replica after the other until nothing is left to do, and answers when each was killed.
fn kill_again_and_again(setup: &Setup, ledger: &Ledger) -> Vec<Kill> {
    let mut rng = Rng::new(SEED);
    // In equal parts of nine tenths of the way, one kill somewhere in each.
    let part = COUNT * 2 * 9 / 10 / KILLS;
    let moments: Vec<usize> = (0..KILLS).map(|kill| kill * part + rng.within(part / 10..part)).collect();
    note(&format!("kill -9: seed {SEED:#x}, {COUNT} events, kills at {moments:?} requests"));
    let mut program = setup.start();
    let mut kills = Vec::new();
    for moment in moments {
        until(&format!("{moment} requests"), PATIENCE, || (ledger.count() >= moment).then_some(()));
        let at = Instant::now();
        program.kill();
        kills.push(Kill { at, committed: setup.committed("deliver", "deliveries") });
        program = setup.start();
    }
    until("all to be delivered", PATIENCE, || (ledger.delivered("well") >= COUNT).then_some(()));
    setup.quiet();
    program.stop();
    kills
}

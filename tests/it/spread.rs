//! A destination that is too big for one replica is spread over several partitions, and so over several replicas.

use std::collections::BTreeSet;

use crate::support::load::{Events, produce};
use crate::support::oracle::{Answer, Ledger, judge};
use crate::support::program::Setup;
use crate::support::receiver::Receiver;
use crate::support::states::PATIENCE;
use crate::support::wait::until;

#[test]
fn a_spread_destination_has_its_deliveries_on_several_partitions_and_gets_each_once() {
    const EVENTS: usize = 400;
    let (receiver, events) = (Receiver::start(), Events { seed: 0x5_93ead });
    let ledger = Ledger::on(&receiver, move |seen, before| {
        let fails = before == 0 && events.number(&seen.body).is_some_and(|number| number % 4 == 1);
        if fails { Answer::status(503) } else { Answer::ok() }
    });
    let mut setup = Setup::local("spread");
    setup.partitions = 6;
    setup.more_topics = "start_at: beginning".to_owned();
    setup.destination("wide", receiver.url("/wide"), ", spread: 3, max_in_flight: 9");
    setup.destination("usual", receiver.url("/usual"), "");
    setup.create_topics();
    let replicas = [setup.start(), setup.start()];
    let acknowledged = produce(&setup, events, 0..EVENTS);
    let done = |id: &&str| ledger.delivered(id) >= EVENTS;
    until("all to be delivered", PATIENCE, || ["wide", "usual"].iter().all(done).then_some(()));
    setup.quiet();

    let records = setup.read("deliveries");
    let partitions = |id: &str| {
        let own = records.iter().filter(|record| record.key_text() == id);
        own.map(|record| record.partition).collect::<BTreeSet<_>>()
    };
    assert_eq!((partitions("wide").len(), partitions("usual").len()), (3, 1));
    let mut homes = std::collections::BTreeMap::<&str, BTreeSet<i32>>::new();
    for record in records.iter().filter(|record| record.key_text() == "wide") {
        homes.entry(record.header("delivery-id").unwrap_or_default()).or_default().insert(record.partition);
    }
    assert_eq!(homes.len(), EVENTS);
    assert!(homes.values().all(|partitions| partitions.len() == 1), "what failed came back to its own partition");
    let dead = setup.read("dead-letters");
    for id in ["wide", "usual"] {
        judge((events, &acknowledged), id, &ledger.of(id), &dead).nothing_lost(id);
    }
    replicas.into_iter().for_each(crate::support::program::Program::stop);
}

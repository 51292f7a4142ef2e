//! A broker that goes and comes back: no reason to stop, and nothing is lost. Apache Kafka only.

use std::time::Duration;

use crate::support::cluster::Cluster;
use crate::support::load::{Events, Load, Pace};
use crate::support::oracle::{Answer, Ledger, judge};
use crate::support::program::Setup;
use crate::support::receiver::Receiver;
use crate::support::wait::until;
use crate::support::{note, skipped};

const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn a_broker_that_is_killed_under_load_and_comes_back_finds_the_same_process_at_work() {
    let Some(cluster) = Cluster::own_apache() else { return skipped("a broker killed under load") };
    let events = Events { seed: 0xb_20c4 };
    let receiver = Receiver::start();
    let ledger = Ledger::on(&receiver, move |seen, before| {
        let fails = before == 0 && events.number(&seen.body).is_some_and(|number| number % 10 == 3);
        if fails { Answer::status(503) } else { Answer::ok().after_ms(5) }
    });
    let mut setup = Setup::local_on(cluster, "broker");
    setup.destination("crm", receiver.url("/crm"), "");
    // The clock of deliveries that wait runs while the broker is away.
    setup.retries = "{ tiers: [100ms, 200ms, 400ms], give_up_after: 5m }".to_owned();
    setup.properties = "session.timeout.ms: 30000, heartbeat.interval.ms: 500, fetch.wait.max.ms: 20".to_owned();
    let program = setup.start_ready();
    let load = Load::start(&setup, events, Pace { first: 0, count: usize::MAX, per_second: 300 });
    for _ in 0..2 {
        let goal = ledger.count() + 500;
        until("work to go on by itself", PATIENCE, || (ledger.count() >= goal).then_some(()));
        setup.cluster.broker().kill().unwrap();
        until("the program to say that no broker is there", PATIENCE, || {
            let (status, body) = program.get("/readyz")?;
            (status == 503 && body.contains("no kafka broker can be reached")).then_some(())
        });
        setup.cluster.broker().restart().unwrap();
    }
    let goal = ledger.count() + 500;
    until("work to go on by itself", PATIENCE, || (ledger.count() >= goal).then_some(()));

    program.ready();

    let acknowledged = load.stop();
    until("all to be delivered", PATIENCE, || (ledger.delivered("crm") >= acknowledged.len()).then_some(()));
    setup.quiet();
    let verdict = judge((events, &acknowledged), "crm", &ledger.of("crm"), &setup.read("dead-letters"));
    note(&format!("a broker killed twice: {} events, {} repeats", acknowledged.len(), verdict.repeats));
    verdict.exactly_once("crm");
    assert_eq!(verdict.dead, 0);
    program.stop();
}

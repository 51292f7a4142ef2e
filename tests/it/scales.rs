//! The consumer scales by replicas that come and go: they share the partitions, and whoever leaves or joins in order
//! makes nothing be lost or repeated.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::support::cluster::on_apache;
use crate::support::load::{Events, Load, Pace, Rng};
use crate::support::note;
use crate::support::oracle::{Answer, Ledger, judge};
use crate::support::program::{Program, Setup};
use crate::support::receiver::Receiver;
use crate::support::timeline::Timeline;
use crate::support::wait::until;

const PATIENCE: Duration = Duration::from_secs(60);
const PARTITIONS: i32 = 6;
/// Events that may be on their way to a destination.
const AHEAD: usize = 300;
/// Enough for every partition of the deliveries topic to hold one at least, mostly.
const DESTINATIONS: [&str; 8] = ["d0", "d1", "d2", "d3", "d4", "d5", "d6", "d7"];

/// Replicas that share the work, and a load on them.
struct Fleet {
    setup: Setup,
    events: Events,
    ledger: Ledger,
    timeline: Timeline,
    _receiver: Receiver,
}

impl Fleet {
    /// Whose requests are all answered alike, but for one of a hundred that fails at first, so that tiers are at work too.
    fn new(name: &str, seed: u64, answer: Answer) -> Self {
        let receiver = Receiver::start();
        let events = Events { seed };
        let ledger = Ledger::on(&receiver, move |seen, before| {
            let fails = before == 0 && events.number(&seen.body).is_some_and(|number| number % 100 == 13);
            if fails { Answer::status(503) } else { answer }
        });
        let mut setup = Setup::local(name);
        setup.partitions = PARTITIONS;
        // However long a rebalance takes, nothing that waits through it is given up.
        setup.retries = "{ tiers: [100ms, 200ms, 400ms], give_up_after: 1h }".to_owned();
        // Replicas start while what was written before waits.
        setup.more_topics = "start_at: beginning".to_owned();
        setup.log_level = "debug";
        for destination in DESTINATIONS {
            setup.destination(destination, receiver.url(&format!("/{destination}")), ", timeout: 20s");
        }
        setup.create_topics();
        let timeline = Timeline::new(ledger.clone());
        Self { setup, events, ledger, timeline, _receiver: receiver }
    }

    /// Starts a replica, whose log is kept beyond its end.
    fn start(&self) -> Program {
        let replica = self.setup.start();
        self.timeline.keep(&replica);
        replica
    }

    /// Events at a steady pace, but never far ahead of what is delivered: a busy machine must not end with a backlog that
    /// takes longer than patience lasts.
    fn load(&self) -> Load {
        let ledger = self.ledger.clone();
        let delivered = move || DESTINATIONS.iter().map(|destination| ledger.delivered(destination)).min();
        let most = move || delivered().unwrap_or_default() + AHEAD;
        Load::start_behind(&self.setup, self.events, Pace { first: 0, count: usize::MAX, per_second: 60 }, most)
    }

    /// Waits until the replicas have all partitions of each source between them, none of them none.
    fn shared_by(&self, replicas: &[Program]) {
        // Events, audiences and memberships; deliveries.
        for (stage, topics) in [("route", 3), ("deliver", 1)] {
            until(&format!("{} replicas to share the partitions of {stage}", replicas.len()), PATIENCE, || {
                let label = format!("stage=\"{stage}\"");
                let assigned = replicas.iter().map(|own| own.metric("webhooks_kafka_assigned_partitions", &[&label]));
                let assigned: Vec<f64> = assigned.collect();
                let all = assigned.iter().sum::<f64>() == f64::from(PARTITIONS * topics);
                (all && assigned.iter().all(|own| *own > 0.0)).then_some(())
            });
        }
    }

    /// Waits until so many more deliveries have arrived, so that the load is felt by whoever has the partitions now.
    fn works_on(&self, more: usize) {
        let goal = self.ledger.count() + more;
        until("work to go on", PATIENCE, || (self.ledger.count() >= goal).then_some(()));
    }

    /// Ends the load, waits for quiet, and answers how many events there were: each delivered exactly once everywhere.
    ///
    /// The embedded Kafka refuses the commit of a member that hands partitions back while another one joins, which Apache
    /// Kafka takes; there, only that nothing is lost can be asked for.
    fn exactly_once(&self, load: Load) -> usize {
        let acknowledged = load.stop();
        let done = |destination: &&str| self.ledger.delivered(destination) >= acknowledged.len();
        until("all to be delivered", PATIENCE, || DESTINATIONS.iter().all(done).then_some(()));
        self.setup.quiet();
        let dead = self.setup.read("dead-letters");
        for destination in DESTINATIONS {
            let requests = self.ledger.of(destination);
            let verdict = judge((self.events, &acknowledged), destination, &requests, &dead);
            if on_apache() {
                verdict.exactly_once(destination)
            } else {
                verdict.nothing_lost(destination)
            }
            assert_eq!((verdict.delivered, verdict.dead), (acknowledged.len(), 0));
        }
        acknowledged.len()
    }
}

#[test]
fn replicas_share_the_partitions_and_whoever_joins_or_leaves_repeats_nothing() {
    let fleet = Fleet::new("shares", 0x5ca1e, Answer::ok().after_ms(20));
    let mut replicas = vec![fleet.start(), fleet.start()];
    fleet.shared_by(&replicas);
    let load = fleet.load();
    fleet.works_on(500);

    replicas.push(fleet.start());
    fleet.shared_by(&replicas);
    fleet.works_on(500);

    replicas.remove(0).stop();
    fleet.shared_by(&replicas);
    fleet.works_on(500);
    fleet.exactly_once(load);
    replicas.into_iter().for_each(Program::stop);
}

#[test]
fn replicas_that_come_and_go_in_any_order_repeat_and_lose_nothing() {
    const SEED: u64 = 0xc0_60;
    // Rebalances take seconds on the embedded Kafka.
    let steps = if on_apache() { 10 } else { 4 };
    let fleet = Fleet::new("comes-and-goes", SEED, Answer::ok().after_ms(20));
    let mut rng = Rng::new(SEED);
    let mut replicas: BTreeMap<usize, Program> = BTreeMap::from([(0, fleet.start())]);
    replicas[&0].ready();
    let load = fleet.load();
    let mut story = String::new();
    for step in 1..=steps {
        // One at least and three at most; the next step may come before the last has settled.
        if replicas.len() == 1 || (replicas.len() < 3 && rng.within(0..2) == 0) {
            let _ = replicas.insert(step, fleet.start());
            story.push_str(&format!(" +{step}"));
        } else {
            let leaving = *replicas.keys().nth(rng.within(0..replicas.len())).unwrap();
            replicas.remove(&leaving).unwrap().stop();
            story.push_str(&format!(" -{leaving}"));
        }
        fleet.works_on(rng.within(0..400));
    }
    let events = fleet.exactly_once(load);
    note(&format!("replicas that come and go: seed {SEED:#x}, {events} events, steps{story}"));
    replicas.into_values().for_each(Program::stop);
}

#[test]
fn a_replica_that_joins_while_another_one_drains_repeats_nothing() {
    // The requests of the one that leaves are still open when the group rebalances for the one that joins, so that its
    // partitions are asked back twice at once.
    const OPEN_MS: u64 = 5_000;
    const EVENTS: usize = 10;
    let fleet = Fleet::new("joins-a-drain", 0xd2a1, Answer::ok().after_ms(OPEN_MS));
    let mut leaving = fleet.start();
    leaving.ready();
    let load = Load::start(&fleet.setup, fleet.events, Pace { first: 0, count: EVENTS, per_second: 1_000 });
    until("all requests to be open", PATIENCE, || (fleet.ledger.count() >= EVENTS * DESTINATIONS.len()).then_some(()));
    leaving.signal("TERM");
    let joining = fleet.start();
    assert!(leaving.ended(PATIENCE).success());
    joining.ready();
    fleet.exactly_once(load);
    joining.stop();
}

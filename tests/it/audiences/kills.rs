//! Replicas that are killed, or stand still and go on, while syncs are under way: whatever was half done, receivers end with
//! what is true, and the memberships say the same. Apache Kafka only, where a killed replica is missed soon.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::support::audiences::{States, by_arrival, by_time, calls, members, record_at, users};
use crate::support::cluster::Cluster;
use crate::support::fleet::Fleet;
use crate::support::load::Rng;
use crate::support::program::Setup;
use crate::support::receiver::Receiver;
use crate::support::topics::{New, produce_all};
use crate::support::wait::until;
use crate::support::{note, size, skipped};

const SEED: u64 = 0xa0d1;
const REPLICAS: usize = 3;
const USERS: usize = 300;
const AUDIENCES: [&str; 3] = ["VIP", "Big Spenders", "Order Completed Last 30days"];
const KEYS: [&str; 3] = ["vip", "big_spenders", "order_completed_last_30days"];
const PATIENCE: Duration = Duration::from_secs(120);
const HOUR_MS: i64 = 3_600_000;

/// Syncs, and what is true after them.
struct Upstream<'a> {
    setup: &'a Setup,
    rng: Rng,
    /// When the next record is true: each a millisecond after the one before.
    millis: i64,
    truth: States,
    /// What was ever written, by its time.
    said: BTreeMap<i64, (String, String, bool)>,
    /// Changes among what was written, in the order of their times.
    changes: usize,
}

impl Upstream<'_> {
    /// One record for each user and audience; about a third of them change something.
    fn sync(&mut self) {
        let mut records = Vec::new();
        for user in users(0..USERS) {
            for (audience, key) in AUDIENCES.into_iter().zip(KEYS) {
                let own = self.truth.entry((key.to_owned(), user.clone())).or_default();
                if self.rng.within(0..3) == 0 {
                    *own = !*own;
                    self.changes += 1;
                }
                self.millis += 1;
                self.said.insert(self.millis, (key.to_owned(), user.clone(), *own));
                records.push(record_at(audience, &user, *own, self.millis));
            }
        }
        let partitions = usize::try_from(self.setup.partitions).unwrap();
        let new = |record: &'_ String| {
            let partition = i32::try_from(self.rng.within(0..partitions)).unwrap();
            (record.clone(), partition)
        };
        let placed: Vec<(String, i32)> = records.iter().map(new).collect();
        let records: Vec<_> = placed
            .iter()
            .map(|(value, partition)| New {
                value: Some(value.as_bytes()),
                partition: Some(*partition),
                ..New::default()
            })
            .collect();
        produce_all(&self.setup.brokers(), &self.setup.topic("audiences"), &records);
    }
}

/// Topics, a receiver, and nothing written yet.
fn setup(cluster: Cluster, name: &str, receiver: &Receiver) -> Setup {
    let mut setup = Setup::local_on(cluster, name).with_audiences();
    setup.partitions = 6;
    setup.properties = "session.timeout.ms: 1500, heartbeat.interval.ms: 300, fetch.wait.max.ms: 20".to_owned();
    // Replicas that start while records wait must not ask.
    setup.more_topics = "start_at: beginning".to_owned();
    setup.destination("crm", receiver.url("/crm"), ", give_up_after: 4h");
    setup.create_topics();
    setup
}

/// Syncs, with a fault somewhere within what each has to tell, and in the end one without; what receivers hold then.
fn trial(
    (setup, receiver): (&Setup, &Receiver),
    faults: usize,
    mut fault: impl FnMut(&mut Fleet<'_>, usize, &mut Upstream<'_>),
) {
    let millis = jiff::Timestamp::now().as_millisecond() - HOUR_MS;
    let (truth, said) = (States::new(), BTreeMap::new());
    let mut upstream = Upstream { setup, rng: Rng::new(SEED), millis, truth, said, changes: 0 };
    let mut fleet = Fleet::start(setup, REPLICAS);
    let mut rng = Rng::new(SEED ^ 1);
    for _ in 0..faults {
        let goal = receiver.requests().len() + rng.within(0..USERS / 2);
        upstream.sync();
        until("a sync to be under way", PATIENCE, || (receiver.requests().len() >= goal).then_some(()));
        let number = rng.within(0..REPLICAS);
        fleet.works(number);
        fault(&mut fleet, number, &mut upstream);
    }
    upstream.sync();
    fleet.is_whole();
    setup.quiet_but_for(&[], PATIENCE);
    let truth = members(&upstream.truth);
    // What a late append made wrong is mended by whoever sees it.
    until("the topic to say what is true by its last records", PATIENCE, || {
        (members(&setup.memberships()) == truth).then_some(())
    });
    setup.quiet_but_for(&[], PATIENCE);
    let heals: f64 =
        (0..REPLICAS).map(|number| fleet.replica(number).metric("webhooks_membership_heals_total", &[])).sum();
    let told = judge(&upstream, receiver);
    note(&format!("  {faults} faults, {heals} memberships appended again by those who live"));
    let _counts = fleet.stop();

    // All of it was committed and is known: nothing is told again.
    let program = setup.start();
    program.ready();
    setup.quiet();
    assert_eq!(receiver.requests().len(), told, "a restart sends nothing");
    assert_eq!(program.metric("webhooks_memberships", &[]), truth.len() as f64);
    program.stop();
}

/// Receivers hold what is true, and were told nothing that was not said; answers how many calls there were.
fn judge(upstream: &Upstream<'_>, receiver: &Receiver) -> usize {
    let requests = receiver.requests();
    let told = calls(&requests);
    // Under which ids each fact was told: what comes again comes under its own, but for what a zombie made be told once more.
    let mut ids: BTreeMap<i64, BTreeSet<&str>> = BTreeMap::new();
    for (call, request) in told.iter().zip(&requests) {
        let at = call.at.parse::<jiff::Timestamp>().unwrap().as_millisecond();
        assert_eq!(upstream.said.get(&at), Some(&(call.key.clone(), call.user.clone(), call.member)), "{call:?}");
        ids.entry(at).or_default().insert(request.header("webhook-id").unwrap());
    }
    assert_eq!(members(&by_time(&told)), members(&upstream.truth), "what receivers hold");
    let arrival = by_arrival(&told);
    let astray = upstream.truth.iter().filter(|(key, member)| arrival.get(*key).unwrap_or(&false) != *member).count();
    note(&format!(
        "{}: seed {SEED:#x}, {} changes in {} records, {} calls about {} of them, {} under several ids; {astray} users astray where the last call to arrive is believed",
        upstream.setup.name,
        upstream.changes,
        upstream.said.len(),
        told.len(),
        ids.len(),
        ids.values().filter(|ids| ids.len() > 1).count(),
    ));
    told.len()
}

#[test]
fn receivers_end_with_what_is_true_whoever_was_killed() {
    let Some(cluster) = Cluster::apache() else { return skipped("kill -9 during syncs") };
    let receiver = Receiver::start();
    let setup = setup(cluster, "audiences-kills", &receiver);
    trial((&setup, &receiver), size(3, 20), |fleet, number, _| {
        let _at = fleet.kill(number);
    });
}

#[test]
fn receivers_end_with_what_is_true_whatever_a_zombie_still_writes() {
    let Some(cluster) = Cluster::apache() else { return skipped("zombies during syncs") };
    let receiver = Receiver::start();
    let setup = setup(cluster, "audiences-zombies", &receiver);
    trial((&setup, &receiver), size(2, 10), |fleet, number, upstream| {
        fleet.replica(number).signal("STOP");
        fleet.does_without(number);
        // What it held is out of date by now, and it does not know.
        let goal = receiver.requests().len() + USERS / 2;
        upstream.sync();
        until("the others to go on", PATIENCE, || (receiver.requests().len() >= goal).then_some(()));
        fleet.replica(number).signal("CONT");
        fleet.is_whole();
    });
}

//! `kill -9` of replicas while syncs are under way: whatever was half done, receivers end with what is true, and the
//! memberships say the same. Apache Kafka only, where a killed replica is missed soon.

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

#[test]
fn receivers_end_with_what_is_true_whoever_was_killed() {
    let Some(cluster) = Cluster::apache() else { return skipped("kill -9 during syncs") };
    let kills = size(3, 20);
    let receiver = Receiver::start();
    let mut setup = Setup::local_on(cluster, "audiences-kills").with_audiences();
    setup.partitions = 6;
    setup.properties = "session.timeout.ms: 1500, heartbeat.interval.ms: 300, fetch.wait.max.ms: 20".to_owned();
    // Replicas that start while records wait must not ask.
    setup.more_topics = "start_at: beginning".to_owned();
    setup.destination("crm", receiver.url("/crm"), ", give_up_after: 4h");
    setup.create_topics();
    let millis = jiff::Timestamp::now().as_millisecond() - HOUR_MS;
    let (truth, said) = (States::new(), BTreeMap::new());
    let mut upstream = Upstream { setup: &setup, rng: Rng::new(SEED), millis, truth, said, changes: 0 };
    let mut fleet = Fleet::start(&setup, REPLICAS);
    let mut rng = Rng::new(SEED ^ 1);
    for _ in 0..kills {
        let before = receiver.requests().len();
        upstream.sync();
        // Somewhere within what this sync has to tell.
        let goal = before + rng.within(0..USERS / 2);
        until("a sync to be under way", PATIENCE, || (receiver.requests().len() >= goal).then_some(()));
        let number = rng.within(0..REPLICAS);
        fleet.works(number);
        let _at = fleet.kill(number);
    }
    upstream.sync();
    fleet.is_whole();
    setup.quiet_but_for(&[], PATIENCE);

    let requests = receiver.requests();
    let told = calls(&requests);
    // Under which ids each fact was told: what comes again comes under its own, but for what a zombie made be told once more.
    let mut ids: BTreeMap<i64, BTreeSet<&str>> = BTreeMap::new();
    for (call, request) in told.iter().zip(&requests) {
        let at = call.at.parse::<jiff::Timestamp>().unwrap().as_millisecond();
        assert_eq!(upstream.said.get(&at), Some(&(call.key.clone(), call.user.clone(), call.member)), "{call:?}");
        ids.entry(at).or_default().insert(request.header("webhook-id").unwrap());
    }
    let renamed = ids.values().filter(|ids| ids.len() > 1).count();
    let truth = members(&upstream.truth);
    assert_eq!(members(&by_time(&told)), truth, "what receivers hold");
    assert_eq!(members(&setup.memberships()), truth, "what the topic says by its last records");
    let arrival = by_arrival(&told);
    let astray = upstream.truth.iter().filter(|(key, member)| arrival.get(*key).unwrap_or(&false) != *member).count();
    note(&format!(
        "audiences: seed {SEED:#x}, {kills} kills, {} changes in {} records, {} calls about {} of them, {renamed} under several ids; {astray} users astray where the last call to arrive is believed",
        upstream.changes,
        (kills + 1) * USERS * AUDIENCES.len(),
        told.len(),
        ids.len(),
    ));
    let before = told.len();
    let _counts = fleet.stop();

    // All of it was committed and is known: nothing is told again.
    let program = setup.start();
    program.ready();
    setup.quiet();
    assert_eq!(receiver.requests().len(), before, "a restart sends nothing");
    assert_eq!(program.metric("webhooks_memberships", &[]), truth.len() as f64);
    program.stop();
}

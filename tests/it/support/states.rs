//! The states that many tests wait for: so many requests, dead letters or counts, and quiet, when nothing is under way.
//! Each wait has a deadline far beyond the usual; what the state must hold is left to the tests.

use std::collections::BTreeMap;
use std::time::Duration;

use super::cluster::Cluster;
use super::program::{Program, Setup};
use super::receiver::{self, Receiver};
use super::topics::{self, New};
use super::wait::{until, until_explained};

/// Where a busy machine still gets; reached only by a test that fails.
pub const PATIENCE: Duration = Duration::from_secs(40);

impl Setup {
    /// A setup on the Kafka of this run whose destinations may call loopback.
    pub fn local(name: &str) -> Self {
        Self::local_on(Cluster::start(), name)
    }

    /// A setup whose destinations may call loopback.
    pub fn local_on(cluster: Cluster, name: &str) -> Self {
        let mut setup = Self::new(cluster, name);
        setup.more = "http: { allow_networks: [127.0.0.0/8] }".to_owned();
        setup
    }

    /// For tests that start one replica after another: the embedded Kafka lets a group that had members wait for a session
    /// less a second. Apache Kafka, which does not, takes no session below its own minimum.
    pub fn restarts(&mut self) {
        if matches!(self.cluster, Cluster::Embedded(_)) {
            self.properties = self.properties.replace("session.timeout.ms: 6000", "session.timeout.ms: 2000");
        }
    }

    /// Adds a destination: its id, its URL and further keys in flow style, each with a comma before it.
    pub fn destination(&mut self, id: &str, url: impl std::fmt::Display, keys: &str) {
        self.destinations.push_str(&format!("  - {{ id: {id}, type: webhooks, url: \"{url}\"{keys} }}\n"));
    }

    /// Adds a destination of the Actions kind: its id, its mappings in flow style, without braces, and further keys, each
    /// with a comma before it.
    pub fn mappings(&mut self, id: &str, mappings: &[&str], keys: &str) {
        self.destinations.push_str(&format!("  - id: {id}\n    type: webhooks_actions\n"));
        let keys = keys.trim_start_matches(", ");
        if !keys.is_empty() {
            let keys = keys.replace(", breaker:", "\n    breaker:").replace(", give_up_after", "\n    give_up_after");
            let keys = keys.replace(", max_", "\n    max_").replace(", shared_", "\n    shared_");
            self.destinations.push_str(&format!("    {keys}\n"));
        }
        self.destinations.push_str("    mappings:\n");
        for mapping in mappings {
            self.destinations.push_str(&format!("      - {{ {mapping} }}\n"));
        }
    }

    /// Writes one record into one of this setup's topics.
    pub fn put(&self, kind: &str, record: New<'_>) {
        topics::produce_all(&self.brokers(), &self.topic(kind), &[record]);
    }

    /// Writes events.
    pub fn events(&self, values: &[&str]) {
        let records: Vec<_> =
            values.iter().map(|value| New { value: Some(value.as_bytes()), ..New::default() }).collect();
        topics::produce_all(&self.brokers(), &self.topic("events"), &records);
    }

    /// All that is in one of this setup's topics now.
    pub fn read(&self, kind: &str) -> Vec<topics::Seen> {
        topics::read_all(&self.brokers(), &self.topic(kind))
    }

    /// All that waits: what lies in tiers and deliveries beyond what is committed.
    pub fn waiting(&self) -> Vec<topics::Seen> {
        let tiers = self.tiers.iter().map(|tier| ("delay", format!("delays.{tier}")));
        let read = tiers.chain([("deliver", "deliveries".to_owned())]);
        let beyond = |(stage, kind): (&str, String)| {
            topics::read_from(&self.brokers(), &self.topic(&kind), &self.committed(stage, &kind))
        };
        read.flat_map(beyond).collect()
    }

    /// Waits until a topic holds so many records, and answers them.
    pub fn wait_for(&self, kind: &str, count: usize) -> Vec<topics::Seen> {
        until(&format!("{count} records in {kind}"), PATIENCE, || {
            let seen = self.read(kind);
            (seen.len() >= count).then_some(seen)
        })
    }

    /// What a stage's group has committed in one of this setup's topics.
    pub fn committed(&self, stage: &str, kind: &str) -> BTreeMap<i32, i64> {
        topics::committed(&self.brokers(), &self.group(stage), &self.topic(kind), self.partitions)
    }

    /// Waits until a stage has committed all of a topic.
    pub fn passed(&self, stage: &str, kind: &str) {
        until(&format!("{stage} to commit all of {kind}"), PATIENCE, || {
            self.is_passed(stage, kind, &self.ends(kind)).then_some(())
        });
    }

    /// Waits until every record of every stage is settled and committed, so that nothing more will happen by itself.
    pub fn quiet(&self) {
        self.quiet_but_for(&[], PATIENCE);
    }

    /// The same, whatever lies in tiers that are longer than the test.
    pub fn quiet_but_for(&self, long: &[&str], patience: Duration) {
        let mut read: Vec<(&str, String)> = vec![("route", "events".to_owned()), ("deliver", "deliveries".to_owned())];
        if self.has_audiences {
            let of_audiences = [("route", "audiences"), ("diff", "audience-records"), ("route", "memberships")];
            read.extend(of_audiences.map(|(stage, kind)| (stage, kind.to_owned())));
        }
        let tiers = self.tiers.iter().filter(|tier| !long.contains(tier));
        read.extend(tiers.map(|tier| ("delay", format!("delays.{tier}"))));
        let all_ends = || read.iter().map(|(_, kind)| self.ends(kind)).collect::<Vec<_>>();
        let behind = || {
            let passed = read.iter().zip(all_ends()).filter(|((stage, kind), ends)| !self.is_passed(stage, kind, ends));
            let told = passed.map(|((stage, kind), ends)| {
                format!("{stage} has committed {:?} of {ends:?} in {kind}", self.committed(stage, kind))
            });
            format!("quiet: {}", told.collect::<Vec<_>>().join("; "))
        };
        until_explained(behind, patience, || {
            // What moves from one topic to another while we look changes an end.
            let before = all_ends();
            let passed = read.iter().zip(&before).all(|((stage, kind), ends)| self.is_passed(stage, kind, ends));
            (passed && all_ends() == before).then_some(())
        });
    }

    fn ends(&self, kind: &str) -> BTreeMap<i32, i64> {
        let mut ends = topics::ends(&self.brokers(), &self.topic(kind), self.partitions);
        ends.retain(|_, end| *end > 0);
        ends
    }

    fn is_passed(&self, stage: &str, kind: &str, ends: &BTreeMap<i32, i64>) -> bool {
        let mut committed = self.committed(stage, kind);
        committed.retain(|_, offset| *offset > 0);
        committed == *ends
    }
}

impl Program {
    /// Waits until a metric is at least so much.
    pub fn counts(&self, name: &str, labels: &[&str], least: f64) {
        until(&format!("{name} {labels:?} to reach {least}"), PATIENCE, || {
            (self.metric(name, labels) >= least).then_some(())
        });
    }
}

impl Receiver {
    /// Waits until there were so many requests, and answers all there were.
    pub fn wait_for(&self, count: usize) -> Vec<receiver::Seen> {
        until(&format!("{count} requests"), PATIENCE, || {
            let seen = self.requests();
            (seen.len() >= count).then_some(seen)
        })
    }

    /// The requests for a path, so far.
    pub fn requests_for(&self, path: &str) -> Vec<receiver::Seen> {
        self.requests().into_iter().filter(|seen| seen.path == path).collect()
    }
}

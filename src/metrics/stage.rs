//! What is counted per stage, and per partition it reads.
//! Told by the consumer's watch; names and meanings are contract section 10.

use prometheus::{GaugeVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec};

use super::make::Maker;
use super::topic::Losses;

const STAGES: [&str; 4] = ["route", "diff", "deliver", "delay"];
const KINDS: [&str; 3] = ["assigned", "revoked", "lost"];

/// The families with a `stage` label, and those of partitions.
#[derive(Debug)]
pub(super) struct StageFamilies {
    assigned: IntGaugeVec,
    paused: IntGaugeVec,
    last_poll: GaugeVec,
    last_commit: GaugeVec,
    rebalances: IntCounterVec,
    commits: IntCounterVec,
    lag: IntGaugeVec,
    committed: IntGaugeVec,
    losses: Losses,
}

/// The counters of one stage.
#[derive(Debug, Clone)]
pub struct StageMetrics {
    /// Partitions assigned now.
    pub assigned: IntGauge,
    /// Partitions paused for their memory.
    pub paused: IntGauge,
    name: &'static str,
    last_poll: GaugeVec,
    last_commit: GaugeVec,
    rebalances: [IntCounter; 3],
    commits_ok: IntCounter,
    commits_failed: IntCounter,
    lag: IntGaugeVec,
    committed: IntGaugeVec,
    losses: Losses,
}

/// Where a partition stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Records between what is committed and the end; before the first commit, from where reading began.
    pub lag: i64,
    /// The committed offset, if there is one.
    pub committed: Option<i64>,
}

impl StageFamilies {
    pub(super) fn new(make: &Maker<'_>, losses: Losses) -> Result<Self, prometheus::Error> {
        let families = Self {
            assigned: make.gauges(
                "webhooks_kafka_assigned_partitions",
                "Partitions a stage is assigned.",
                &["stage"],
            )?,
            paused: make.gauges(
                "webhooks_kafka_paused_partitions",
                "Partitions paused for their memory.",
                &["stage"],
            )?,
            last_poll: make.fractions(
                "webhooks_kafka_last_poll_timestamp_seconds",
                "When a stage last polled Kafka.",
                &["stage"],
            )?,
            last_commit: make.fractions(
                "webhooks_kafka_last_commit_timestamp_seconds",
                "When Kafka last took a commit of a stage.",
                &["stage"],
            )?,
            rebalances: make.counters("webhooks_kafka_rebalances_total", "Rebalances, by kind.", &["stage", "kind"])?,
            commits: make.counters("webhooks_kafka_commits_total", "Commits, by result.", &["stage", "result"])?,
            lag: make.gauges(
                "webhooks_kafka_lag_records",
                "Records from the committed offset to the end; before a first commit, from where reading began.",
                &["topic", "partition"],
            )?,
            committed: make.gauges(
                "webhooks_kafka_committed_offset",
                "The committed offset.",
                &["topic", "partition"],
            )?,
            losses,
        };
        STAGES.iter().for_each(|stage| drop(families.stage(stage)));
        Ok(families)
    }

    pub(super) fn stage(&self, name: &'static str) -> StageMetrics {
        StageMetrics {
            assigned: self.assigned.with_label_values(&[name]),
            paused: self.paused.with_label_values(&[name]),
            name,
            last_poll: self.last_poll.clone(),
            last_commit: self.last_commit.clone(),
            rebalances: KINDS.map(|kind| self.rebalances.with_label_values(&[name, kind])),
            commits_ok: self.commits.with_label_values(&[name, "ok"]),
            commits_failed: self.commits.with_label_values(&[name, "failed"]),
            lag: self.lag.clone(),
            committed: self.committed.clone(),
            losses: self.losses.clone(),
        }
    }
}

impl StageMetrics {
    /// Notes a poll; the time is in seconds since 1970.
    pub fn polled(&self, now: f64) {
        // Made with the first one: a stage that this process does not run must not look like one that is stuck.
        self.last_poll.with_label_values(&[self.name]).set(now);
    }

    /// Counts a rebalance: `assigned`, `revoked` or `lost`.
    pub fn rebalanced(&self, kind: &str) {
        if let Some(index) = KINDS.iter().position(|known| *known == kind) {
            self.rebalances[index].inc();
        }
    }

    /// Counts a commit that Kafka took; the time is in seconds since 1970.
    pub fn committed(&self, now: f64) {
        self.commits_ok.inc();
        // Made with the first one, for there is no time before it.
        self.last_commit.with_label_values(&[self.name]).set(now);
    }

    /// Counts a commit that Kafka refused.
    pub fn commit_failed(&self) {
        self.commits_failed.inc();
    }

    /// Counts that reading a topic began anew at the start of the log.
    pub fn offset_reset(&self, topic: &str) {
        self.losses.reset(topic);
    }

    /// Counts offsets that retention had deleted before they were read.
    pub fn lost(&self, topic: &str, records: u64) {
        self.losses.lost(topic, records);
    }

    /// Sets where a partition stands.
    pub fn partition(&self, topic: &str, partition: i32, standing: Standing) {
        let partition = partition.to_string();
        let labels = [topic, partition.as_str()];
        self.lag.with_label_values(&labels).set(standing.lag);
        match standing.committed {
            Some(offset) => self.committed.with_label_values(&labels).set(offset),
            // The error says that there was no such series.
            None => drop(self.committed.remove_label_values(&labels)),
        }
    }

    /// Forgets a partition that is no longer ours.
    pub fn forget(&self, topic: &str, partition: i32) {
        let partition = partition.to_string();
        let labels = [topic, partition.as_str()];
        // The errors say that there were no such series.
        drop(self.lag.remove_label_values(&labels));
        drop(self.committed.remove_label_values(&labels));
    }
}

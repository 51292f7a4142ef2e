//! What is counted per stage, and per partition it reads.
//! Told by the consumer's watch; names and meanings are contract section 10.

use prometheus::{GaugeVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry};

const STAGES: [&str; 4] = ["route", "diff", "deliver", "delay"];
const KINDS: [&str; 3] = ["assigned", "revoked", "lost"];

/// The families with a `stage` label, and those of partitions.
#[derive(Debug)]
pub(super) struct StageFamilies {
    assigned: IntGaugeVec,
    paused: IntGaugeVec,
    last_poll: GaugeVec,
    rebalances: IntCounterVec,
    commits: IntCounterVec,
    lag: IntGaugeVec,
    committed: IntGaugeVec,
}

/// The counters of one stage.
#[derive(Debug, Clone)]
pub struct StageMetrics {
    /// Partitions assigned now.
    pub assigned: IntGauge,
    /// Partitions paused for their memory.
    pub paused: IntGauge,
    last_poll: prometheus::Gauge,
    rebalances: [IntCounter; 3],
    commits_ok: IntCounter,
    commits_failed: IntCounter,
    lag: IntGaugeVec,
    committed: IntGaugeVec,
}

impl StageFamilies {
    pub(super) fn new(registry: &Registry) -> Result<Self, prometheus::Error> {
        let gauges = |name: &str, help: &str, labels: &[&str]| {
            let family = IntGaugeVec::new(Opts::new(name, help), labels)?;
            registry.register(Box::new(family.clone()))?;
            Ok::<_, prometheus::Error>(family)
        };
        let counters = |name: &str, help: &str, labels: &[&str]| {
            let family = IntCounterVec::new(Opts::new(name, help), labels)?;
            registry.register(Box::new(family.clone()))?;
            Ok::<_, prometheus::Error>(family)
        };
        let last_poll = GaugeVec::new(
            Opts::new("webhooks_kafka_last_poll_timestamp_seconds", "When a stage last polled Kafka."),
            &["stage"],
        )?;
        registry.register(Box::new(last_poll.clone()))?;
        let families = Self {
            assigned: gauges("webhooks_kafka_assigned_partitions", "Partitions a stage is assigned.", &["stage"])?,
            paused: gauges("webhooks_kafka_paused_partitions", "Partitions paused for their memory.", &["stage"])?,
            last_poll,
            rebalances: counters("webhooks_kafka_rebalances_total", "Rebalances, by kind.", &["stage", "kind"])?,
            commits: counters("webhooks_kafka_commits_total", "Commits, by result.", &["stage", "result"])?,
            lag: gauges(
                "webhooks_kafka_lag_records",
                "Records between the committed offset and the end.",
                &["topic", "partition"],
            )?,
            committed: gauges("webhooks_kafka_committed_offset", "The committed offset.", &["topic", "partition"])?,
        };
        STAGES.iter().for_each(|stage| drop(families.stage(stage)));
        Ok(families)
    }

    pub(super) fn stage(&self, name: &str) -> StageMetrics {
        StageMetrics {
            assigned: self.assigned.with_label_values(&[name]),
            paused: self.paused.with_label_values(&[name]),
            last_poll: self.last_poll.with_label_values(&[name]),
            rebalances: KINDS.map(|kind| self.rebalances.with_label_values(&[name, kind])),
            commits_ok: self.commits.with_label_values(&[name, "ok"]),
            commits_failed: self.commits.with_label_values(&[name, "failed"]),
            lag: self.lag.clone(),
            committed: self.committed.clone(),
        }
    }
}

impl StageMetrics {
    /// Notes a poll; the time is in seconds since 1970.
    pub fn polled(&self, now: f64) {
        self.last_poll.set(now);
    }

    /// Counts a rebalance: `assigned`, `revoked` or `lost`.
    pub fn rebalanced(&self, kind: &str) {
        if let Some(index) = KINDS.iter().position(|known| *known == kind) {
            self.rebalances[index].inc();
        }
    }

    /// Counts a commit that Kafka took.
    pub fn committed(&self) {
        self.commits_ok.inc();
    }

    /// Counts a commit that Kafka refused.
    pub fn commit_failed(&self) {
        self.commits_failed.inc();
    }

    /// Sets where a partition stands.
    pub fn partition(&self, topic: &str, partition: i32, lag: i64, committed: i64) {
        let partition = partition.to_string();
        let labels = [topic, partition.as_str()];
        self.lag.with_label_values(&labels).set(lag);
        self.committed.with_label_values(&labels).set(committed);
    }

    /// Forgets a partition that is no longer ours.
    pub fn forget(&self, topic: &str, partition: i32) {
        let partition = partition.to_string();
        let labels = [topic, partition.as_str()];
        // The error says that there was no such series.
        drop(self.lag.remove_label_values(&labels));
        drop(self.committed.remove_label_values(&labels));
    }
}

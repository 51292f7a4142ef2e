//! Every metric: name, meaning, labels, buckets. A leaf: everybody may count here, it knows no stage.
//! Labels come from the configuration and closed lists only, so their number is bounded; handles are made once per
//! destination, so counting takes no lock and no allocation. Names and meanings are contract section 10.

pub mod destination;
pub mod membership;
pub mod stage;

use std::collections::HashMap;
use std::sync::Arc;

use prometheus::{Encoder as _, IntCounter, IntCounterVec, IntGaugeVec, Opts, Registry, TextEncoder};

use crate::outcome::schedule::Tier;
use crate::route::destination::DestinationId;

use destination::{DestinationMetrics, Families};
use membership::MembershipMetrics;
use stage::{StageFamilies, StageMetrics};

const RESULTS: [&str; 2] = ["ok", "failed"];

/// The content type of [`Metrics::render`].
pub const TEXT: &str = prometheus::TEXT_FORMAT;

/// Everything this process counts.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    destinations: HashMap<DestinationId, Arc<DestinationMetrics>>,
    /// Deliveries whose key names no destination of the configuration.
    unknown: Arc<DestinationMetrics>,
    /// What belongs to no destination: malformed records.
    none: Arc<DestinationMetrics>,
    stages: StageFamilies,
    memberships: MembershipMetrics,
    events_consumed: IntCounterVec,
    events_malformed: IntCounterVec,
    produced: IntCounterVec,
    produced_to: HashMap<String, [IntCounter; 2]>,
    delayed: IntGaugeVec,
    oldest_due: prometheus::GaugeVec,
    clock_skew: prometheus::Gauge,
    connections: IntCounter,
}

/// What is known when the process begins: names that become labels.
#[derive(Debug)]
pub struct Scope<'a> {
    /// The destinations of the configuration.
    pub destinations: Vec<&'a DestinationId>,
    /// The source topics.
    pub sources: Vec<&'a str>,
    /// Topics we write to.
    pub written: Vec<String>,
    /// The tiers.
    pub tiers: Vec<Tier>,
    /// Hash of the configuration without its secrets.
    pub config_hash: &'a str,
}

impl Metrics {
    /// Registers everything, with 0 for every combination that is known.
    pub fn new(scope: &Scope<'_>) -> Result<Self, MetricsError> {
        let registry = Registry::new();
        let counters = |name: &str, help: &str, labels: &[&str]| -> Result<IntCounterVec, prometheus::Error> {
            let family = IntCounterVec::new(Opts::new(name, help), labels)?;
            registry.register(Box::new(family.clone()))?;
            Ok(family)
        };
        let events_consumed = counters("webhooks_events_consumed_total", "Source records read.", &["topic"])?;
        let events_malformed =
            counters("webhooks_events_malformed_total", "Source records that are no event.", &["topic"])?;
        let produced =
            counters("webhooks_kafka_produced_total", "Records appended to Kafka, by result.", &["topic", "result"])?;
        let connections = counters("webhooks_connections_opened_total", "Connections opened to receivers.", &[])?
            .with_label_values::<&str>(&[]);
        for topic in &scope.sources {
            events_consumed.with_label_values(&[topic]);
            events_malformed.with_label_values(&[topic]);
        }
        let of = |topic: &String| RESULTS.map(|result| produced.with_label_values(&[topic.as_str(), result]));
        let produced_to = scope.written.iter().map(|topic| (topic.clone(), of(topic))).collect();
        let one = |name: &str, help: &str, label: &str, value: &str| -> Result<(), prometheus::Error> {
            let family = IntGaugeVec::new(Opts::new(name, help), &[label])?;
            registry.register(Box::new(family.clone()))?;
            family.with_label_values(&[value]).set(1);
            Ok(())
        };
        one(
            "webhooks_config_info",
            "1; the hash of the configuration without its secrets.",
            "hash",
            scope.config_hash,
        )?;
        one("webhooks_build_info", "1; the version of this build.", "version", env!("CARGO_PKG_VERSION"))?;
        let delayed = IntGaugeVec::new(
            Opts::new("webhooks_delayed_deliveries", "Deliveries of a tier that this replica holds in memory."),
            &["tier"],
        )?;
        let oldest_due = prometheus::GaugeVec::new(
            Opts::new("webhooks_delay_oldest_due_timestamp_seconds", "When the oldest of a tier is or was due."),
            &["tier"],
        )?;
        let clock_skew = prometheus::Gauge::new(
            "webhooks_clock_skew_seconds",
            "How far the local clock is ahead of Kafka's, as appends tell it.",
        )?;
        registry.register(Box::new(delayed.clone()))?;
        registry.register(Box::new(oldest_due.clone()))?;
        registry.register(Box::new(clock_skew.clone()))?;
        registry.register(Box::new(prometheus::process_collector::ProcessCollector::for_self()))?;
        for tier in &scope.tiers {
            delayed.with_label_values(&[tier.name()]);
        }
        let families = Families::new(&registry)?;
        let named = |name: &str| Arc::new(families.destination(name));
        let destinations = scope.destinations.iter().map(|id| ((*id).clone(), named(id.as_str()))).collect();
        Ok(Self {
            destinations,
            unknown: named("unknown"),
            none: named("none"),
            stages: StageFamilies::new(&registry)?,
            memberships: MembershipMetrics::new(&registry)?,
            registry,
            events_consumed,
            events_malformed,
            produced,
            produced_to,
            delayed,
            oldest_due,
            clock_skew,
            connections,
        })
    }

    /// The counters of a destination; of `unknown` where the configuration has none of that id.
    pub fn destination(&self, id: Option<&DestinationId>) -> &Arc<DestinationMetrics> {
        id.and_then(|id| self.destinations.get(id)).unwrap_or(&self.unknown)
    }

    /// The counters of what belongs to no destination.
    pub fn nobody(&self) -> &DestinationMetrics {
        &self.none
    }

    /// The counters of a stage.
    pub fn stage(&self, name: &'static str) -> StageMetrics {
        self.stages.stage(name)
    }

    /// The counters of audiences.
    pub fn memberships(&self) -> &MembershipMetrics {
        &self.memberships
    }

    /// Counts source records.
    pub fn consumed(&self, topic: &str, count: u64) {
        self.events_consumed.with_label_values(&[topic]).inc_by(count);
    }

    /// Counts a source record that is no event.
    pub fn malformed(&self, topic: &str) {
        self.events_malformed.with_label_values(&[topic]).inc();
    }

    /// Counts an append: in the log, or failed.
    pub fn produced(&self, topic: &str, in_log: bool) {
        let known = self.produced_to.get(topic);
        let index = usize::from(!in_log);
        match known {
            Some(counters) => counters[index].inc(),
            None => self.produced.with_label_values(&[topic, RESULTS[index]]).inc(),
        }
    }

    /// Sets what is held of a tier; the time is in seconds since 1970.
    pub fn tier(&self, tier: Tier, held: usize, oldest_due: Option<f64>) {
        let name = tier.name();
        self.delayed.with_label_values(&[&name]).set(i64::try_from(held).unwrap_or(i64::MAX));
        match oldest_due {
            Some(due) => self.oldest_due.with_label_values(&[&name]).set(due),
            // An absent series means that nothing waits; the error says that there was none.
            None => drop(self.oldest_due.remove_label_values(&[&name])),
        }
    }

    /// Sets how far the local clock is ahead of Kafka's.
    pub fn clock_skew(&self, seconds: f64) {
        self.clock_skew.set(seconds);
    }

    /// Sets the number of connections opened so far.
    pub fn connections_opened(&self, total: u64) {
        self.connections.inc_by(total.saturating_sub(self.connections.get()));
    }

    /// What became of the deliveries of this process so far: delivered, put into a delay, dead-lettered.
    pub fn totals(&self) -> [u64; 3] {
        let all = self.destinations.values().chain([&self.unknown, &self.none]);
        all.map(|own| own.totals()).fold([0; 3], |sum, own| [sum[0] + own[0], sum[1] + own[1], sum[2] + own[2]])
    }

    /// Everything in Prometheus' text format.
    pub fn render(&self) -> Result<Vec<u8>, MetricsError> {
        let mut text = Vec::new();
        TextEncoder::new().encode(&self.registry.gather(), &mut text)?;
        Ok(text)
    }
}

/// Why metrics cannot be made or shown.
#[derive(Debug, thiserror::Error)]
#[error("metrics")]
pub struct MetricsError(#[from] prometheus::Error);

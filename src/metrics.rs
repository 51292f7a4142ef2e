//! Every metric: name, meaning, labels, buckets. A leaf: everybody may count here, it knows no stage.
//! Names and meanings are contract section 10, and the README's table, which a test holds against what is exported.
//!
//! Labels come from the configuration and closed lists only, so their number is bounded: the first [`MOST_NAMED`]
//! destinations have names of their own, all others share `other`. What belongs to no destination counts as `none`, what
//! names one that is not in the file as `unknown`; none of the three can be an id (`route::destination`).
//!
//! Counting takes no lock and no allocation for an event: whoever counts looks its handle up in a map that never changes
//! (`destination`, `topic`, `tier`), and adds to an atomic number. Series are made and removed only when partitions
//! come and go, at a gauge's tick, or for what is in no configuration (a tier that was taken out).

pub mod destination;
mod make;
pub mod membership;
pub mod oldest;
pub mod owned;
pub mod stage;
mod tier;
pub mod topic;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use prometheus::{Encoder as _, IntCounter, Registry, TextEncoder};

use crate::outcome::schedule::Tier;
use crate::route::destination::DestinationId;

use destination::{DestinationMetrics, Families};
use make::Maker;
use membership::MembershipMetrics;
use oldest::Oldest;
use owned::OwnedGauges;
use stage::{StageFamilies, StageMetrics};
use tier::TierMetrics;
use topic::{Kind, Topic, TopicMetrics};

/// The content type of [`Metrics::render`].
pub const TEXT: &str = prometheus::TEXT_FORMAT;

/// Destinations with a name of their own.
pub const MOST_NAMED: usize = 200;
/// The name of all others.
const OTHER: &str = "other";

/// Everything this process counts.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    destinations: HashMap<DestinationId, Arc<DestinationMetrics>>,
    /// Deliveries whose key names no destination of the configuration.
    unknown: Arc<DestinationMetrics>,
    /// What belongs to no destination: malformed records.
    none: Arc<DestinationMetrics>,
    /// What shares a name.
    other: Option<Arc<DestinationMetrics>>,
    owned: OwnedGauges,
    oldest: Oldest,
    stages: StageFamilies,
    memberships: MembershipMetrics,
    topics: TopicMetrics,
    tiers: TierMetrics,
    clock_skew: prometheus::Gauge,
    connections: IntCounter,
    connections_seen: AtomicU64,
}

/// What is known when the process begins: names that become labels.
#[derive(Debug, Default)]
pub struct Scope<'a> {
    /// The destinations of the configuration, in its order.
    pub destinations: Vec<&'a DestinationId>,
    /// The topics that are read or written.
    pub topics: Vec<Topic>,
    /// The tiers.
    pub tiers: Vec<Tier>,
    /// Hash of the configuration without its secrets.
    pub config_hash: &'a str,
}

impl Metrics {
    /// Registers everything, with 0 for every combination that is known.
    pub fn new(scope: &Scope<'_>) -> Result<Self, MetricsError> {
        let registry = Registry::new();
        let make = Maker(&registry);
        registry.register(Box::new(prometheus::process_collector::ProcessCollector::for_self()))?;
        let hash = "1; the hash of the configuration without its secrets.";
        make.gauges("webhooks_config_info", hash, &["hash"])?.with_label_values(&[scope.config_hash]).set(1);
        let build = make.gauges("webhooks_build_info", "1; the version of this build.", &["version"])?;
        build.with_label_values(&[env!("CARGO_PKG_VERSION")]).set(1);
        let reloads = "Times the configuration was read again while running, by result.";
        let reloads = make.counters("webhooks_config_reloads_total", reloads, &["result"])?;
        ["ok", "failed"].iter().for_each(|result| drop(reloads.with_label_values(&[result])));

        let families = Families::new(&make)?;
        let (named, folded) = scope.destinations.split_at(scope.destinations.len().min(MOST_NAMED));
        let folded_help = "Destinations that share the name `other`, for there are more than 200.";
        let count = i64::try_from(folded.len()).unwrap_or(i64::MAX);
        make.gauge("webhooks_destinations_folded", folded_help)?.set(count);
        let other = (!folded.is_empty()).then(|| Arc::new(families.destination(OTHER)));
        let own = named.iter().map(|id| ((*id).clone(), Arc::new(families.destination(id.as_str()))));
        let shared = folded.iter().filter_map(|id| Some(((*id).clone(), other.clone()?)));
        let destinations = own.chain(shared).collect();
        let names: Arc<[Arc<str>]> =
            named.iter().map(|id| id.as_str().into()).chain(other.is_some().then(|| OTHER.into())).collect();
        let place = |(index, id): (usize, &&DestinationId)| ((*id).clone(), index.min(MOST_NAMED));
        let places = Arc::new(scope.destinations.iter().enumerate().map(place).collect::<HashMap<_, _>>());

        let topics = TopicMetrics::new(&make, &scope.topics)?;
        Ok(Self {
            destinations,
            unknown: Arc::new(families.destination("unknown")),
            none: Arc::new(families.destination("none")),
            other,
            owned: OwnedGauges::new(&make, names.clone(), places.clone())?,
            oldest: Oldest::new(&make, names, places)?,
            stages: StageFamilies::new(&make, topics.losses())?,
            memberships: MembershipMetrics::new(&make)?,
            topics,
            tiers: TierMetrics::new(&make, &scope.tiers)?,
            clock_skew: make.fraction(
                "webhooks_clock_skew_seconds",
                "How far the local clock is ahead of Kafka's, as appends tell it.",
            )?,
            connections: make.counter("webhooks_connections_opened_total", "Connections opened to receivers.")?,
            connections_seen: AtomicU64::new(0),
            registry,
        })
    }

    /// The counters of a destination; of `unknown` where the configuration has none of that id.
    pub fn destination(&self, id: Option<&DestinationId>) -> &Arc<DestinationMetrics> {
        id.and_then(|id| self.destinations.get(id)).unwrap_or(&self.unknown)
    }

    /// The counters of the destination that a key in Kafka names.
    pub fn destination_of_key(&self, key: &[u8]) -> &DestinationMetrics {
        let id = std::str::from_utf8(key).ok();
        id.and_then(|id| self.destinations.get(id)).unwrap_or(&self.unknown)
    }

    /// The counters of what belongs to no destination.
    pub fn nobody(&self) -> &DestinationMetrics {
        &self.none
    }

    /// The gauges of the destinations that are served here; for the one who sets them.
    pub fn owned(&self) -> OwnedGauges {
        self.owned.clone()
    }

    /// Where the stages tell what the oldest is that they hold.
    pub fn oldest(&self) -> &Oldest {
        &self.oldest
    }

    /// The counters of a stage.
    pub fn stage(&self, name: &'static str) -> StageMetrics {
        self.stages.stage(name)
    }

    /// The counters of audiences.
    pub fn memberships(&self) -> &MembershipMetrics {
        &self.memberships
    }

    /// Counts a source record.
    pub fn consumed(&self, topic: &str) {
        self.topics.consumed(topic);
    }

    /// Counts a source record that is no event.
    pub fn malformed(&self, topic: &str) {
        self.topics.malformed(topic);
    }

    /// Counts an append: in the log, or failed.
    pub fn produced(&self, topic: &str, in_log: bool) {
        self.topics.produced(topic, in_log);
    }

    /// Whether what a topic does not take has nowhere else to go.
    pub fn is_last_resort(&self, topic: &str) -> bool {
        self.topics.is_last_resort(topic)
    }

    /// Says that a topic is a tier; nothing new for those of the configuration.
    pub fn tier_topic(&self, topic: &str) {
        self.topics.add(topic, Kind::Delay);
    }

    /// Observes how late an attempt began, of what came back from a tier or, without one, of a fresh delivery.
    pub fn attempt_lag(&self, tier: Option<Tier>, late: Duration) {
        self.tiers.attempted(tier, late);
    }

    /// Sets what is held of a tier; the time is in seconds since 1970.
    pub fn tier(&self, tier: Tier, held: usize, oldest_due: Option<f64>) {
        self.tiers.hold(tier, held, oldest_due);
    }

    /// Sets how far the local clock is ahead of Kafka's.
    pub fn clock_skew(&self, seconds: f64) {
        self.clock_skew.set(seconds);
    }

    /// Sets the number of connections opened so far.
    pub fn connections_opened(&self, total: u64) {
        // Several may ask at once; each adds what nobody has added yet.
        let before = self.connections_seen.fetch_max(total, Ordering::Relaxed);
        self.connections.inc_by(total.saturating_sub(before));
    }

    /// What became of the deliveries of this process so far: delivered, put into a delay, dead-lettered.
    pub fn totals(&self) -> [u64; 3] {
        let named = self.destinations.values().filter(|own| !self.other.iter().any(|other| Arc::ptr_eq(own, other)));
        let all = named.chain([&self.unknown, &self.none]).chain(&self.other);
        all.map(|own| own.totals()).fold([0; 3], |sum, own| [sum[0] + own[0], sum[1] + own[1], sum[2] + own[2]])
    }

    /// Everything in Prometheus' text format.
    pub fn render(&self) -> Result<Vec<u8>, MetricsError> {
        self.oldest.refresh();
        let mut text = Vec::new();
        TextEncoder::new().encode(&self.registry.gather(), &mut text)?;
        Ok(text)
    }
}

/// Why metrics cannot be made or shown.
#[derive(Debug, thiserror::Error)]
#[error("metrics")]
pub struct MetricsError(#[from] prometheus::Error);

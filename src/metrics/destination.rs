//! What is counted per destination. Handles are looked up once; counting is one atomic addition.
//! When to count is known by the stages; names and meanings are contract section 10.

use std::time::Duration;

use prometheus::{
    Gauge, GaugeVec, Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts,
    Registry,
};

use crate::outcome::Outcome;
use crate::outcome::disposition::{Cause, Reason};
use crate::route::Filtered;

/// From the fastest receiver to the longest timeout, in seconds.
const ATTEMPT: [f64; 12] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];
/// From a fresh delivery to the end of the window, in seconds.
const LATENCY: [f64; 16] =
    [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0, 300.0, 900.0, 1800.0, 3600.0, 14_400.0];

/// The families with a `destination` label.
pub(super) struct Families {
    created: IntCounterVec,
    delivered: IntCounterVec,
    first_attempt_delivered: IntCounterVec,
    repeated: IntCounterVec,
    filtered: IntCounterVec,
    delayed: IntCounterVec,
    dead_lettered: IntCounterVec,
    attempts: IntCounterVec,
    duration: HistogramVec,
    latency: HistogramVec,
    in_flight: IntGaugeVec,
    limit: IntGaugeVec,
    queued: IntGaugeVec,
    breaker: IntGaugeVec,
    paused_until: GaugeVec,
}

/// The counters of one destination.
#[derive(Debug)]
pub struct DestinationMetrics {
    /// Deliveries that Kafka confirmed.
    pub created: IntCounter,
    /// Deliveries a receiver answered with 2xx.
    pub delivered: IntCounter,
    /// Those of them that needed one attempt only.
    pub first_attempt_delivered: IntCounter,
    /// Copies that were dropped after a crash.
    pub repeated: IntCounter,
    /// Deliveries under way.
    pub in_flight: IntGauge,
    /// Most deliveries under way.
    pub limit: IntGauge,
    /// Deliveries that wait in the lane.
    pub queued: IntGauge,
    breaker: IntGauge,
    paused_until: Gauge,
    filtered: Vec<IntCounter>,
    delayed: Vec<IntCounter>,
    dead_lettered: Vec<IntCounter>,
    attempts: Vec<IntCounter>,
    duration: Histogram,
    latency: Histogram,
}

impl Families {
    pub(super) fn new(registry: &Registry) -> Result<Self, prometheus::Error> {
        let counters = |name: &str, help: &str, label: Option<&str>| {
            let labels: Vec<&str> = std::iter::once("destination").chain(label).collect();
            let family = IntCounterVec::new(Opts::new(name, help), &labels)?;
            registry.register(Box::new(family.clone()))?;
            Ok::<_, prometheus::Error>(family)
        };
        let gauges = |name: &str, help: &str| {
            let family = IntGaugeVec::new(Opts::new(name, help), &["destination"])?;
            registry.register(Box::new(family.clone()))?;
            Ok::<_, prometheus::Error>(family)
        };
        let histograms = |name: &str, help: &str, buckets: &[f64]| {
            let options = HistogramOpts::new(name, help).buckets(buckets.to_vec());
            let family = HistogramVec::new(options, &["destination"])?;
            registry.register(Box::new(family.clone()))?;
            Ok::<_, prometheus::Error>(family)
        };
        let paused_until = GaugeVec::new(
            Opts::new(
                "webhooks_paused_until_timestamp_seconds",
                "Until when the receiver asked to be left alone; 0 when it did not.",
            ),
            &["destination"],
        )?;
        registry.register(Box::new(paused_until.clone()))?;
        Ok(Self {
            paused_until,
            created: counters("webhooks_deliveries_created_total", "Deliveries that came to be.", None)?,
            delivered: counters("webhooks_deliveries_delivered_total", "Deliveries answered with 2xx.", None)?,
            first_attempt_delivered: counters(
                "webhooks_deliveries_first_attempt_delivered_total",
                "Deliveries answered with 2xx at the first attempt.",
                None,
            )?,
            repeated: counters("webhooks_deliveries_repeated_total", "Copies dropped after a crash.", None)?,
            filtered: counters(
                "webhooks_events_filtered_total",
                "Events a destination did not want, by reason.",
                Some("reason"),
            )?,
            delayed: counters("webhooks_deliveries_delayed_total", "Waits in a tier, by cause.", Some("cause"))?,
            dead_lettered: counters(
                "webhooks_deliveries_dead_lettered_total",
                "Deliveries given up, by reason.",
                Some("reason"),
            )?,
            attempts: counters("webhooks_attempts_total", "Attempts, by outcome.", Some("outcome"))?,
            duration: histograms("webhooks_attempt_duration_seconds", "How long attempts took.", &ATTEMPT)?,
            latency: histograms(
                "webhooks_delivery_latency_seconds",
                "From the event's time to its delivery.",
                &LATENCY,
            )?,
            in_flight: gauges("webhooks_in_flight_requests", "Deliveries under way.")?,
            limit: gauges("webhooks_in_flight_limit", "Most deliveries under way.")?,
            queued: gauges("webhooks_queued_deliveries", "Deliveries that wait in the lane of this replica.")?,
            breaker: gauges("webhooks_breaker_state", "0 closed, 1 half-open, 2 open.")?,
        })
    }

    pub(super) fn destination(&self, name: &str) -> DestinationMetrics {
        let each = |family: &IntCounterVec, labels: Vec<&str>| {
            labels.into_iter().map(|label| family.with_label_values(&[name, label])).collect()
        };
        DestinationMetrics {
            created: self.created.with_label_values(&[name]),
            delivered: self.delivered.with_label_values(&[name]),
            first_attempt_delivered: self.first_attempt_delivered.with_label_values(&[name]),
            repeated: self.repeated.with_label_values(&[name]),
            in_flight: self.in_flight.with_label_values(&[name]),
            limit: self.limit.with_label_values(&[name]),
            queued: self.queued.with_label_values(&[name]),
            breaker: self.breaker.with_label_values(&[name]),
            paused_until: self.paused_until.with_label_values(&[name]),
            filtered: each(&self.filtered, Filtered::ALL.iter().map(|reason| reason.label()).collect()),
            delayed: each(&self.delayed, Cause::ALL.iter().map(|cause| cause.label()).collect()),
            dead_lettered: each(&self.dead_lettered, Reason::ALL.iter().map(|reason| reason.label()).collect()),
            attempts: each(&self.attempts, Outcome::ALL.iter().map(|outcome| outcome.label()).collect()),
            duration: self.duration.with_label_values(&[name]),
            latency: self.latency.with_label_values(&[name]),
        }
    }
}

impl DestinationMetrics {
    /// Counts an event the destination did not want.
    pub fn filtered(&self, reason: Filtered) {
        count(&self.filtered, &Filtered::ALL, reason);
    }

    /// Counts a wait in a tier.
    pub fn delayed(&self, cause: Cause) {
        count(&self.delayed, &Cause::ALL, cause);
    }

    /// Sets what holds the lane back: the breaker (0 closed, 1 half-open, 2 open), and until when it is paused, in seconds
    /// since 1970, 0 where it is not.
    pub fn flow(&self, breaker: i64, paused_until: f64) {
        self.breaker.set(breaker);
        self.paused_until.set(paused_until);
    }

    /// Deliveries delivered, put into a delay, dead-lettered.
    pub(super) fn totals(&self) -> [u64; 3] {
        let sum = |counters: &[IntCounter]| counters.iter().map(IntCounter::get).sum();
        [self.delivered.get(), sum(&self.delayed), sum(&self.dead_lettered)]
    }

    /// Counts a delivery given up.
    pub fn dead_lettered(&self, reason: Reason) {
        count(&self.dead_lettered, &Reason::ALL, reason);
    }

    /// Counts an attempt and how long it took.
    pub fn attempted(&self, outcome: Outcome, took: Duration) {
        count(&self.attempts, &Outcome::ALL, outcome);
        self.duration.observe(took.as_secs_f64());
    }

    /// Observes how old an event was when it was delivered.
    pub fn latency(&self, age: Duration) {
        self.latency.observe(age.as_secs_f64());
    }
}

fn count<T: PartialEq + Copy>(counters: &[IntCounter], all: &[T], one: T) {
    if let Some(index) = all.iter().position(|other| *other == one) {
        counters[index].inc();
    }
}

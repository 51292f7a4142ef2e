//! What is counted per destination. Handles are looked up once; counting is one atomic addition.
//! When to count is known by the stages; names and meanings are contract section 10. What is shown of the destinations
//! that a replica serves is `owned`'s.

use std::time::Duration;

use prometheus::{Histogram, HistogramVec, IntCounter, IntCounterVec};

use super::make::{ATTEMPT, LATENCY, Maker};
use crate::outcome::Outcome;
use crate::outcome::disposition::{Cause, Reason};
use crate::route::Filtered;

/// The families with a `destination` label.
pub(super) struct Families {
    created: IntCounterVec,
    delivered: IntCounterVec,
    first_attempt_delivered: IntCounterVec,
    repeated: IntCounterVec,
    returned: IntCounterVec,
    filtered: IntCounterVec,
    delayed: IntCounterVec,
    dead_lettered: IntCounterVec,
    replayed: IntCounterVec,
    attempts: IntCounterVec,
    duration: HistogramVec,
    latency: HistogramVec,
}

/// The counters of one destination, or of all that share a name.
#[derive(Debug)]
pub struct DestinationMetrics {
    /// Deliveries that came to be.
    pub created: IntCounter,
    /// Deliveries a receiver answered with 2xx.
    pub delivered: IntCounter,
    /// Those of them that needed one attempt only.
    pub first_attempt_delivered: IntCounter,
    /// Copies that were dropped after a crash.
    pub repeated: IntCounter,
    /// Deliveries whose return from a tier Kafka confirmed.
    pub returned: IntCounter,
    filtered: Vec<IntCounter>,
    delayed: Vec<IntCounter>,
    dead_lettered: Vec<IntCounter>,
    /// By reason; the last one is for those that do not tell it.
    replayed: Vec<IntCounter>,
    attempts: Vec<IntCounter>,
    duration: Histogram,
    latency: Histogram,
}

impl Families {
    pub(super) fn new(make: &Maker<'_>) -> Result<Self, prometheus::Error> {
        let counters = |name: &str, help: &str| make.counters(name, help, &["destination"]);
        let by = |label: &str, name: &str, help: &str| make.counters(name, help, &["destination", label]);
        Ok(Self {
            created: counters("webhooks_deliveries_created_total", "Deliveries that came to be, replays left out.")?,
            delivered: counters("webhooks_deliveries_delivered_total", "Deliveries answered with 2xx.")?,
            first_attempt_delivered: counters(
                "webhooks_deliveries_first_attempt_delivered_total",
                "Deliveries answered with 2xx at the first attempt.",
            )?,
            repeated: counters("webhooks_deliveries_repeated_total", "Copies dropped after a crash.")?,
            returned: counters(
                "webhooks_deliveries_returned_total",
                "Deliveries that came back from a delay to the deliveries topic.",
            )?,
            filtered: by("reason", "webhooks_events_filtered_total", "Events a destination did not want, by reason.")?,
            delayed: by("cause", "webhooks_deliveries_delayed_total", "Waits begun in a delay, by cause.")?,
            dead_lettered: by(
                "reason",
                "webhooks_deliveries_dead_lettered_total",
                "Dead letters written, by the reason for which they were given up.",
            )?,
            replayed: by(
                "reason",
                "webhooks_deliveries_replayed_total",
                "Dead letters that became deliveries again, by the reason for which they had been given up.",
            )?,
            attempts: by("outcome", "webhooks_attempts_total", "Attempts, by outcome.")?,
            duration: make.histograms(
                ("webhooks_attempt_duration_seconds", &ATTEMPT),
                "How long attempts took.",
                "destination",
            )?,
            latency: make.histograms(
                ("webhooks_delivery_latency_seconds", &LATENCY),
                "From the time of the event's record to its delivery.",
                "destination",
            )?,
        })
    }

    pub(super) fn destination(&self, name: &str) -> DestinationMetrics {
        let each = |family: &IntCounterVec, labels: &mut dyn Iterator<Item = &'static str>| {
            labels.map(|label| family.with_label_values(&[name, label])).collect()
        };
        let reasons = || Reason::ALL.iter().map(|reason| reason.label());
        DestinationMetrics {
            created: self.created.with_label_values(&[name]),
            delivered: self.delivered.with_label_values(&[name]),
            first_attempt_delivered: self.first_attempt_delivered.with_label_values(&[name]),
            repeated: self.repeated.with_label_values(&[name]),
            returned: self.returned.with_label_values(&[name]),
            filtered: each(&self.filtered, &mut Filtered::ALL.iter().map(|reason| reason.label())),
            delayed: each(&self.delayed, &mut Cause::ALL.iter().map(|cause| cause.label())),
            dead_lettered: each(&self.dead_lettered, &mut reasons()),
            replayed: each(&self.replayed, &mut reasons().chain(["unknown"])),
            attempts: each(&self.attempts, &mut Outcome::ALL.iter().map(|outcome| outcome.label())),
            duration: self.duration.with_label_values(&[name]),
            latency: self.latency.with_label_values(&[name]),
        }
    }
}

impl DestinationMetrics {
    /// Counts events the destination did not want.
    pub fn filtered(&self, reason: Filtered, events: u64) {
        if let Some(counter) = self.filtered.get(reason.index()) {
            counter.inc_by(events);
        }
    }

    /// Counts a wait in a tier.
    pub fn delayed(&self, cause: Cause) {
        count(&self.delayed, &Cause::ALL, cause);
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

    /// Counts a delivery that was a dead letter before, given up for this reason if it tells.
    pub fn replayed(&self, reason: Option<Reason>) {
        match reason {
            Some(reason) => count(&self.replayed, &Reason::ALL, reason),
            None => self.replayed.last().into_iter().for_each(IntCounter::inc),
        }
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

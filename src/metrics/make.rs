//! Makes metrics and registers them: one call for each, with its name, meaning and labels.
//! Which there are is decided by the files beside this one.

use prometheus::{
    Gauge, GaugeVec, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry,
    core::Collector,
};

/// From the fastest receiver to the longest timeout, in seconds.
pub(super) const ATTEMPT: [f64; 12] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];
/// From a fresh delivery to the end of the window, in seconds.
pub(super) const LATENCY: [f64; 16] =
    [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0, 300.0, 900.0, 1800.0, 3600.0, 14_400.0];

/// Why a metric was not made.
type Fault = prometheus::Error;

/// What metrics are made by, and where they are registered.
pub(super) struct Maker<'a>(pub(super) &'a Registry);

impl Maker<'_> {
    pub(super) fn counter(&self, name: &str, help: &str) -> Result<IntCounter, Fault> {
        self.register(IntCounter::new(name, help)?)
    }

    pub(super) fn counters(&self, name: &str, help: &str, labels: &[&str]) -> Result<IntCounterVec, Fault> {
        self.register(IntCounterVec::new(Opts::new(name, help), labels)?)
    }

    pub(super) fn gauge(&self, name: &str, help: &str) -> Result<IntGauge, Fault> {
        self.register(IntGauge::new(name, help)?)
    }

    pub(super) fn gauges(&self, name: &str, help: &str, labels: &[&str]) -> Result<IntGaugeVec, Fault> {
        self.register(IntGaugeVec::new(Opts::new(name, help), labels)?)
    }

    /// One of fractions, such as seconds.
    pub(super) fn fraction(&self, name: &str, help: &str) -> Result<Gauge, Fault> {
        self.register(Gauge::new(name, help)?)
    }

    /// Those of fractions.
    pub(super) fn fractions(&self, name: &str, help: &str, labels: &[&str]) -> Result<GaugeVec, Fault> {
        self.register(GaugeVec::new(Opts::new(name, help), labels)?)
    }

    pub(super) fn histograms(
        &self,
        (name, buckets): (&str, &[f64]),
        help: &str,
        label: &str,
    ) -> Result<HistogramVec, Fault> {
        self.register(HistogramVec::new(HistogramOpts::new(name, help).buckets(buckets.to_vec()), &[label])?)
    }

    fn register<T: Collector + Clone + 'static>(&self, made: T) -> Result<T, Fault> {
        self.0.register(Box::new(made.clone()))?;
        Ok(made)
    }
}

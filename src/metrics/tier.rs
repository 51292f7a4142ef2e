//! What is counted per tier: what this replica holds of it, and how late attempts begin that come back from it.
//! Told by the delay stage and, of attempts, by the deliver stage.

use std::collections::HashMap;
use std::time::Duration;

use prometheus::{GaugeVec, Histogram, IntGaugeVec};

use super::OTHER;
use super::make::{LATENCY, Maker};
use crate::outcome::schedule::Tier;

/// The counters of tiers.
#[derive(Debug)]
pub(super) struct TierMetrics {
    /// By tier; that of `None` is for fresh deliveries.
    attempt_lags: HashMap<Option<Tier>, Histogram>,
    /// For tiers that are not in the configuration: what names one may be forged.
    other_lag: Histogram,
    held: IntGaugeVec,
    oldest_due: GaugeVec,
}

impl TierMetrics {
    pub(super) fn new(make: &Maker<'_>, tiers: &[Tier]) -> Result<Self, prometheus::Error> {
        let lags = make.histograms(
            ("webhooks_attempt_lag_seconds", &LATENCY),
            "From when a delivery was due (appended, or its delay over) to its attempt.",
            "tier",
        )?;
        let held = "Deliveries of a delay that this replica holds in memory.";
        let held = make.gauges("webhooks_delayed_deliveries", held, &["tier"])?;
        tiers.iter().for_each(|tier| drop(held.with_label_values(&[tier.name()])));
        let lag = |tier: &Tier| (Some(*tier), lags.with_label_values(&[tier.name()]));
        Ok(Self {
            attempt_lags: tiers.iter().map(lag).chain([(None, lags.with_label_values(&["none"]))]).collect(),
            other_lag: lags.with_label_values(&[OTHER]),
            held,
            oldest_due: make.fractions(
                "webhooks_delay_oldest_due_timestamp_seconds",
                "When the oldest of a delay that this replica holds is or was due.",
                &["tier"],
            )?,
        })
    }

    pub(super) fn attempted(&self, tier: Option<Tier>, late: Duration) {
        self.attempt_lags.get(&tier).unwrap_or(&self.other_lag).observe(late.as_secs_f64());
    }

    pub(super) fn hold(&self, tier: Tier, held: usize, oldest_due: Option<f64>) {
        let name = tier.name();
        self.held.with_label_values(&[&name]).set(i64::try_from(held).unwrap_or(i64::MAX));
        match oldest_due {
            Some(due) => self.oldest_due.with_label_values(&[&name]).set(due),
            // An absent series means that nothing waits; the error says that there was none.
            None => drop(self.oldest_due.remove_label_values(&[&name])),
        }
    }
}

//! One measurement: what was delivered, how fast, at what cost, and how the costs of a stretch of time are taken.
//! What is measured is left to the scenarios, what is made of it to `report`.

use serde::Serialize;

use crate::endpoint::Endpoint;
use crate::failure::Failure;
use crate::receiver::tally::{Counts, Latencies};
use crate::subject::Subject;
use crate::topics::Broker;
use crate::usage::CpuTime;

/// A line of the table.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Row {
    pub(crate) scenario: String,
    /// The program, or which yardstick; in which circumstances.
    pub(crate) who: String,
    /// Different events that came (delay records, where everything fails).
    pub(crate) deliveries: u32,
    /// Requests beyond one for each event.
    pub(crate) repeats: u32,
    pub(crate) per_second: f64,
    pub(crate) cpu_us: CpuEach,
    /// Resident at most, in MB.
    pub(crate) peak_mb: f64,
    /// Only where events come at a rate of their own: with all of them there at once it would be the length of the queue.
    pub(crate) latency_ms: Option<Latencies>,
}

/// CPU per delivery in microseconds, user and system.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(crate) struct CpuEach {
    pub(crate) who: f64,
    pub(crate) broker: f64,
    pub(crate) receiver: f64,
}

/// Who takes part in a measurement.
pub(crate) struct Parties<'a> {
    pub(crate) broker: Option<&'a Broker>,
    pub(crate) subject: &'a Subject,
    pub(crate) endpoint: &'a Endpoint,
}

/// A stretch of time whose costs are taken.
pub(crate) struct Window {
    who: CpuTime,
    broker: CpuTime,
    receiver: CpuTime,
}

impl Parties<'_> {
    pub(crate) fn open(&self) -> Result<Window, Failure> {
        let broker = self.broker.map_or(Ok(CpuTime::default()), Broker::cpu_time)?;
        let receiver = crate::usage::cpu_time(&self.endpoint.id())?;
        Ok(Window { who: self.subject.cpu_time()?, broker, receiver })
    }

    /// The costs since the window was opened, for each of so many deliveries.
    pub(crate) fn close(&self, window: &Window, deliveries: u32) -> Result<CpuEach, Failure> {
        let now = self.open()?;
        let each = |now: CpuTime, before: CpuTime| (now - before).each(deliveries);
        Ok(CpuEach {
            who: each(now.who, window.who),
            broker: each(now.broker, window.broker),
            receiver: each(now.receiver, window.receiver),
        })
    }
}

impl Row {
    /// What the receiver counted, over the seconds since the clock started.
    pub(crate) fn of(scenario: &str, who: &str, counts: Counts) -> Self {
        Self {
            scenario: scenario.to_owned(),
            who: who.to_owned(),
            deliveries: counts.distinct,
            repeats: counts.requests - counts.distinct,
            ..Self::default()
        }
    }

    /// The median of each figure over several rounds of the same; the rounds themselves stay as they are.
    pub(crate) fn median(rounds: &[Self]) -> Self {
        let of = |figure: fn(&Self) -> f64| {
            let mut all: Vec<f64> = rounds.iter().map(figure).collect();
            all.sort_by(f64::total_cmp);
            all.get(all.len() / 2).copied().unwrap_or(0.0)
        };
        let cpu_us = CpuEach {
            who: of(|row| row.cpu_us.who),
            broker: of(|row| row.cpu_us.broker),
            receiver: of(|row| row.cpu_us.receiver),
        };
        Self {
            repeats: rounds.iter().map(|row| row.repeats).max().unwrap_or(0),
            per_second: of(|row| row.per_second),
            peak_mb: of(|row| row.peak_mb),
            cpu_us,
            ..rounds.first().cloned().unwrap_or_default()
        }
    }
}

/// So many in so many microseconds.
pub(crate) fn per_second(count: u32, began_us: u64, ended_us: u64) -> f64 {
    f64::from(count) * 1e6 / ended_us.saturating_sub(began_us).max(1) as f64
}

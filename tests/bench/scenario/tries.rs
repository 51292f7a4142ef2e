//! A healthy destination's p99 against its value alone: the bar, and several tries to meet it, since on a busy machine one
//! may suffer from what is none of the program's. What stands beside the healthy one is left to the scenarios.

use crate::failure::Failure;
use crate::measure::Row;
use crate::report::{Limit, Report};

/// The bar of a scenario for a healthy one beside a bad one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tries {
    pub(super) scenario: &'static str,
    /// The p99 that is still good, in milliseconds.
    pub(super) limit: f64,
    pub(super) tries: u32,
}

impl Tries {
    /// The larger of so many times the value alone and 20 ms more.
    pub(super) fn against(alone: &Row, factor: f64) -> f64 {
        alone.latency_ms.map_or(0.0, |latency| (latency.p99 * factor).max(latency.p99 + 20.0))
    }

    /// Measures until a try meets the bar; reports the best, and all of them as rounds.
    pub(super) fn judge(self, who: &str, report: &mut Report, mut measure: impl FnMut() -> Result<Row, Failure>) {
        let best = self.best(|| {
            let row = measure()?;
            let row = Row { scenario: self.scenario.to_owned(), who: who.to_owned(), ..row };
            report.rounds.push(row.clone());
            Ok(row)
        });
        let reached = best.as_ref().map_or(f64::INFINITY, p99);
        report.bar(
            self.scenario,
            &format!("p99 ms, {who}, best of {}", self.tries),
            (reached, Limit::AtMost(self.limit)),
        );
        match best {
            Ok(best) => report.rows.push(best),
            // What else stands beside it is worth knowing nevertheless.
            Err(failure) => report.failures.push(format!("{}, {who}: {failure}", self.scenario)),
        }
    }

    /// The try with the lowest p99; the first that is low enough ends it, and so does one that fails.
    fn best(self, mut once: impl FnMut() -> Result<Row, Failure>) -> Result<Row, Failure> {
        let mut best = once()?;
        for _ in 1..self.tries {
            if p99(&best) <= self.limit {
                break;
            }
            let row = once()?;
            if p99(&row) < p99(&best) {
                best = row;
            }
        }
        Ok(best)
    }
}

fn p99(row: &Row) -> f64 {
    row.latency_ms.map_or(f64::INFINITY, |latency| latency.p99)
}

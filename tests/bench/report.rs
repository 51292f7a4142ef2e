//! What a run found: a table for people, the bars with `met` or `missed` beside each, and the same as JSON.
//! Hides nothing: a scenario that failed stands there with its reason.

use std::fmt::Write as _;

use serde::Serialize;

use crate::measure::Row;

/// Everything a run found.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Report {
    pub(crate) circumstances: Vec<String>,
    pub(crate) rows: Vec<Row>,
    /// Each round of what the rows hold the median of.
    pub(crate) rounds: Vec<Row>,
    pub(crate) bars: Vec<Bar>,
    pub(crate) failures: Vec<String>,
}

/// A figure to reach.
#[derive(Debug, Serialize)]
pub(crate) struct Bar {
    pub(crate) scenario: String,
    pub(crate) measure: String,
    /// As a limit in words, such as `≥ 0.5`.
    pub(crate) wanted: String,
    pub(crate) reached: String,
    pub(crate) met: bool,
}

/// On which side of a limit a figure should lie.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Limit {
    AtLeast(f64),
    AtMost(f64),
}

impl Report {
    /// Holds a figure against a limit.
    pub(crate) fn bar(&mut self, scenario: &str, measure: &str, (reached, limit): (f64, Limit)) {
        let (wanted, met) = match limit {
            Limit::AtLeast(least) => (format!("≥ {}", figure(least)), reached >= least),
            Limit::AtMost(most) => (format!("≤ {}", figure(most)), reached <= most),
        };
        let (scenario, measure) = (scenario.to_owned(), measure.to_owned());
        self.bars.push(Bar { scenario, measure, wanted, reached: figure(reached), met });
    }

    /// The whole report as text.
    pub(crate) fn table(&self) -> String {
        let mut text = String::new();
        for line in &self.circumstances {
            add(&mut text, format_args!("{line}\n"));
        }
        add(&mut text, format_args!("\n"));
        let head = "scenario,who,deliveries,per s,CPU µs,broker µs,receiver µs,peak MB,p50 ms,p99 ms,repeats";
        let mut rows = vec![head.split(',').map(str::to_owned).collect::<Vec<_>>()];
        rows.extend(self.rows.iter().map(cells));
        aligned(&mut text, &rows);
        if !self.bars.is_empty() {
            add(&mut text, format_args!("\n"));
            let head = ["bar for", "measure", "wanted", "reached", ""].map(str::to_owned).into();
            let mut rows: Vec<Vec<String>> = vec![head];
            rows.extend(self.bars.iter().map(|bar| {
                let verdict = if bar.met { "met" } else { "missed" }.to_owned();
                let Bar { scenario, measure, wanted, reached, .. } = bar;
                vec![scenario.clone(), measure.clone(), wanted.clone(), reached.clone(), verdict]
            }));
            aligned(&mut text, &rows);
        }
        for failure in &self.failures {
            add(&mut text, format_args!("\nFAILED {failure}\n"));
        }
        text
    }
}

fn cells(row: &Row) -> Vec<String> {
    let latency = |of: fn(&crate::receiver::tally::Latencies) -> f64| {
        row.latency_ms.as_ref().map_or_else(|| "–".to_owned(), |latencies| figure(of(latencies)))
    };
    let some = |value: f64| if value == 0.0 { "–".to_owned() } else { figure(value) };
    vec![
        row.scenario.clone(),
        row.who.clone(),
        row.deliveries.to_string(),
        some(row.per_second),
        some(row.cpu_us.who),
        some(row.cpu_us.broker),
        some(row.cpu_us.receiver),
        some(row.peak_mb),
        latency(|all| all.p50),
        latency(|all| all.p99),
        row.repeats.to_string(),
    ]
}

/// Three digits that count.
fn figure(value: f64) -> String {
    let digits = match value.abs() {
        size if size >= 100.0 => 0,
        size if size >= 10.0 => 1,
        _ => 2,
    };
    format!("{value:.digits$}")
}

/// As a table in Markdown, with columns that line up as they stand.
fn aligned(text: &mut String, rows: &[Vec<String>]) {
    let columns = rows.first().map_or(0, Vec::len);
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    for (index, row) in rows.iter().enumerate() {
        for (cell, width) in row.iter().zip(&widths) {
            add(text, format_args!("| {cell:width$} "));
        }
        add(text, format_args!("|\n"));
        if index == 0 {
            for width in &widths {
                add(text, format_args!("|{}", "-".repeat(width + 2)));
            }
            add(text, format_args!("|\n"));
        }
    }
}

fn add(text: &mut String, more: std::fmt::Arguments<'_>) {
    text.write_fmt(more).expect("writing to a string cannot fail");
}

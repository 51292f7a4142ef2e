//! The load tool: `cargo bench --bench load`. Starts Apache Kafka, and for each scenario the real program, a receiver in a
//! process of its own and a producer; measures and prints rate, CPU, memory and latency, beside yardsticks that do the
//! least that could be done (`bare`).
//!
//! Processes of a run: this one (producer and judge), the broker, the receiver, and the program or a yardstick. All are
//! ended by it, by their ids. `scenario` says what is measured; the other files are the means.

mod bare;
mod endpoint;
mod event;
mod failure;
#[path = "../kafka/mod.rs"]
mod kafka;
mod measure;
mod options;
mod part;
mod producer;
mod receiver;
mod report;
mod scenario;
mod subject;
mod topics;
mod usage;

use std::io::Write as _;
use std::process::ExitCode;
use std::time::Instant;

use clap::{Parser as _, ValueEnum as _};

use failure::{Failure, OrFail as _};
use options::{Options, PartOptions};
use report::Report;
use topics::{Broker, JAVA_OPTIONS, Layout};

fn main() -> ExitCode {
    let options = Options::parse();
    let done = match &options.part {
        Some(PartOptions::Receiver(own)) => receiver::run(own),
        Some(PartOptions::Bare(own)) => bare::run(own),
        None => measure_all(&options),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            note(&format!("load: {failure}"));
            ExitCode::FAILURE
        }
    }
}

/// Runs the scenarios one after the other. One that fails does not stop the others, but the whole then fails.
fn measure_all(options: &Options) -> Result<(), Failure> {
    let began = Instant::now();
    let sizes = options.sizes();
    let mut report = Report { circumstances: circumstances(options), ..Report::default() };
    let broker = Broker::start()?;
    for scenario in options.scenarios() {
        let name = scenario.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned());
        note(&format!("{name} …"));
        let rows = report.rows.len();
        if let Err(failure) = scenario::run(*scenario, &broker, &sizes, &mut report) {
            note(&format!("{name}: {failure}"));
            report.failures.push(format!("{name}: {failure}"));
        }
        for row in &report.rows[rows..] {
            note(&format!("  {}: {:.0}/s, {:.1} µs, {:.0} MB", row.who, row.per_second, row.cpu_us.who, row.peak_mb));
        }
    }
    drop(broker);
    report.circumstances.push(format!("the whole run took {} s", began.elapsed().as_secs()));
    if let Some(file) = &options.json {
        let json = serde_json::to_string_pretty(&report).or_fail("cannot write the report as JSON")?;
        std::fs::write(file, json + "\n").or_fail("cannot write the report")?;
    }
    std::io::stdout().write_all(report.table().as_bytes()).or_fail("cannot print the report")?;
    match report.failures.len() {
        0 => Ok(()),
        failed => Err(Failure::Said(format!("{failed} scenarios failed"))),
    }
}

fn circumstances(options: &Options) -> Vec<String> {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let build = if cfg!(debug_assertions) { "debug build, figures mean nothing" } else { "release build" };
    let sizes = options.sizes();
    let quick = if options.quick { ", small counts, figures mean nothing" } else { "" };
    vec![
        format!("{cores} cores for everything together, {build}{quick}; compare within this run only"),
        format!("Apache Kafka, one broker: {}", JAVA_OPTIONS[..6].join(" ")),
        format!(
            "events of {} bytes in {} partitions, all stages in one process, {} requests under way unless said",
            event::SIZE,
            Layout::STAYS.partitions,
            subject::IN_FLIGHT
        ),
        format!("warm-up before each clock: {} deliveries (open loop: 2 s)", sizes.warm_up),
    ]
}

/// Says something beside the report.
fn note(text: &str) {
    // There is nobody to tell when standard error is closed.
    drop(std::io::stderr().write_all(format!("{text}\n").as_bytes()));
}

//! Everything is answered with 503: how fast deliveries get into the delays, and what memory it costs that many wait there.
//! The clock stops when the tier's topic holds a record for each event. The tier is longer than the run, so nothing returns.

use std::time::{Duration, Instant};

use crate::endpoint::{Behaviour, Endpoint, pause};
use crate::event::now_us;
use crate::failure::Failure;
use crate::measure::{Parties, Row, per_second};
use crate::options::Sizes;
use crate::producer::hold;
use crate::report::{Limit, Report};
use crate::subject::{Destination, Subject};
use crate::topics::{Broker, Ends, Layout, Topics};

const FAILING: &str = "all-failing";
const WAITING: &str = "waiting";

/// How long the next record may take after the one before it.
const STALLED: Duration = Duration::from_secs(30);

pub(super) fn all_failing(broker: &Broker, sizes: &Sizes, report: &mut Report) -> Result<(), Failure> {
    let mut failing = Failing::start(broker)?;
    failing.fill(sizes.warm_up)?;
    let row = failing.fill(sizes.events)?;
    report.bar(FAILING, "delay records per second", (row.per_second, Limit::AtLeast(20_000.0)));
    report.rows.push(Row { scenario: FAILING.to_owned(), who: "program".to_owned(), ..row });
    Ok(())
}

pub(super) fn waiting(broker: &Broker, sizes: &Sizes, report: &mut Report) -> Result<(), Failure> {
    const MOST_MB: f64 = 250.0;
    let mut failing = Failing::start(broker)?;
    let filled = failing.fill(sizes.waiting)?;
    let now = failing.subject.memory()?;
    let row = |who: &str, memory| Row {
        scenario: WAITING.to_owned(),
        who: who.to_owned(),
        deliveries: sizes.waiting,
        peak_mb: memory,
        ..Row::default()
    };
    let measure = |what: &str| format!("resident MB with {} waiting, {what}", sizes.waiting);
    report.bar(WAITING, &measure("peak while they came"), (now.peak, Limit::AtMost(MOST_MB)));
    report.bar(WAITING, &measure("after"), (now.now, Limit::AtMost(MOST_MB)));
    report.rows.push(Row {
        per_second: filled.per_second,
        cpu_us: filled.cpu_us,
        ..row("program, as they came", now.peak)
    });

    // A new process finds them all in Kafka.
    failing.restart()?;
    pause(Duration::from_secs(sizes.seconds.min(5).into()));
    let restarted = failing.subject.memory()?;
    report.bar(WAITING, &measure("after a restart, peak"), (restarted.peak, Limit::AtMost(MOST_MB)));
    report.rows.push(row("program, after a restart", restarted.peak));
    Ok(())
}

/// The program with a receiver that always fails.
struct Failing<'a> {
    broker: &'a Broker,
    // Ended before its topics are removed.
    subject: Subject,
    ends: Ends,
    endpoint: Endpoint,
    topics: Topics,
}

impl<'a> Failing<'a> {
    fn start(broker: &'a Broker) -> Result<Self, Failure> {
        let topics = broker.topics(Layout::STAYS)?;
        let endpoint = Endpoint::start(Behaviour::Says(503))?;
        let ends = Ends::of(&topics, topics.delay(Layout::STAYS.tiers[0]))?;
        let subject = program(&topics, &endpoint)?;
        Ok(Self { broker, subject, ends, endpoint, topics })
    }

    fn restart(&mut self) -> Result<(), Failure> {
        self.subject = program(&self.topics, &self.endpoint)?;
        Ok(())
    }

    /// Has so many more events fail and wait.
    fn fill(&mut self, events: u32) -> Result<Row, Failure> {
        let before = self.ends.records()?;
        let run = self.endpoint.begin(events)?;
        let held = hold(&self.topics, run, events)?;
        let window = self.parties().open()?;
        let began = held.release()?;
        let (mut last, mut moved) = (before, Instant::now());
        let ended = loop {
            let records = self.ends.records()?;
            if records - before >= events {
                break now_us();
            }
            if records > last {
                (last, moved) = (records, Instant::now());
            }
            if moved.elapsed() > STALLED || !self.subject.is_alive() {
                let came = records - before;
                return Err(Failure::Said(format!("{came} of {events} deliveries wait, and no more come")));
            }
            pause(Duration::from_millis(50));
        };
        let cpu_us = self.parties().close(&window, events)?;
        let counts = self.endpoint.counts()?;
        let peak_mb = self.subject.memory()?.peak;
        Ok(Row { cpu_us, peak_mb, per_second: per_second(events, began, ended), ..Row::of("", "", counts) })
    }

    fn parties(&self) -> Parties<'_> {
        Parties { broker: Some(self.broker), subject: &self.subject, endpoint: &self.endpoint }
    }
}

fn program(topics: &Topics, endpoint: &Endpoint) -> Result<Subject, Failure> {
    let usual = Destination::usual("load", endpoint);
    Subject::program(topics, &[Destination { terms: Destination::UNBROKEN, ..usual }])
}

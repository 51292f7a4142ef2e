//! The open loop: events come at a rate of their own, whatever becomes of them, and each carries when it was made.
//! Latency is from then (before the producer's own linger of 1 ms) to when the receiver has the whole request.

use crate::endpoint::{Behaviour, Endpoint};
use crate::failure::Failure;
use crate::measure::{Parties, Row};
use crate::note;
use crate::options::Sizes;
use crate::producer::{Pace, Produced, Steady};
use crate::receiver::tally::Latencies;
use crate::report::{Limit, Report};
use crate::subject::{Destination, Subject};
use crate::topics::{Broker, Layout, Topics};

const SCENARIO: &str = "open-loop";
const WARM_UP_SECONDS: u32 = 2;

pub(super) fn rates(broker: &Broker, sizes: &Sizes, report: &mut Report) -> Result<(), Failure> {
    for per_second in sizes.rates {
        let topics = broker.topics(Layout::STAYS)?;
        let mut endpoint = Endpoint::start(Behaviour::Fast)?;
        let mut subject = Subject::program(&topics, &[Destination::usual("load", &endpoint)])?;
        let load = Load { broker, topics: &topics, per_second, seconds: sizes.seconds };
        let row = load.measure(&mut subject, &mut endpoint)?;
        let row = Row { scenario: SCENARIO.to_owned(), who: format!("program at {per_second}/s"), ..row };
        let latency = row.latency_ms.unwrap_or_default();
        report.bar(SCENARIO, &format!("p50 ms at {per_second}/s"), (latency.p50, Limit::AtMost(8.0)));
        report.bar(SCENARIO, &format!("p99 ms at {per_second}/s"), (latency.p99, Limit::AtMost(30.0)));
        report.rows.push(row);
    }
    Ok(())
}

/// A steady load on something that runs.
pub(super) struct Load<'a> {
    pub(super) broker: &'a Broker,
    pub(super) topics: &'a Topics,
    pub(super) per_second: u32,
    pub(super) seconds: u32,
}

impl Load<'_> {
    /// Two seconds to warm up, then the measurement; the events of both must all come.
    pub(super) fn measure(&self, subject: &mut Subject, endpoint: &mut Endpoint) -> Result<Row, Failure> {
        let producer = self.warm_up(subject, endpoint)?;
        self.measure_until(&producer, (subject, endpoint), || Ok(false))
    }

    /// Answers with a producer that is connected, as is everything behind it.
    pub(super) fn warm_up(&self, subject: &mut Subject, endpoint: &mut Endpoint) -> Result<Steady<'_>, Failure> {
        let producer = Steady::new(self.topics)?;
        let warm_up = Pace { per_second: self.per_second, events: self.per_second * WARM_UP_SECONDS };
        let produced = producer.produce(endpoint.begin(warm_up.events)?, warm_up, || Ok(false))?;
        endpoint.all(produced.events, || subject.is_alive())?;
        Ok(producer)
    }

    /// The measurement; it may be over before its time.
    pub(super) fn measure_until(
        &self,
        producer: &Steady<'_>,
        (subject, endpoint): (&mut Subject, &mut Endpoint),
        is_over: impl FnMut() -> Result<bool, Failure>,
    ) -> Result<Row, Failure> {
        let pace = Pace { per_second: self.per_second, events: self.per_second * self.seconds };
        let run = endpoint.begin(pace.events)?;
        let window = Parties { broker: Some(self.broker), subject, endpoint }.open()?;
        let Produced { events, late_ms } = producer.produce(run, pace, is_over)?;
        let counts = endpoint.all(events, || subject.is_alive())?;
        let cpu_us = Parties { broker: Some(self.broker), subject, endpoint }.close(&window, events)?;
        let latencies = endpoint.latencies()?;
        let Latencies { p50, p99, most } = latencies;
        note(&format!(
            "  {events} events: p50 {p50:.1} ms, p99 {p99:.1} ms, most {most:.1} ms; the producer was {late_ms:.1} ms late at most"
        ));
        Ok(Row {
            cpu_us,
            per_second: self.per_second.into(),
            peak_mb: subject.memory()?.peak,
            latency_ms: Some(latencies),
            ..Row::of("", "", counts)
        })
    }
}

//! A healthy destination beside one that takes every request and never answers: each event goes to both.
//! Once with the two in different partitions of the deliveries topic and once sharing one, which is harder.

use kafka_webhooks::kafka::partitioner::partition_of;

use super::open::Load;
use crate::endpoint::{Behaviour, Endpoint};
use crate::failure::{Failure, OrFail as _};
use crate::measure::Row;
use crate::options::Sizes;
use crate::report::{Limit, Report};
use crate::subject::{Destination, IN_FLIGHT, Subject};
use crate::topics::{Broker, PARTITIONS};

const SCENARIO: &str = "hung-neighbour";
const HEALTHY: &str = "healthy";

pub(super) fn hung(broker: &Broker, sizes: &Sizes, report: &mut Report) -> Result<(), Failure> {
    let alone = measure(broker, sizes, None)?;
    let limit = alone.latency_ms.map_or(0.0, |latency| (latency.p99 * 1.5).max(latency.p99 + 20.0));
    report.rows.push(Row { who: "healthy alone".to_owned(), ..alone });
    for (who, neighbour) in
        [("healthy beside a hung one", elsewhere()?), ("healthy sharing its partition", in_the_same_partition()?)]
    {
        let best = best_of(sizes.tries, limit, || {
            let row = Row { who: who.to_owned(), ..measure(broker, sizes, Some(&neighbour))? };
            report.rounds.push(row.clone());
            Ok(row)
        });
        let reached = best.as_ref().map_or(f64::INFINITY, p99);
        report.bar(SCENARIO, &format!("p99 ms, {who}, best of {}", sizes.tries), (reached, Limit::AtMost(limit)));
        match best {
            Ok(best) => report.rows.push(best),
            // The other neighbour is worth knowing nevertheless.
            Err(failure) => report.failures.push(format!("{SCENARIO}, {who}: {failure}")),
        }
    }
    Ok(())
}

/// The try with the lowest p99; the first that is low enough ends it, and so does one that fails.
fn best_of(tries: u32, limit: f64, mut once: impl FnMut() -> Result<Row, Failure>) -> Result<Row, Failure> {
    let mut best = once()?;
    for _ in 1..tries {
        if p99(&best) <= limit {
            break;
        }
        let row = once()?;
        if p99(&row) < p99(&best) {
            best = row;
        }
    }
    Ok(best)
}

fn p99(row: &Row) -> f64 {
    row.latency_ms.map_or(f64::INFINITY, |latency| latency.p99)
}

/// The healthy one's figures, with a neighbour of this name that hangs.
fn measure(broker: &Broker, sizes: &Sizes, neighbour: Option<&str>) -> Result<Row, Failure> {
    let topics = broker.topics()?;
    let (mut healthy, hung) = (Endpoint::start(Behaviour::Fast)?, Endpoint::start(Behaviour::Hangs)?);
    let destination = |id, endpoint| Destination { id, endpoint, in_flight: IN_FLIGHT };
    let mut destinations = vec![destination(HEALTHY, &healthy)];
    destinations.extend(neighbour.map(|id| destination(id, &hung)));
    let mut subject = Subject::program(&topics, &destinations)?;
    let load = Load { broker, topics: &topics, per_second: sizes.rates[0], seconds: sizes.seconds };
    let row = load.measure(&mut subject, &mut healthy)?;
    Ok(Row { scenario: SCENARIO.to_owned(), ..row })
}

fn elsewhere() -> Result<String, Failure> {
    named(|partition| partition != partition_of(HEALTHY.as_bytes(), PARTITIONS))
}

fn in_the_same_partition() -> Result<String, Failure> {
    named(|partition| partition == partition_of(HEALTHY.as_bytes(), PARTITIONS))
}

/// A name that falls on such a partition.
fn named(wanted: impl Fn(i32) -> bool) -> Result<String, Failure> {
    let mut names = (0..1_000).map(|number| format!("hung-{number}"));
    names.find(|name| wanted(partition_of(name.as_bytes(), PARTITIONS))).or_fail("no name falls on the partition")
}

//! A healthy destination at 500/s, alone and beside bad ones of every kind, one after the other in its own partition of the
//! deliveries topic: each event goes to both. Breakers and tiers are the program's own. Those that come back from an
//! outage, with all that waited for them, are `returning`.

use std::time::Duration;

use super::open::Load;
use super::place::{HEALTHY, in_the_same_partition};
use super::tries::Tries;
use crate::endpoint::{Behaviour, Endpoint};
use crate::failure::Failure;
use crate::measure::Row;
use crate::note;
use crate::options::Sizes;
use crate::producer::hold;
use crate::report::Report;
use crate::subject::{Destination, Subject};
use crate::topics::{Broker, Layout};
use returning::Returning;

mod returning;

const SCENARIO: &str = "isolation";

pub(super) fn isolation(broker: &Broker, sizes: &Sizes, report: &mut Report) -> Result<(), Failure> {
    let alone = beside(broker, sizes, None)?;
    let tries = Tries { scenario: SCENARIO, limit: Tries::against(&alone, 2.0), tries: sizes.tries };
    report.rows.push(Row { scenario: SCENARIO.to_owned(), who: "healthy alone".to_owned(), ..alone });
    let [dead, wave] = sizes.outages;
    let bad = |behaviour| Bad { behaviour, terms: "", waiting: 0 };
    let limited = Bad { terms: "rate_limit: 10", waiting: dead.waiting, ..bad(Behaviour::Fast) };
    for (who, bad) in [
        ("hangs".to_owned(), bad(Behaviour::Hangs)),
        ("refuses".to_owned(), bad(Behaviour::DownThenAfter(Duration::ZERO))),
        (format!("is limited to 10/s, {} waiting", dead.waiting), limited),
        ("answers 429, Retry-After 5".to_owned(), bad(Behaviour::Throttles(Duration::from_secs(5)))),
    ] {
        tries.judge(&format!("healthy beside one that {who}"), report, || beside(broker, sizes, Some(bad)));
    }
    let limits = Some(2_000);
    Returning { outage: wave, in_flight: 100, rate_limit: None }.judge(tries, (broker, sizes), report);
    Returning { outage: dead, in_flight: 20, rate_limit: limits }.judge(tries, (broker, sizes), report);
    Ok(())
}

/// A bad destination, and how many deliveries wait for it beforehand.
#[derive(Clone, Copy, Debug)]
struct Bad {
    behaviour: Behaviour,
    terms: &'static str,
    waiting: u32,
}

/// The healthy one's figures beside a bad one. Measured twice as long as others, so that the bad one's first 20 failures,
/// the opening of its breaker and the first that return from a delay lie within.
fn beside(broker: &Broker, sizes: &Sizes, bad: Option<Bad>) -> Result<Row, Failure> {
    let topics = broker.topics(Layout::USUAL)?;
    let mut healthy = Endpoint::start(Behaviour::Fast)?;
    let mut other = Endpoint::start(bad.map_or(Behaviour::Fast, |bad| bad.behaviour))?;
    let id = in_the_same_partition(Layout::USUAL)?;
    let mut destinations = vec![Destination::usual(HEALTHY, &healthy)];
    destinations.extend(bad.map(|bad| Destination { terms: bad.terms, ..Destination::usual(&id, &other) }));
    let mut subject = Subject::program(&topics, &destinations)?;
    if let Some(Bad { waiting, .. }) = bad.filter(|bad| bad.waiting > 0) {
        let run = healthy.begin(waiting)?;
        hold(&topics, run, waiting)?.release()?;
        let _counts = healthy.all(waiting, || subject.is_alive())?;
    }
    let load = Load { broker, topics: &topics, per_second: sizes.beside, seconds: 2 * sizes.seconds };
    let producer = load.warm_up(&mut subject, &mut healthy)?;
    let before = other.counts()?.strays;
    let row = load.measure_until(&producer, (&mut subject, &mut healthy), || Ok(false))?;
    note(&format!("  the other one had {} requests", other.counts()?.strays - before));
    Ok(row)
}

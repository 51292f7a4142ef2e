//! A healthy destination among 200 that take every request and never answer, over 24 partitions: each event goes to all.
//! They hold every place the process has for requests, until their breakers open; the healthy one must get its own.

use super::open::Load;
use super::place::HEALTHY;
use super::tries::Tries;
use crate::endpoint::{Behaviour, Endpoint};
use crate::failure::Failure;
use crate::measure::Row;
use crate::options::Sizes;
use crate::report::{Limit, Report};
use crate::subject::{Destination, Subject};
use crate::topics::{Broker, Layout};

const SCENARIO: &str = "many-hung";
/// No promise of milliseconds: before the breakers open, a thousand requests time out in the same moment and a thousand are
/// begun, all on the cores that carry the healthy one's. What it gets is to stay fresh.
const FRESH_MS: f64 = 250.0;
const LAYOUT: Layout = Layout { partitions: 24, ..Layout::USUAL };

pub(super) fn many_hung(broker: &Broker, sizes: &Sizes, report: &mut Report) -> Result<(), Failure> {
    let (alone, _) = among(broker, sizes, 0)?;
    let tries = Tries { scenario: SCENARIO, limit: FRESH_MS, tries: sizes.tries };
    report.rows.push(Row { scenario: SCENARIO.to_owned(), who: "healthy alone".to_owned(), ..alone });
    let mut unlucky = None;
    tries.judge(&format!("healthy among {} that hang", sizes.hung), report, || {
        let (row, failed) = among(broker, sizes, sizes.hung)?;
        unlucky = Some(failed.max(unlucky.unwrap_or(0.0)));
        Ok(row)
    });
    report.bar(
        SCENARIO,
        "deliveries of the healthy one that failed or were put off",
        (unlucky.unwrap_or(f64::INFINITY), Limit::AtMost(0.0)),
    );
    Ok(())
}

/// The healthy one's figures, and how many of its deliveries were not delivered at the first attempt.
fn among(broker: &Broker, sizes: &Sizes, hung: u32) -> Result<(Row, f64), Failure> {
    let topics = broker.topics(LAYOUT)?;
    let (mut healthy, hangs) = (Endpoint::start(Behaviour::Fast)?, Endpoint::start(Behaviour::Hangs)?);
    let names: Vec<String> = (0..hung).map(|number| format!("hung-{number}")).collect();
    let mut destinations = vec![Destination::usual(HEALTHY, &healthy)];
    destinations.extend(names.iter().map(|name| Destination::usual(name, &hangs)));
    let mut subject = Subject::program(&topics, &destinations)?;
    // Long enough for all breakers to open: each has ten requests under way, which take 5 s to fail.
    let load = Load { broker, topics: &topics, per_second: sizes.among, seconds: 3 * sizes.seconds };
    let row = load.measure(&mut subject, &mut healthy)?;
    let created = subject.metric("webhooks_deliveries_created_total", HEALTHY)?;
    let at_once = subject.metric("webhooks_deliveries_first_attempt_delivered_total", HEALTHY)?;
    let put_off = subject.metric("webhooks_deliveries_delayed_total", HEALTHY)?;
    Ok((row, created - at_once + put_off))
}

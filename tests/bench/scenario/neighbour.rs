//! A healthy destination beside one that takes every request and never answers: each event goes to both.
//! Once with the two in different partitions of the deliveries topic and once sharing one, which is harder. The hung one
//! has no breaker, which would leave it alone after some seconds; with its breaker it takes part in `isolation`.

use super::open::Load;
use super::place::{HEALTHY, elsewhere, in_the_same_partition};
use super::tries::Tries;
use crate::endpoint::{Behaviour, Endpoint};
use crate::failure::Failure;
use crate::measure::Row;
use crate::options::Sizes;
use crate::report::Report;
use crate::subject::{Destination, Subject};
use crate::topics::{Broker, Layout};

const SCENARIO: &str = "hung-neighbour";

pub(super) fn hung(broker: &Broker, sizes: &Sizes, report: &mut Report) -> Result<(), Failure> {
    let alone = measure(broker, sizes, None)?;
    let limit = Tries::against(&alone, 1.5);
    report.rows.push(Row { scenario: SCENARIO.to_owned(), who: "healthy alone".to_owned(), ..alone });
    let (other, same) = (elsewhere(Layout::STAYS)?, in_the_same_partition(Layout::STAYS)?);
    for (who, neighbour) in [("healthy beside a hung one", other), ("healthy sharing its partition", same)] {
        let tries = Tries { scenario: SCENARIO, limit, tries: sizes.tries };
        tries.judge(who, report, || measure(broker, sizes, Some(&neighbour)));
    }
    Ok(())
}

/// The healthy one's figures, with a neighbour of this name that hangs.
fn measure(broker: &Broker, sizes: &Sizes, neighbour: Option<&str>) -> Result<Row, Failure> {
    let topics = broker.topics(Layout::STAYS)?;
    let (mut healthy, hung) = (Endpoint::start(Behaviour::Fast)?, Endpoint::start(Behaviour::Hangs)?);
    let mut destinations = vec![Destination::usual(HEALTHY, &healthy)];
    let unbroken = |id| Destination { terms: Destination::UNBROKEN, ..Destination::usual(id, &hung) };
    destinations.extend(neighbour.map(unbroken));
    let mut subject = Subject::program(&topics, &destinations)?;
    let load = Load { broker, topics: &topics, per_second: sizes.rates[0], seconds: sizes.seconds };
    load.measure(&mut subject, &mut healthy)
}

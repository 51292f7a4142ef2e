//! The scenarios: each sets up its receivers, its load and what is measured, and holds the figures against the bars.
//! What they share is `closed` (all events there before the clock starts), `open` (events at a rate of their own), `place` and
//! `tries` (a healthy destination and its bar).

use crate::failure::Failure;
use crate::options::{Scenario, Sizes};
use crate::report::Report;
use crate::topics::Broker;

mod closed;
mod failing;
mod fast;
mod isolation;
mod many_hung;
mod mapping;
mod memberships;
mod neighbour;
mod one_down;
mod open;
mod place;
mod routing;
mod tries;

/// Runs one; what it found is added to the report.
pub(crate) fn run(scenario: Scenario, broker: &Broker, sizes: &Sizes, report: &mut Report) -> Result<(), Failure> {
    match scenario {
        Scenario::Fast => fast::fast(broker, sizes, report),
        Scenario::Latency50Ms => fast::latency_50ms(broker, sizes, report),
        Scenario::OpenLoop => open::rates(broker, sizes, report),
        Scenario::HungNeighbour => neighbour::hung(broker, sizes, report),
        Scenario::Isolation => isolation::isolation(broker, sizes, report),
        Scenario::ManyHung => many_hung::many_hung(broker, sizes, report),
        Scenario::AllFailing => failing::all_failing(broker, sizes, report),
        Scenario::Waiting => failing::waiting(broker, sizes, report),
        Scenario::Routing => routing::routing(broker, sizes, report),
        Scenario::Mapping => mapping::mapping(sizes, report),
        Scenario::Memberships => memberships::memberships(broker, sizes, report),
        Scenario::OneDown => one_down::one_down(broker, sizes, report),
    }
}

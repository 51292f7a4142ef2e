//! Hours of virtual time with the defaults of the program: a lane that cannot keep up with what waits for it, beside a
//! healthy one on the same partition. It is never idle, costs Kafka little, loses nothing and is noticed by nobody.

mod client;
mod receiver;
mod tally;
mod world;

use receiver::Manner;
use world::{Scenario, run};

/// Five hundred a second for ten minutes, then a tenth of it.
fn busy_then_calm(second: i64) -> i64 {
    if second / 60 % 10 == 0 { 500 } else { 50 }
}

#[test]
fn a_limited_lane_works_through_what_waits_at_its_rate() {
    let scenario =
        Scenario { keys: ", rate_limit: 10", manner: Manner::Takes(20), waiting: 20_000, neighbour: busy_then_calm };
    let began = std::time::Instant::now();
    let tally = run(scenario);
    panic!("{tally}\n{:?}\n{:?}", tally.minutes, began.elapsed());
}

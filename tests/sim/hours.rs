//! Hours of virtual time with the defaults of the program: a lane that cannot keep up with what waits for it, beside a
//! healthy one on the same partition. It is never idle, costs Kafka little, loses nothing and is noticed by nobody.

mod client;
mod receiver;
mod tally;
mod world;

use receiver::Manner;
use world::{Scenario, run};

/// Five hundred a second in each tenth minute, else a tenth of it.
fn busy_at_times(second: i64) -> i64 {
    if std::env::var("FULL").is_ok() || second / 60 % 10 == 0 { 500 } else { 50 }
}

fn show(name: &str, scenario: Scenario) {
    let began = std::time::Instant::now();
    let tally = run(scenario);
    eprintln!("{name}: {tally}\n{:?}\n{:?}", tally.minutes, began.elapsed());
}

#[test]
fn limited() {
    show(
        "limited",
        Scenario { keys: ", rate_limit: 10", manner: Manner::Takes(20), waiting: 20_000, neighbour: busy_at_times },
    );
}
#[test]
fn limited_much() {
    show(
        "much",
        Scenario {
            keys: ", rate_limit: 10",
            manner: Manner::Takes(20),
            waiting: 100_000,
            neighbour: |s| busy_at_times(s) / 10,
        },
    );
}
#[test]
fn throttled() {
    show("throttled", Scenario { keys: "", manner: Manner::Throttles(10), waiting: 20_000, neighbour: busy_at_times });
}
#[test]
fn slow() {
    show(
        "slow",
        Scenario { keys: ", timeout: 20s", manner: Manner::Takes(10_000), waiting: 20_000, neighbour: busy_at_times },
    );
}
#[test]
fn dead() {
    show(
        "dead",
        Scenario {
            keys: ", rate_limit: 20",
            manner: Manner::AwayUntil(3_600_000),
            waiting: 20_000,
            neighbour: busy_at_times,
        },
    );
}

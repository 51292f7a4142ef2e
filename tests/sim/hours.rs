//! Hours of virtual time with the defaults of the program: a lane that cannot keep up with what waits for it, beside a
//! healthy one on the same partition. It is never idle, costs Kafka little, loses nothing and is noticed by nobody.
//!
//! With `KAFKA_WEBHOOKS_TEST_FAULTS=full` more waits and the neighbour is busy all the time.

mod client;
mod receiver;
mod tally;
mod traffic;
mod world;

use std::io::Write as _;

use receiver::Manner;
use tally::Tally;
use world::{Scenario, run};

const HOUR: i64 = 3_600_000;

fn is_full() -> bool {
    std::env::var("KAFKA_WEBHOOKS_TEST_FAULTS").is_ok_and(|faults| faults == "full")
}

fn size(short: usize, full: usize) -> usize {
    if is_full() { full } else { short }
}

/// Five hundred a second for twelve seconds in every five minutes, else few.
fn busy_at_times(second: i64) -> i64 {
    if is_full() || second % 300 < 12 { 500 } else { 5 }
}

/// The same for long runs.
fn busy_seldom(second: i64) -> i64 {
    if is_full() || second % 900 < 10 { 500 } else { 5 }
}

/// Runs one, tells its figures, and judges what holds of all: nothing is given up, and the neighbour waits for nothing but
/// the reading of what waited before it.
fn judged(scenario: Scenario) -> Tally {
    let tally = run(scenario);
    // There is nobody to tell when standard error is closed.
    drop(std::io::stderr().write_all(format!("{:?}: {tally}\n", scenario.manner).as_bytes()));
    assert_eq!((tally.delivered, tally.repeated), (scenario.waiting, 0), "{tally}");
    let neighbour = &tally.neighbour;
    assert_eq!((neighbour.waits, neighbour.dead), (0, 0), "{tally}");
    assert!(neighbour.produced - neighbour.delivered < 50, "{tally}");
    assert!(neighbour.slowest <= scenario.waiting as i64 / 50 + 100, "{tally}");
    tally
}

/// Holds of a lane whose receiver is there all the time.
fn is_never_idle(tally: &Tally) {
    assert_eq!(tally.failed, 0, "no attempt is wasted: {tally}");
    assert!(tally.writes_each() <= 20.0, "{tally}");
    // The very last may have been throttled, and then it has a wait of its own.
    let last_round = tally.ended - 15_000;
    assert!(tally.idle(last_round) <= 1_000, "{:?}: {tally}", tally.gaps);
}

fn keeps_at_ten_from(minute: usize, tally: &Tally) {
    let (low, high) = tally.rates(minute);
    assert!(9.0 <= low && high <= 11.0, "{:?}: {tally}", tally.minutes);
}

#[test]
fn a_limited_lane_works_through_what_waits_at_its_rate() {
    // More than fits into memory, so that the healthy one is behind it where nobody has seen it yet.
    let scenario =
        Scenario { keys: ", rate_limit: 10", manner: Manner::Takes(20), waiting: 20_000, neighbour: busy_at_times };
    let tally = judged(scenario);
    is_never_idle(&tally);
    keeps_at_ten_from(0, &tally);
    assert_eq!(tally.attempts, tally.delivered, "{tally}");
}

#[test]
fn a_limited_lane_works_for_hours_on_what_waits() {
    let (waiting, neighbour) = (size(5_000, 100_000), |_| 10);
    let tally = judged(Scenario { keys: ", rate_limit: 10", manner: Manner::Takes(20), waiting, neighbour });
    is_never_idle(&tally);
    keeps_at_ten_from(0, &tally);
}

#[test]
fn a_lane_that_is_slow_by_latency_is_never_idle_either() {
    let waiting = size(4_000, 20_000);
    // A hundred under way for ten seconds each are ten in a second.
    let scenario =
        Scenario { keys: ", timeout: 20s", manner: Manner::Takes(10_000), waiting, neighbour: busy_at_times };
    let tally = judged(scenario);
    is_never_idle(&tally);
    assert!(tally.most_in_flight <= 100, "{tally}");
    // The first answers take ten seconds, and only they tell how slow it is.
    keeps_at_ten_from(2, &tally);
}

#[test]
fn a_lane_that_is_throttled_goes_nearly_as_fast_as_it_may() {
    let waiting = size(3_000, 20_000);
    let tally = judged(Scenario { keys: "", manner: Manner::Throttles(10), waiting, neighbour: busy_at_times });
    is_never_idle(&tally);
    // It halves its rate at each complaint and climbs again, so on average it makes three quarters of what is taken.
    let (low, high) = tally.rates(1);
    assert!(7.0 <= low && high <= 10.0, "{:?}: {tally}", tally.minutes);
    assert!(tally.attempts - tally.delivered < waiting / 10, "{tally}");
}

#[test]
fn a_destination_that_comes_back_gets_all_that_waited_at_its_rate() {
    const AWAY: i64 = HOUR;
    const RATE: i64 = 20;
    let waiting = size(2_000, 20_000);
    let manner = Manner::AwayUntil(AWAY);
    let tally = judged(Scenario { keys: ", rate_limit: 20", manner, waiting, neighbour: busy_seldom });
    // Only probes fail, and there is one a minute at most.
    assert!(tally.failed < 100, "{tally}");
    let (_, high) = tally.rates(0);
    assert!(high <= 1.05 * RATE as f64, "{:?}: {tally}", tally.minutes);
    // Behind an open breaker nothing waits longer than fifteen minutes; but a few have failed as probes, and have waits
    // of their own.
    let done = (AWAY + HOUR / 4 + waiting as i64 * 1_000 / RATE) / 60_000 + 2;
    let late: usize = tally.minutes.iter().skip(done as usize).sum();
    assert!(late < 50, "{late} after {done} minutes: {:?}: {tally}", tally.minutes);
}

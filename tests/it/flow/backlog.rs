//! A backlog behind a rate limit is worked through at that rate, without a break, while its neighbour on the same partition is
//! served as if it were not there. With `KAFKA_WEBHOOKS_TEST_FAULTS=full` for ten minutes with the default tiers.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::of;
use crate::support::load::{Events, Load, Pace};
use crate::support::program::Setup;
use crate::support::receiver::{Receiver, Reply, Seen};
use crate::support::states::PATIENCE;
use crate::support::wait::{holds, until};
use crate::support::{note, size};

const DELAYED: &str = "webhooks_deliveries_delayed_total";
const RATE: f64 = 10.0;
const HEALTHY: Events = Events { seed: 0x4ea1 };
const LIMITED: Events = Events { seed: 0x11b1 };

/// How long it goes on, in which parts its rate is judged, and what waits.
#[derive(Clone, Copy)]
struct Size {
    /// Deliveries for the healthy one per second.
    per_second: usize,
    parts: u32,
    part: Duration,
    waiting: usize,
    tiers: &'static [&'static str],
    retries: &'static str,
}

const SHORT: Size = Size {
    // The embedded Kafka holds little.
    per_second: 300,
    parts: 2,
    part: Duration::from_secs(8),
    waiting: 2_000,
    tiers: &["1s", "3s", "10s", "30s"],
    retries: "{ tiers: [1s, 3s, 10s, 30s], give_up_after: 10m }",
};
const FULL: Size = Size {
    per_second: 500,
    parts: 10,
    part: Duration::from_secs(60),
    waiting: 20_000,
    tiers: &["10s", "1m", "5m", "15m", "30m", "1h"],
    retries: "{}",
};

/// Remembers when the requests for a path came, with the numbers of their events.
fn remember(receiver: &Receiver, path: &str, events: Events) -> Arc<Mutex<Vec<(Instant, usize)>>> {
    let seen: Arc<Mutex<Vec<(Instant, usize)>>> = Arc::default();
    let into = seen.clone();
    receiver.answer_with(path, move |request: &Seen| {
        let number = events.number(&request.body).unwrap();
        into.lock().unwrap().push((request.at, number));
        Reply::status(200)
    });
    seen
}

#[test]
fn a_backlog_behind_a_limit_is_worked_through_without_a_break() {
    let Size { per_second, parts, part, waiting, tiers, retries } = size(SHORT, FULL);
    let receiver = Receiver::start();
    receiver.forget();
    let limited = remember(&receiver, "/limited", LIMITED);
    let healthy = remember(&receiver, "/healthy", HEALTHY);
    let mut setup = Setup::local("backlog");
    setup.partitions = 1;
    setup.tiers = tiers.to_vec();
    setup.retries = retries.to_owned();
    setup.destination("healthy", receiver.url("/healthy"), "");
    setup.destination("limited", receiver.url("/limited"), ", rate_limit: 10");
    setup.create_topics();
    let all = Pace { first: 0, count: waiting, per_second: usize::MAX };
    assert_eq!(Load::start_for("limited", &setup, LIMITED, all).finish().len(), waiting);
    let program = setup.start();
    program.ready();
    until("the first request", PATIENCE, || limited.lock().unwrap().first().copied());

    let began = Instant::now();
    let pace = Pace { first: 0, count: usize::MAX, per_second };
    let load = Load::start_for("healthy", &setup, HEALTHY, pace);
    holds("no dead letter", part * parts, || {
        of(&program, "limited", "webhooks_deliveries_dead_lettered_total", "") < 1.0
    });
    let produced = load.stop().len();
    until("the healthy one", PATIENCE, || (healthy.lock().unwrap().len() >= produced).then_some(()));

    let requests: Vec<Instant> = limited.lock().unwrap().iter().map(|(at, _)| *at).filter(|at| *at >= began).collect();
    let rates: Vec<f64> = (0..parts)
        .map(|number| {
            let from = began + part * number;
            let count = requests.iter().filter(|at| (from..from + part).contains(*at)).count();
            count as f64 / part.as_secs_f64()
        })
        .collect();
    let idle = requests.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap();
    let late = |(at, number): &(Instant, usize)| {
        at.saturating_duration_since(began + Duration::from_secs_f64(*number as f64 / per_second as f64))
    };
    let mut late: Vec<Duration> = healthy.lock().unwrap().iter().map(late).collect();
    late.sort_unstable();
    let (median, worst) = (late[late.len() / 2], late[late.len() * 99 / 100]);
    let parked = of(&program, "limited", DELAYED, "overflow");
    note(&format!(
        "backlog: {rates:.2?} per second in each {part:?}, at most {idle:.0?} between two; parked {parked} times for {} delivered; \
         neighbour: {produced} delivered, p50 {median:.1?}, p99 {worst:.1?} after they were due",
        requests.len()
    ));
    assert!(parked > 0.0, "nothing was parked, so nothing was proven");
    assert_eq!(of(&program, "healthy", DELAYED, ""), 0.0, "the healthy one never waits");
    // A machine that stalls the process for longer than a delivery takes makes it slower, never faster.
    let least = size(0.7, 0.9) * RATE;
    assert!(rates.iter().all(|rate| (least..=1.1 * RATE).contains(rate)), "{rates:?}");
    assert!(idle < Duration::from_secs(2), "nothing for {idle:?} while {waiting} waited");
    assert!(worst < Duration::from_secs(2), "{worst:?}");
    program.stop();
}

//! A lane keeps to its rate: the one of its configuration, and the one at which its receiver does not throttle.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use super::{beside_a_healthy_one, logged, of, produce, span};
use crate::support::receiver::{Receiver, Reply};
use crate::support::states::PATIENCE;
use crate::support::wait::until;

const DELIVERED: &str = "webhooks_deliveries_delivered_total";

#[test]
fn a_rate_limit_is_held_evenly_and_its_neighbour_is_not_held_up() {
    const EVENTS: usize = 100;
    const MEASURED: usize = 40;
    let receiver = Receiver::start();
    let setup = beside_a_healthy_one("rate", &receiver, ("limited", ", rate_limit: 10"));
    let program = setup.start_ready();
    produce(&setup, EVENTS);
    until("the healthy one", PATIENCE, || (of(&program, "healthy", DELIVERED, "") >= EVENTS as f64).then_some(()));
    let healthy = receiver.requests_for("/healthy");
    let requests = until("some requests", PATIENCE, || {
        let requests = receiver.requests_for("/limited");
        (requests.len() >= MEASURED).then_some(requests)
    });
    // Evenly: in no second more than ten, one at the edge and those that were late, where one that knows only whole seconds
    // would send twenty; and never idle while something waits. On a machine that stalls the process for longer than a
    // delivery takes it is slower; what it makes up for exactly is arithmetic, and tested as such (`delivery::rate`).
    let rate = (requests.len() - 1) as f64 / span(&requests).as_secs_f64();
    assert!((7.0..=11.0).contains(&rate), "{rate} per second");
    for first in &requests {
        let second = first.at..first.at + Duration::from_secs(1);
        let count = requests.iter().filter(|seen| second.contains(&seen.at)).count();
        assert!(count <= 15, "{count} in a second");
    }
    assert!(span(&healthy) < span(&requests), "the healthy one does not wait for it");
    program.stop();
}

#[test]
fn a_rate_counts_requests_of_which_several_hooks_make_several() {
    let receiver = Receiver::start();
    let mut setup = crate::support::program::Setup::local("rate-hooks");
    let hooks = ["a", "b", "c"].map(|hook| format!("{{ url: \"{}\" }}", receiver.url(&format!("/{hook}")))).join(", ");
    setup.destinations.push_str(&format!("  - {{ id: three, type: webhooks, hooks: [{hooks}], rate_limit: 15 }}\n"));
    let program = setup.start_ready();
    produce(&setup, 30);
    let requests = until("some requests", PATIENCE, || {
        let requests = receiver.requests_for("/a");
        (requests.len() >= 16).then_some(requests)
    });
    let rate = (requests.len() - 1) as f64 / span(&requests).as_secs_f64();
    assert!((3.5..=6.0).contains(&rate), "{rate} deliveries per second");
    program.stop();
}

/// A receiver that takes so many requests in each second and throttles the others.
fn takes(receiver: &Receiver, path: &str, most: usize) {
    let taken = Mutex::new((Instant::now(), 0));
    receiver.answer_with(path, move |seen| {
        let mut taken = taken.lock().unwrap();
        if seen.at.duration_since(taken.0) >= Duration::from_secs(1) {
            *taken = (seen.at, 0);
        }
        taken.1 += 1;
        Reply::status(if taken.1 <= most { 200 } else { 429 })
    });
}

#[test]
fn a_receiver_that_throttles_is_called_more_slowly_and_gets_everything() {
    const EVENTS: usize = 600;
    let receiver = Receiver::start();
    takes(&receiver, "/busy", 60);
    let mut setup = beside_a_healthy_one("slowed", &receiver, ("busy", ", max_in_flight: 20"));
    setup.retries = "{ tiers: [100ms, 200ms, 400ms], give_up_after: 10m }".to_owned();
    let program = setup.start_ready();
    produce(&setup, EVENTS);
    until("the healthy one", PATIENCE, || (of(&program, "healthy", DELIVERED, "") >= EVENTS as f64).then_some(()));
    until("everything to arrive", PATIENCE, || (of(&program, "busy", DELIVERED, "") >= EVENTS as f64).then_some(()));
    let requests = receiver.requests_for("/busy");
    // Unslowed, what was throttled would come again every 100 ms: thousands of requests.
    assert!(requests.len() < 3 * EVENTS, "{} requests for {EVENTS} deliveries", requests.len());
    let last = &requests[requests.len() - 100..];
    let rate = 99.0 / span(last).as_secs_f64();
    assert!(rate < 200.0, "{rate} per second at last");
    assert_eq!(logged(&program, "busy", "slowed down"), 1);
    assert_eq!(of(&program, "busy", "webhooks_breaker_state", ""), 0.0, "it is no failure");
    assert_eq!(of(&program, "busy", "webhooks_deliveries_dead_lettered_total", ""), 0.0);
    program.stop();
}

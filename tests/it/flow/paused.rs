//! A receiver that asks to be left alone by Retry-After is left alone, by all its deliveries.

use std::time::Duration;

use super::{after, beside_a_healthy_one, logged, of, produce};
use crate::support::receiver::{Receiver, Reply};
use crate::support::states::PATIENCE;
use crate::support::wait::until;

const UNTIL: &str = "webhooks_paused_until_timestamp_seconds";
const DELIVERED: &str = "webhooks_deliveries_delivered_total";

/// How early a request may come, since the receiver sees its answer leave before we see it arrive.
const EARLY: Duration = Duration::from_millis(20);

#[test]
fn retry_after_holds_the_whole_lane_until_it_ends() {
    const EVENTS: usize = 100;
    const PAUSE: Duration = Duration::from_secs(3);
    let receiver = Receiver::start();
    receiver.script("/busy", [Reply::status(429).header("retry-after", "3"), Reply::status(200)]);
    let mut setup = beside_a_healthy_one("paused", &receiver, ("busy", ", max_in_flight: 1"));
    setup.tiers = vec!["1s", "4s"];
    setup.retries = "{ tiers: [1s, 4s], give_up_after: 10m }".to_owned();
    let program = setup.start_ready();
    produce(&setup, EVENTS);

    until("the gauge", PATIENCE, || (of(&program, "busy", UNTIL, "") > 1e9).then_some(()));
    let asked = receiver.requests_for("/busy")[0].at;
    until("the healthy one", PATIENCE, || (of(&program, "healthy", DELIVERED, "") >= EVENTS as f64).then_some(()));
    let waiting = setup.wait_for("delays.4s", 50);
    for record in &waiting {
        assert_eq!((record.key_text().as_str(), record.header("hops")), ("busy", Some("1")));
        assert!(record.header("window-started-at").is_some(), "its clock runs");
    }
    until("everything to arrive", PATIENCE, || (of(&program, "busy", DELIVERED, "") >= EVENTS as f64).then_some(()));
    let requests = receiver.requests_for("/busy");
    assert_eq!(after(&requests, asked + PAUSE - EARLY), requests.len() - 1, "none before the pause is over");
    assert_eq!(requests.len(), EVENTS + 1);
    assert_eq!(logged(&program, "busy", "paused"), 1);
    let throttled = of(&program, "busy", "webhooks_deliveries_delayed_total", "cause=\"throttled\"");
    assert!(throttled >= 50.0, "{throttled}");
    until("the gauge", PATIENCE, || (of(&program, "busy", UNTIL, "") == 0.0).then_some(()));
    program.stop();
}

#[test]
fn a_short_pause_is_waited_for_in_the_lane() {
    const EVENTS: usize = 30;
    let receiver = Receiver::start();
    receiver.script("/busy", [Reply::status(503).header("retry-after", "1"), Reply::status(200)]);
    let mut setup = beside_a_healthy_one("paused-shortly", &receiver, ("busy", ", max_in_flight: 1"));
    setup.tiers = vec!["2s"];
    setup.retries = "{ tiers: [2s], give_up_after: 10m }".to_owned();
    let program = setup.start_ready();
    produce(&setup, EVENTS);
    until("everything to arrive", PATIENCE, || (of(&program, "busy", DELIVERED, "") >= EVENTS as f64).then_some(()));
    let requests = receiver.requests_for("/busy");
    let resumed = requests[0].at + Duration::from_secs(1) - EARLY;
    assert_eq!(after(&requests, resumed), requests.len() - 1, "none before the pause is over");
    assert_eq!(of(&program, "busy", "webhooks_deliveries_delayed_total", ""), 1.0, "the one that was throttled");
    assert_eq!(of(&program, "healthy", DELIVERED, ""), EVENTS as f64);
    program.stop();
}

//! A receiver that fails is left alone but for a probe now and then, and gets everything once it is back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::{beside_a_healthy_one, logged, of, produce};
use crate::support::receiver::{Receiver, Reply};
use crate::support::states::PATIENCE;
use crate::support::wait::{holds, until};

const STATE: &str = "webhooks_breaker_state";
const DELAYED: &str = "webhooks_deliveries_delayed_total";
const DELIVERED: &str = "webhooks_deliveries_delivered_total";

#[test]
fn a_breaker_opens_probes_closes_and_lets_everything_through() {
    const EVENTS: usize = 200;
    let receiver = Receiver::start();
    let is_back = Arc::new(AtomicBool::new(false));
    let seen = is_back.clone();
    receiver.answer_with("/broken", move |_| Reply::status(if seen.load(Ordering::SeqCst) { 200 } else { 503 }));
    let keys = ", max_in_flight: 4, breaker: { after: 5, probe: 300ms, probe_max: 600ms }";
    let mut setup = beside_a_healthy_one("breaker", &receiver, ("broken", keys));
    setup.retries = "{ tiers: [100ms, 200ms, 400ms], give_up_after: 10m }".to_owned();
    let program = setup.start_ready();
    produce(&setup, EVENTS);

    until("the breaker to open", PATIENCE, || (of(&program, "broken", STATE, "") > 0.0).then_some(()));
    // Its neighbour on the partition is served meanwhile.
    until("the healthy one", PATIENCE, || (of(&program, "healthy", DELIVERED, "") >= EVENTS as f64).then_some(()));
    until("waits", PATIENCE, || (of(&program, "broken", DELAYED, "cause=\"breaker\"") >= 150.0).then_some(()));
    let before = receiver.requests_for("/broken").len();
    assert!(before <= 5 + 3 + 10, "{before}: five failures, three under way with the last of them, a few probes");
    holds("no more than a probe now and then", Duration::from_millis(1_500), || {
        receiver.requests_for("/broken").len() <= before + 6
    });
    let probed = receiver.requests_for("/broken").len() - before;
    assert!((1..=6).contains(&probed), "{probed} probes in one and a half seconds");
    assert_eq!(of(&program, "broken", DELIVERED, ""), 0.0);
    assert_eq!(logged(&program, "broken", "breaker opened"), 1);

    is_back.store(true, Ordering::SeqCst);
    until("everything to arrive", PATIENCE, || (of(&program, "broken", DELIVERED, "") >= EVENTS as f64).then_some(()));
    until("the gauge to follow", PATIENCE, || (of(&program, "broken", STATE, "") == 0.0).then_some(()));
    assert_eq!(logged(&program, "broken", "breaker closed"), 1);
    assert_eq!(logged(&program, "broken", "breaker opened"), 1);
    assert_eq!(logged(&program, "healthy", "breaker"), 0);
    setup.quiet();
    let requests = receiver.requests_for("/broken").len() as f64;
    assert_eq!(of(&program, "broken", "webhooks_attempts_total", ""), requests, "each once: nothing is repeated");
    assert_eq!(of(&program, "broken", "webhooks_deliveries_dead_lettered_total", ""), 0.0);
    program.stop();
}

#[test]
fn what_waits_behind_an_open_breaker_expires_when_its_window_closes() {
    const EVENTS: usize = 60;
    let receiver = Receiver::start();
    receiver.script("/broken", [Reply::status(500)]);
    let keys = ", max_in_flight: 1, breaker: { after: 3, probe: 1m, probe_max: 1m }, give_up_after: 1s";
    let setup = beside_a_healthy_one("breaker-expires", &receiver, ("broken", keys));
    let program = setup.start_ready();
    produce(&setup, EVENTS);
    let dead = || of(&program, "broken", "webhooks_deliveries_dead_lettered_total", "reason=\"expired\"");
    // One stays as the candidate of the next probe, a minute from now.
    until("dead letters", PATIENCE, || (dead() >= (EVENTS - 1) as f64).then_some(()));
    assert_eq!(receiver.requests_for("/broken").len(), 3, "no probe yet");
    let letters = setup.read("dead-letters");
    let untried = letters.iter().filter(|letter| letter.header("attempts").is_none_or(|attempts| attempts == "0"));
    assert!(untried.clone().count() >= EVENTS - 4);
    for letter in untried {
        assert_eq!(letter.header("reason"), Some("expired"));
        assert!(letter.header("window-started-at").is_some() && letter.header("last-outcome").is_none());
    }
    assert_eq!(of(&program, "healthy", DELIVERED, ""), EVENTS as f64);
    program.stop();
}

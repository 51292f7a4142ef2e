//! A destination that is paused in the file keeps what is for it, without its clock, until the file says otherwise.

use super::{beside_a_healthy_one, logged, of, produce};
use crate::support::receiver::Receiver;
use crate::support::states::PATIENCE;
use crate::support::wait::until;

const DELIVERED: &str = "webhooks_deliveries_delivered_total";
const DELAYED: &str = "webhooks_deliveries_delayed_total";

#[test]
fn what_is_paused_waits_without_its_clock_until_it_is_wanted() {
    const EVENTS: usize = 20;
    let receiver = Receiver::start();
    let mut setup = beside_a_healthy_one("held", &receiver, ("later", ", paused: true"));
    setup.tiers = vec!["200ms"];
    // Far shorter than the pause lasts.
    setup.retries = "{ tiers: [200ms], give_up_after: 400ms }".to_owned();
    let program = setup.start_ready();
    produce(&setup, EVENTS);
    until("the healthy one", PATIENCE, || (of(&program, "healthy", DELIVERED, "") >= EVENTS as f64).then_some(()));
    // Each has come back three times.
    let enough = (EVENTS * 4) as f64;
    until("waits", PATIENCE, || (of(&program, "later", DELAYED, "cause=\"paused\"") >= enough).then_some(()));
    let waiting = setup.wait_for("delays.200ms", EVENTS * 4);
    for record in &waiting {
        assert_eq!((record.key_text().as_str(), record.header("window-started-at")), ("later", None));
        assert!(record.header("waiting-since").is_some());
    }
    assert_eq!(logged(&program, "later", "the destination is paused"), 1);
    assert_eq!(receiver.requests_for("/later").len(), 0);
    program.stop();

    setup.destinations = setup.destinations.replace("paused: true", "paused: false");
    let program = setup.start();
    until("it to be delivered", PATIENCE, || (of(&program, "later", DELIVERED, "") >= EVENTS as f64).then_some(()));
    assert_eq!(receiver.requests_for("/later").len(), EVENTS);
    assert_eq!(setup.read("dead-letters").len(), 0);
    program.stop();
}

#[test]
fn nothing_waits_longer_than_it_may() {
    const EVENTS: usize = 5;
    let receiver = Receiver::start();
    let mut setup = beside_a_healthy_one("expires", &receiver, ("later", ", paused: true"));
    setup.tiers = vec!["200ms"];
    setup.retries = "{ tiers: [200ms], give_up_after: 100ms, expire_after: 700ms }".to_owned();
    let program = setup.start_ready();
    produce(&setup, EVENTS);
    let dead = setup.wait_for("dead-letters", EVENTS);
    for letter in &dead {
        assert_eq!((letter.header("reason"), letter.header("attempts")), (Some("expired"), Some("0")));
        let hops: u32 = letter.header("hops").and_then(|hops| hops.parse().ok()).unwrap_or_default();
        // At least; a process that knows nothing of the clock yet gives nothing up.
        assert!(hops >= 2, "{hops} waits of 200 ms in 700 ms");
    }
    assert_eq!(receiver.requests_for("/later").len(), 0);
    program.stop();
}

//! When attempts come: after the tier of their number, never early, until the window closes.

use std::time::Duration;

use super::{EVENT, assert_headers, time};
use crate::support::program::Setup;
use crate::support::receiver::{Receiver, Reply};
use crate::support::topics::Seen;

/// How late an attempt may be on a machine that builds beside it. Never early is what counts.
const LATE: Duration = Duration::from_secs(8);

const WINDOW_MS: i64 = 2_000;

/// Tiers of [`Setup::new`], by the number of attempts made.
fn tier_ms(attempts: usize) -> u64 {
    [100, 200, 400][attempts.min(3) - 1]
}

#[test]
fn a_dead_destination_is_tried_after_each_tier_until_the_window_closes() {
    let receiver = Receiver::start();
    receiver.script("*", [Reply::status(500)]);
    let mut setup = Setup::local("schedule");
    setup.destination("crm", receiver.url("/hook"), "");
    let program = setup.start_ready();
    setup.events(&[EVENT]);

    let dead = setup.wait_for("dead-letters", 1).remove(0);
    setup.quiet();
    let attempts = receiver.requests();
    assert!(attempts.len() >= 2, "at least one retry fits into the window");
    let ids: Vec<_> = attempts.iter().map(|attempt| attempt.header("webhook-id")).collect();
    assert!(ids.iter().all(|id| *id == dead.header("delivery-id")), "{ids:?}");

    let waits = waits(&setup);
    assert_eq!(waits.len(), attempts.len() - 1, "one wait between two attempts");
    for (number, wait) in waits.iter().enumerate() {
        let made = number + 1;
        let text = made.to_string();
        assert_headers(&wait.record, &[("attempts", &text), ("hops", &text), ("last-outcome", "server_error")]);
        check_tier(wait, made);
        let gap = attempts[made].at - attempts[number].at;
        let tier = Duration::from_millis(wait.ms);
        assert!(gap >= tier, "attempt {} came after {gap:?}, its tier is {tier:?}", made + 1);
        assert!(gap <= tier + LATE, "attempt {} came after {gap:?}, its tier is {tier:?}", made + 1);
    }

    let made = attempts.len().to_string();
    let hops = waits.len().to_string();
    assert_headers(
        &dead,
        &[
            ("reason", "expired"),
            ("fault", "receiver"),
            ("attempts", &made),
            ("hops", &hops),
            ("replays", "0"),
            ("last-outcome", "server_error"),
            ("last-status", "500"),
            ("last-error", "the receiver answered 500"),
        ],
    );
    assert_eq!(dead.key_text(), "crm");
    assert_eq!(dead.value.as_deref(), Some(EVENT.as_bytes()));
    assert_eq!(time(&dead, "window-started-at"), time(&waits[0].record, "window-started-at"));
    assert!(time(&dead, "last-attempt-at") <= time(&dead, "dead-at"));
    program.stop();
}

/// The longest tier that still fits shortens the last wait; after it comes the last attempt, then the end.
#[test]
fn the_last_wait_is_shortened_to_fit_the_window() {
    let receiver = Receiver::start();
    receiver.script("*", [Reply::status(500)]);
    let mut setup = Setup::local("final-wait");
    setup.retries = "{ tiers: [100ms, 1h], give_up_after: 10s }".to_owned();
    setup.tiers = vec!["100ms", "1h"];
    setup.destination("crm", receiver.url("/hook"), "");
    let program = setup.start_ready();
    setup.events(&[EVENT]);

    let dead = setup.wait_for("dead-letters", 1).remove(0);
    setup.quiet();
    assert_eq!(receiver.requests().len(), 3, "at once, after the first tier, after the shortened wait");
    let waits = setup.read("delays.100ms");
    assert_eq!(waits.len(), 2);
    let last: Vec<_> = waits.iter().map(|wait| wait.header("final-wait")).collect();
    assert_eq!(last, [None, Some("true")]);
    assert!(setup.read("delays.1h").is_empty(), "an hour does not fit");
    assert_headers(
        &dead,
        &[("reason", "expired"), ("final-wait", "true"), ("attempts", "3"), ("hops", "2"), ("fault", "receiver")],
    );
    assert!(time(&dead, "dead-at") < time(&dead, "window-started-at") + 10_000, "before the window closes");
    program.stop();
}

/// A record of a tier.
struct Wait {
    ms: u64,
    record: Seen,
}

/// Everything that ever waited, in the order of the attempts before it.
fn waits(setup: &Setup) -> Vec<Wait> {
    let mut waits = Vec::new();
    for ms in [100, 200, 400] {
        waits.extend(setup.read(&format!("delays.{ms}ms")).into_iter().map(|record| Wait { ms, record }));
    }
    waits.sort_by_key(|wait| wait.record.header("hops").and_then(|hops| hops.parse::<u32>().ok()));
    waits
}

/// The tier of its number, or where that would end after the window a shorter one that does not.
fn check_tier(wait: &Wait, made: usize) {
    if wait.record.header("final-wait").is_none() {
        assert_eq!(wait.ms, tier_ms(made), "after attempt {made}");
        return;
    }
    let end = time(&wait.record, "window-started-at") + WINDOW_MS;
    let ms = i64::try_from(wait.ms).unwrap();
    assert!(ms < i64::try_from(tier_ms(made)).unwrap(), "a shortened wait is shorter");
    // Decided between the attempt's beginning and the append.
    assert!(time(&wait.record, "last-attempt-at") + ms <= end);
}

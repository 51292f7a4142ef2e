//! The oracle itself, proven by defects planted in a run without any.

use super::*;

const EVENTS: Events = Events { seed: 7 };

fn request(number: usize, status: u16) -> Request {
    let now = Instant::now();
    Request {
        destination: "crm".to_owned(),
        delivery: format!("dlv_{number}"),
        body: EVENTS.text(number).into(),
        status,
        at: now,
        answered_at: now,
    }
}

fn dead(number: usize) -> topics::Seen {
    topics::Seen {
        partition: 0,
        offset: 0,
        timestamp: 0,
        key: Some(b"crm".to_vec()),
        value: Some(EVENTS.text(number).into_bytes()),
        headers: vec![("delivery-id".to_owned(), format!("dlv_{number}"))],
    }
}

fn judged(requests: &[Request], dead: &[topics::Seen]) -> Verdict {
    judge((EVENTS, &(0..4).collect()), "crm", requests, dead)
}

/// Three delivered, one of them at the second attempt, and one dead.
fn good_run() -> (Vec<Request>, Vec<topics::Seen>) {
    (vec![request(0, 200), request(1, 503), request(2, 200), request(1, 200), request(3, 503)], vec![dead(3)])
}

#[test]
fn a_run_without_defect_is_exactly_once() {
    let (requests, dead) = good_run();
    let verdict = judged(&requests, &dead);
    verdict.exactly_once("crm");
    assert_eq!((verdict.delivered, verdict.dead), (3, 1));
}

#[test]
fn one_that_is_dropped_is_missing() {
    let (mut requests, dead) = good_run();
    requests.remove(0);
    assert_eq!(judged(&requests, &dead).missing, [0]);
    assert_eq!(judged(&good_run().0, &[]).missing, [3]);
}

#[test]
fn one_that_is_doubled_is_a_repeat() {
    let (mut requests, mut letters) = good_run();
    requests.push(request(0, 200));
    letters.extend([dead(3), dead(2)]);
    let verdict = judged(&requests, &letters);
    assert_eq!((verdict.repeats, verdict.more_dead), (1, 2));
    verdict.nothing_lost("crm");
}

#[test]
fn two_that_are_swapped_are_found_by_id_and_by_bytes() {
    let (mut requests, dead) = good_run();
    requests.push(Request { delivery: "dlv_9".to_owned(), ..request(2, 200) });
    assert_eq!(judged(&requests, &dead).renamed, [2]);
    let strange = EVENTS.text(0).replace("Completed", "Cancelled");
    requests.push(Request { body: strange.clone().into(), ..request(0, 200) });
    assert_eq!(judged(&requests, &dead).altered, [strange]);
}

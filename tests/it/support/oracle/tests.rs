//! The oracle itself, proven by defects planted in a run without any.

use std::time::Instant;

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

/// A record of an event, in whatever topic.
fn record(number: usize) -> topics::Seen {
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
    (vec![request(0, 200), request(1, 503), request(2, 200), request(1, 200), request(3, 503)], vec![record(3)])
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
    letters.extend([record(3), record(2)]);
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

/// The good run, but the last one waits instead of being dead.
fn judged_waiting(waiting: &[topics::Seen]) -> Verdict {
    let kept = Kept { dead: &[], waiting };
    judge_all((EVENTS, &(0..4).collect()), "crm", &good_run().0, kept)
}

#[test]
fn one_that_waits_is_not_missing() {
    let verdict = judged_waiting(&[record(3)]);
    verdict.exactly_once("crm");
    assert_eq!((verdict.delivered, verdict.dead, verdict.waiting), (3, 0, 1));
    assert_eq!(judged_waiting(&[]).missing, [3]);
    let elsewhere = topics::Seen { key: Some(b"erp".to_vec()), ..record(3) };
    assert_eq!(judged_waiting(&[elsewhere]).missing, [3], "what waits for another destination does not count");
}

#[test]
fn one_that_waits_twice_or_after_its_end_is_one_too_many() {
    assert_eq!(judged_waiting(&[record(3), record(3)]).more_waiting, 1);
    assert_eq!(judged_waiting(&[record(3), record(0)]).more_waiting, 1);
    let (requests, dead) = good_run();
    let kept = Kept { dead: &dead, waiting: &[record(3)] };
    assert_eq!(judge_all((EVENTS, &(0..4).collect()), "crm", &requests, kept).more_waiting, 1);
}

#[test]
fn two_whose_payloads_are_swapped_while_they_wait_are_found() {
    let swapped = topics::Seen { value: record(2).value, ..record(3) };
    let verdict = judged_waiting(&[swapped]);
    assert_eq!((verdict.missing, verdict.renamed), (vec![3], vec![2]));
    let strange = topics::Seen { value: Some(b"{}".to_vec()), ..record(3) };
    assert_eq!(judged_waiting(&[strange]).altered.len(), 1);
}

#[test]
fn a_retry_is_a_request_after_one_that_failed() {
    let (mut requests, dead) = good_run();
    assert_eq!(judged(&requests, &dead).retries, 1);
    requests.push(request(0, 200));
    assert_eq!(judged(&requests, &dead).retries, 1, "a repeat is none");
}

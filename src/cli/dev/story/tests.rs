//! A notice becomes the row a person would expect, and counts once.

use bytes::Bytes;

use super::*;
use crate::delivery::LastAttempt;
use crate::delivery::id::Origin;
use crate::outcome::disposition::Progress;
use crate::outcome::time::KafkaTime;
use crate::route::destination::DestinationId;

const ORDER: &str = r#"{"type":"track","event":"Order Completed","userId":"u1"}"#;

fn delivery(destination: &'static str, attempts: u32, last: Option<(Outcome, Option<u16>)>) -> Delivery {
    let origin = Origin {
        topic: "events",
        partition: 0,
        offset: 1,
        time: KafkaTime::from_millis(0),
        message_id: None,
        destination: destination.as_bytes(),
        mapping: None,
    };
    let error = || Some("no connection".into());
    Delivery {
        id: DeliveryId::of(&origin),
        key: Bytes::from_static(destination.as_bytes()),
        destination: DestinationId::new(destination).ok(),
        source: "events/0@1".into(),
        accepted_at: KafkaTime::from_millis(0),
        mapping: None,
        progress: Progress { attempts, ..Progress::default() },
        made_by: Default::default(),
        stamp: None,
        last: last
            .map(|(outcome, status)| Arc::new(LastAttempt { outcome: outcome.label().into(), status, error: error() })),
        value: Bytes::from_static(ORDER.as_bytes()),
    }
}

fn told(signatures: Signatures, notice: Notice) -> (Row, Tally) {
    let mut story = Story::new(signatures);
    if let Notice::Delivered(delivery) | Notice::Delayed { delivery, .. } | Notice::DeadLettered { delivery, .. } =
        &notice
        && delivery.last.is_some()
    {
        let attempted = Notice::Attempted { id: delivery.id, took: Duration::from_micros(7_900) };
        assert_eq!(story.hear(attempted), None, "what follows is told with it");
    }
    (story.hear(notice).unwrap(), story.tally)
}

fn sent(signing: &[&str]) -> Signatures {
    Signatures::Sent(signing.iter().map(ToString::to_string).collect())
}

fn tier(name: &str) -> Tier {
    Tier::from_name(name).unwrap()
}

#[test]
fn a_delivered_one_is_told_with_its_attempt() {
    let delivered = delivery("crm", 3, Some((Outcome::Delivered, Some(200))));
    let (row, tally) = told(sent(&["crm"]), Notice::Delivered(delivered));
    assert_eq!(row.event, "track \"Order Completed\"");
    assert_eq!((row.destination.as_str(), row.attempt.as_str(), row.answer.as_str()), ("crm", "3", "200"));
    assert_eq!((row.signature.as_str(), row.ms.as_str(), row.follows.as_str()), ("signed", "7.9", "delivered"));
    assert_eq!(tally, Tally { delivered: 1, retried: 1, ..Tally::default() });
}

#[test]
fn a_failed_one_tells_when_it_is_tried_again() {
    let failed = delivery("flaky", 1, Some((Outcome::ServerError, Some(503))));
    let notice = Notice::Delayed { delivery: failed, tier: tier("1s"), cause: Cause::Retry };
    let (row, tally) = told(sent(&[]), notice);
    assert_eq!((row.answer.as_str(), row.follows.as_str()), ("503", "again in 1s (tier 1s)"));
    assert_eq!((row.signature.as_str(), row.tone), ("unsigned", Tone::Waits));
    assert_eq!(tally, Tally { waiting: 1, ..Tally::default() });
}

#[test]
fn without_an_answer_the_error_is_told() {
    let failed = delivery("crm", 1, Some((Outcome::Unreachable, None)));
    let notice = Notice::Delayed { delivery: failed, tier: tier("10s"), cause: Cause::Retry };
    let (row, _) = told(sent(&["crm"]), notice);
    assert_eq!((row.answer.as_str(), row.signature.as_str()), ("-", "-"));
    assert_eq!(row.follows, "again in 10s (tier 10s): no connection");
}

#[test]
fn a_throttled_attempt_has_its_number_although_it_costs_none() {
    let failed = delivery("crm", 0, Some((Outcome::Throttled, Some(429))));
    let notice = Notice::Delayed { delivery: failed, tier: tier("1s"), cause: Cause::Throttled };
    let (row, _) = told(sent(&[]), notice);
    assert_eq!((row.attempt.as_str(), row.follows.as_str()), ("1", "again in 1s (tier 1s, throttled)"));
}

#[test]
fn what_was_not_attempted_shows_no_attempt() {
    let notice = Notice::DeadLettered { delivery: delivery("crm", 0, None), reason: Reason::DestinationDisabled };
    let (row, tally) = told(sent(&["crm"]), notice);
    assert_eq!((row.attempt.as_str(), row.answer.as_str(), row.ms.as_str()), ("", "-", ""));
    assert_eq!(row.follows, "dead letter: destination disabled");
    assert_eq!(tally, Tally { dead_lettered: 1, ..Tally::default() });
}

#[test]
fn a_record_that_is_no_event_is_told_by_its_place() {
    let notice = Notice::Malformed { source: "events/0@1".into(), error: "`type` is missing".into() };
    let (row, tally) = told(sent(&[]), notice);
    assert_eq!(row.event, "events/0@1");
    assert_eq!(row.follows, "no event, dead letter (malformed): `type` is missing");
    assert_eq!(tally.dead_lettered, 1);
}

#[test]
fn who_waited_waits_no_more_once_settled() {
    let mut story = Story::new(sent(&[]));
    let mut waits = delivery("crm", 1, Some((Outcome::ServerError, Some(503))));
    for hops in [0, 1] {
        waits.progress.hops = hops;
        story.hear(Notice::Delayed { delivery: waits.clone(), tier: tier("1s"), cause: Cause::Retry });
        assert_eq!(story.tally.waiting, 1);
    }
    waits.progress.hops = 2;
    story.hear(Notice::Delivered(waits));
    assert_eq!((story.tally.waiting, story.tally.delivered), (0, 1));
}

//! Round trips and forgeries.
//! What real Kafka does with these headers is shown by the integration tests.

use super::*;
use crate::delivery::claim::{Epoch, TopicPartition};

fn record(headers: Headers) -> Record {
    Record {
        at: TopicPartition::new("webhooks.deliveries", 2),
        epoch: Epoch(1),
        offset: 7,
        time: KafkaTime::from_millis(1_700_000_000_000),
        key: Some(Bytes::from_static(b"crm")),
        value: Some(Bytes::from_static(b"{ }")),
        headers,
        held: None,
        already_settled: false,
    }
}

fn full() -> Delivery {
    Delivery {
        id: DeliveryId::parse("dlv_3dfczbawfqtyn5k3kxawrybhgb").unwrap(),
        key: Bytes::from_static(b"crm"),
        destination: DestinationId::new("crm").ok(),
        source: "events/3@4217".into(),
        accepted_at: KafkaTime::from_millis(1_600_000_000_001),
        mapping: Some("signups".into()),
        progress: Progress {
            attempts: 3,
            last_attempt_at: Some(KafkaTime::from_millis(1_600_000_000_900)),
            window_started_at: Some(KafkaTime::from_millis(1_600_000_000_100)),
            hops: 4,
            replays: 1,
            final_wait: true,
            waiting_since: Some(KafkaTime::from_millis(1_600_000_000_050)),
            paused_at: Some(KafkaTime::from_millis(1_600_000_000_950)),
        },
        last: Some(Arc::new(LastAttempt {
            outcome: "server_error".into(),
            status: Some(503),
            error: Some("status 503".into()),
        })),
        made_by: MadeBy::Route,
        stamp: Stamp::parse("ab.7-9c1b@4217/1600000000500"),
        value: Bytes::from_static(b"{ }"),
    }
}

#[test]
fn a_delivery_survives_its_record() {
    let fresh = Delivery { mapping: None, progress: Progress::default(), last: None, stamp: None, ..full() };
    for original in [full(), fresh] {
        assert_eq!(delivery(&record(headers(&original))), original);
    }
}

#[test]
fn a_fresh_delivery_has_three_headers() {
    let fresh = Delivery { mapping: None, progress: Progress::default(), last: None, stamp: None, ..full() };
    let headers = headers(&fresh);
    let names: Vec<_> = headers.0.iter().map(|(name, _)| name.as_ref()).collect();
    assert_eq!(names, [b"delivery-id".as_slice(), b"source", b"accepted-at"]);
}

#[test]
fn a_dead_letter_says_why() {
    let death =
        Death { reason: Reason::Expired, fault: Fault::Receiver, at: KafkaTime::from_millis(1_600_000_001_000) };
    let fresh = Delivery { progress: Progress::default(), last: None, ..full() };
    let headers = dead_letter_headers(&fresh, death);
    for (name, value) in [
        ("reason", "expired"),
        ("fault", "receiver"),
        ("dead-at", "2020-09-13T12:26:41.000Z"),
        ("replays", "0"),
        ("attempts", "0"),
        ("hops", "0"),
    ] {
        assert_eq!(headers.text(name), Some(value), "{name}");
    }
    assert_eq!(delivery(&record(dead_letter_headers(&full(), death))), Delivery { stamp: None, ..full() });
}

#[test]
fn forged_headers_count_as_absent() {
    for (name, value) in [
        ("attempts", "-1"),
        ("attempts", "9223372036854775808"),
        ("attempts", "many"),
        ("hops", "4000000000"),
        ("window-started-at", "soon"),
        ("final-wait", "TRUE"),
        ("delivery-id", "dlv_short"),
        ("last-status", "70000"),
        ("accepted-at", ""),
    ] {
        let mut headers = Headers::default();
        headers.push(name, value);
        let read = delivery(&record(headers));
        assert_eq!(read.progress, Progress::default(), "{name}: {value}");
        assert_eq!(read.source.as_ref(), "webhooks.deliveries/2@7");
        assert_eq!(read.accepted_at, KafkaTime::from_millis(1_700_000_000_000));
    }
}

#[test]
fn a_time_in_the_future_becomes_the_records_own() {
    let mut headers = Headers::default();
    headers.push("window-started-at", "2200-01-01T00:00:00Z");
    let read = delivery(&record(headers));
    assert_eq!(read.progress.window_started_at, Some(KafkaTime::from_millis(1_700_000_000_000)));
}

#[test]
fn texts_are_cut_between_characters() {
    assert_eq!(&*cut("ab", 256), "ab");
    assert_eq!(&*cut("aé", 2), "a");
}

#[test]
fn who_made_a_delivery_is_told_until_it_has_waited() {
    let by = |made_by, replays| Delivery {
        made_by,
        progress: Progress { replays, ..Progress::default() },
        last: None,
        stamp: None,
        ..full()
    };
    let expired = MadeBy::Replay(Some(Reason::Expired));
    for (made_by, replays) in [(MadeBy::Route, 0), (MadeBy::AudiencesSync, 0), (expired, 1), (MadeBy::Replay(None), 2)]
    {
        let fresh = by(made_by, replays);
        assert_eq!(delivery(&record(headers(&fresh))), fresh);
        let waited = Delivery { progress: Progress { hops: 1, ..fresh.progress }, ..fresh };
        assert_eq!(delivery(&record(headers(&waited))).made_by, MadeBy::Route);
    }
    assert_eq!(delivery(&record(Headers::default())).made_by, MadeBy::Stranger);
    let death = Death { reason: Reason::Rejected, fault: Fault::Record, at: KafkaTime::from_millis(0) };
    let dead = dead_letter_headers(&by(expired, 1), death);
    assert_eq!(dead.0.iter().filter(|(name, _)| name.as_ref() == b"reason").count(), 1);
    assert_eq!(dead.text("reason"), Some("rejected"));
}

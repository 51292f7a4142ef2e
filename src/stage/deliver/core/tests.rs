//! The deliver core by itself, where a short story says more than the simulation.

mod batches;

use std::time::Duration;

use bytes::Bytes;

use super::*;
use crate::delivery::LastAttempt;
use crate::delivery::claim::Epoch;
use crate::delivery::lane::LaneLimits;
use crate::kafka::record::{Append, Confirmation, Headers};
use crate::outcome::Outcome;
use crate::outcome::disposition::Attempted;
use crate::outcome::schedule::Tiers;
use crate::outcome::time::{ClockTrust, KafkaTime};
use crate::route::flow::BreakerTerms;
use crate::settle::Topics;

/// The window of every delivery.
const WINDOW: Duration = Duration::from_secs(60);

/// What a destination allows that is like any other but for its limits.
pub(super) fn terms(limits: LaneLimits) -> Terms {
    let (give_up_after, max_attempts) = (WINDOW, None);
    Terms { enabled: true, paused: false, limits, batching: None, spread: 1, give_up_after, max_attempts }
}

/// Settings for some destinations, with a tier of a second.
pub(super) fn settings(partitions: i32, terms: impl IntoIterator<Item = (DestinationId, Terms)>) -> Settings {
    Settings {
        topics: Topics {
            audiences: "audiences".into(),
            audience_records: "audience-records".into(),
            memberships: "memberships".into(),
            deliveries: "d".into(),
            delays: "delays".into(),
            dead_letters: "x".into(),
        },
        tiers: Tiers::new(vec![Tier::new(Duration::from_secs(1)).unwrap()]).unwrap(),
        give_up_after: WINDOW,
        expire_after: 10 * WINDOW,
        partitions,
        max_requests: 10,
        budget: 96 << 20,
        clogged_at: 1 << 20,
        span: 1_000,
        terms: terms.into_iter().map(|(id, terms)| (id.into(), terms)).collect(),
    }
}

fn now() -> Now {
    Now { moment: Moment::after(WINDOW), kafka: KafkaTime::from_millis(1_700_000_000_000), trust: ClockTrust::Sane }
}

/// A record for `down`, with headers.
fn record(offset: i64, headers: &[(&'static str, &str)]) -> Record {
    let mut all = Headers::default();
    for (name, value) in headers {
        all.push(name, value.to_string());
    }
    Record {
        at: TopicPartition::new("d", 0),
        epoch: Epoch(1),
        offset,
        time: KafkaTime::from_millis(1_700_000_000_000 - 1_000),
        key: Some(Bytes::from_static(b"down")),
        value: Some(Bytes::from_static(b"{}")),
        headers: all,
        held: None,
        already_settled: false,
    }
}

/// The appends that are asked for, each confirmed at once.
fn appends(core: &mut DeliverCore) -> Vec<Append> {
    core.proceed(now());
    let outputs = core.take_outputs().into_iter();
    let asked = outputs.filter_map(|output| match output {
        Output::Append(token, append) => Some((token, append)),
        _ => None,
    });
    let asked: Vec<_> = asked.collect();
    for (token, _) in &asked {
        core.confirmed(&Confirmation { token: *token, result: Ok(()) }, now());
    }
    asked.into_iter().map(|(_, append)| append).collect()
}

/// Lets every attempt that is asked for time out.
fn fail_all(core: &mut DeliverCore) {
    core.proceed(now());
    let attempted = Attempted { outcome: Outcome::TimedOut, retry_after: None };
    let last = LastAttempt { outcome: "timed_out".into(), status: None, error: None };
    for output in core.take_outputs() {
        if let Output::Attempt(order) = output {
            let tried = Tried { attempted, began: now().kafka, last: Arc::new(last.clone()), asks_for_less: false };
            core.attempted(order.token, Report::Tried(tried), now());
        }
    }
}

/// A core that owns partitions 0 and 1, with one destination, whose breaker its first delivery has opened.
fn behind_a_breaker() -> (DeliverCore, TopicPartition) {
    let breaker = BreakerTerms { after: 1, ..BreakerTerms::USUAL };
    let down = DestinationId::new("down").unwrap();
    let limits = LaneLimits { breaker, ..LaneLimits::of(4) };
    let mut core = DeliverCore::new(settings(2, [(down, terms(limits))]));
    let at = TopicPartition::new("d", 0);
    for at in [&at, &TopicPartition::new("d", 1)] {
        core.assigned(&[Grant { at: at.clone(), epoch: Epoch(1), note: None, draw: 1 }]);
    }
    core.arrived(record(0, &[]), now());
    fail_all(&mut core);
    assert_eq!(&*appends(&mut core)[0].topic, "delays.1s");
    (core, at)
}

#[test]
fn what_is_given_up_behind_a_breaker_is_not_given_up_again_by_the_next_owner() {
    let (mut core, at) = behind_a_breaker();
    core.arrived(record(1, &[]), now());
    assert_eq!(appends(&mut core), [], "it stays to be the next probe");
    core.arrived(record(2, &[("window-started-at", "2020-01-01T00:00:00.000Z"), ("final-wait", "true")]), now());
    let dead = appends(&mut core);
    assert_eq!((&*dead[0].topic, dead[0].headers.text("reason")), ("x", Some("expired")));
    assert_eq!(core.take_positions().last().map(|position| position.next), Some(1));

    core.revoke(std::slice::from_ref(&at), now());
    assert_eq!(&*appends(&mut core)[0].topic, "delays.1s", "the probe gives way, so that the offset passes both");
    assert!(core.is_drained(&at));
    assert_eq!(core.release(&[at])[0].next, 3);
}

#[test]
fn what_leaves_its_lane_waits_for_kafka_and_a_silent_tier_leaves_room_for_other_partitions() {
    let (mut core, _) = behind_a_breaker();
    let asked = |core: &mut DeliverCore| {
        core.proceed(now());
        let outputs = core.take_outputs().into_iter();
        outputs.filter_map(|output| if let Output::Append(token, _) = output { Some(token) } else { None }).collect()
    };
    (1..20_000).for_each(|offset| core.arrived(record(offset, &[]), now()));
    let first: Vec<Token> = asked(&mut core);
    assert_eq!(first.len(), 5_000, "as many as are free besides");
    assert_eq!(asked(&mut core), []);
    let other = |offset| Record { at: TopicPartition::new("d", 1), ..record(offset, &[]) };
    (0..10).for_each(|offset| core.arrived(other(offset), now()));
    assert_eq!(asked(&mut core).len(), 10);

    for token in &first[..3_000] {
        core.confirmed(&Confirmation { token: *token, result: Ok(()) }, now());
    }
    let rounds: Vec<usize> = (0..7).map(|_| asked(&mut core).len()).collect();
    assert_eq!(rounds[..2], [1_000; 2], "by the breaker and for the span; what ended is heard of in between");
    assert_eq!(rounds.iter().sum::<usize>(), 2_995, "the other partition has 10 under way");
}

#[test]
fn a_busy_lane_keeps_its_backlog_beside_one_that_would_send_nothing() {
    let (well, down) = (DestinationId::new("well").unwrap(), DestinationId::new("down").unwrap());
    let breaker = BreakerTerms { after: 1, ..BreakerTerms::USUAL };
    let usual = terms(LaneLimits { breaker, ..LaneLimits::of(4) });
    let mut core =
        DeliverCore::new(Settings { clogged_at: 1_000, ..settings(1, [(well, usual.clone()), (down, usual)]) });
    core.assigned(&[Grant { at: TopicPartition::new("d", 0), epoch: Epoch(1), note: None, draw: 1 }]);
    core.arrived(record(0, &[]), now());
    fail_all(&mut core);
    assert_eq!(&*appends(&mut core)[0].topic, "delays.1s", "the breaker of the one that is down is open");
    let of_well = |offset| Record { key: Some(Bytes::from_static(b"well")), ..record(offset, &[]) };
    // Far more than the span, and than the bytes, from which a lane gives way.
    (1..10_000).for_each(|offset| core.arrived(of_well(offset), now()));
    core.arrived(record(10_000, &[]), now());
    assert_eq!(appends(&mut core), [], "nobody could do more");
    assert_eq!(core.dispatch.queued(&DestinationId::new("well").unwrap().into()), 9_995);
}

#[test]
fn what_was_made_before_the_only_mapping_had_a_name_goes_to_it_and_what_names_another_waits() {
    let lane = LaneId { mapping: Some("orders".into()), ..DestinationId::new("down").unwrap().into() };
    let mut core = DeliverCore::new(Settings {
        terms: HashMap::from([(lane.clone(), terms(LaneLimits::of(4)))]),
        ..settings(1, [])
    });
    core.assigned(&[Grant { at: TopicPartition::new("d", 0), epoch: Epoch(1), note: None, draw: 1 }]);
    core.arrived(record(0, &[]), now());
    core.arrived(record(1, &[("mapping", "refunds")]), now());
    core.proceed(now());
    let mut lanes = Vec::new();
    let mut waits = 0;
    for output in core.take_outputs() {
        match output {
            Output::Attempt(order) => lanes.push(order.lane),
            Output::Append(..) => waits += 1,
            Output::Happened(_) => {}
        }
    }
    assert_eq!((lanes, waits), (vec![lane], 1));
}

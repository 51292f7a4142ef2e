//! Fairness and permits of the dispatch, with deliveries that are nothing but their claims.
//! Random interleavings are the simulation's business.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::*;
use crate::delivery::Delivery;
use crate::delivery::claim::{Epoch, Spot};
use crate::delivery::flow::{Answer, Change};
use crate::delivery::id::DeliveryId;
use crate::delivery::lane::Due;
use crate::outcome::Outcome;
use crate::outcome::disposition::{Obstacle, Progress};
use crate::outcome::time::KafkaTime;
use crate::route::destination::DestinationId;
use crate::route::flow::{BreakerTerms, RequestRate};

const ONE: LaneLimits = LaneLimits::of(100);
const NOW: Moment = Moment::after(Duration::from_secs(100));

fn id(name: &str) -> LaneId {
    DestinationId::new(name).unwrap().into()
}

pub(in crate::delivery) fn queued(name: &str, partition: i32, sequence: u64) -> Queued {
    let delivery = Delivery {
        id: DeliveryId::parse("dlv_00000000000000000000000000").unwrap(),
        key: Bytes::copy_from_slice(name.as_bytes()),
        destination: Some(id(name).destination),
        source: Arc::from("events/0@0"),
        accepted_at: KafkaTime::from_millis(0),
        mapping: None,
        progress: Progress::default(),
        last: None,
        made_by: Default::default(),
        stamp: None,
        value: Bytes::new(),
    };
    let spot = Spot { offset: 0, time: KafkaTime::from_millis(0) };
    let claim = Claim { at: TopicPartition::new("deliveries", partition), epoch: Epoch(1), sequence, spot };
    let due = Due { tier: None, at: KafkaTime::from_millis(0) };
    Queued { delivery, claim, held: None, due, place: None }
}

fn fill(dispatch: &mut Dispatch, name: &str, limits: LaneLimits, count: u64) {
    for sequence in 0..count {
        dispatch.enqueue(&id(name), limits, queued(name, 0, sequence));
    }
}

fn start_all(dispatch: &mut Dispatch) -> Vec<String> {
    std::iter::from_fn(|| dispatch.start(NOW, |_| true)).map(|started| started.lane.to_string()).collect()
}

#[test]
fn lanes_take_turns() {
    let mut dispatch = Dispatch::new(100);
    fill(&mut dispatch, "a", ONE, 3);
    fill(&mut dispatch, "b", ONE, 2);
    assert_eq!(start_all(&mut dispatch), ["a", "b", "a", "b", "a"]);
}

#[test]
fn a_lane_keeps_to_its_own_limit() {
    let mut dispatch = Dispatch::new(100);
    let two = LaneLimits::of(2);
    fill(&mut dispatch, "a", two, 5);
    assert_eq!(start_all(&mut dispatch).len(), 2);
    dispatch.finished(&id("a"), Permit::default(), NOW);
    assert_eq!(start_all(&mut dispatch).len(), 1);
    assert_eq!((dispatch.queued(&id("a")), dispatch.in_flight(&id("a"))), (2, 2));
}

#[test]
fn however_many_lanes_hang_a_newcomer_finds_a_place() {
    let mut dispatch = Dispatch::new(2000);
    for lane in 0..200 {
        fill(&mut dispatch, &format!("hung-{lane}"), ONE, 100);
    }
    let hanging = start_all(&mut dispatch).len();
    assert!(hanging > 1900, "only {hanging} requests of 2000 used");
    fill(&mut dispatch, "healthy", ONE, 100);
    let started = start_all(&mut dispatch);
    assert!(!started.is_empty() && started.iter().all(|name| name == "healthy"), "{started:?}");
}

#[test]
fn one_lane_alone_may_use_half_of_the_process() {
    let mut dispatch = Dispatch::new(2000);
    fill(&mut dispatch, "a", LaneLimits::of(1000), 1500);
    assert_eq!(start_all(&mut dispatch).len(), 1000);
}

#[test]
fn a_lane_that_found_no_place_has_the_next_one() {
    let of_process = |name: &str| (id(name), LaneLimits::of(1));
    let of_destination = |name: &str| {
        let lane = LaneId { mapping: Some(name.into()), ..id("shop") };
        (lane, LaneLimits { lanes: 3, ..LaneLimits::of(1) })
    };
    for (most, lanes) in [(1, ["a", "b", "c"].map(of_process)), (100, ["a", "b", "c"].map(of_destination))] {
        let mut dispatch = Dispatch::new(most);
        for sequence in 0..4 {
            for (lane, limits) in &lanes {
                dispatch.enqueue(lane, *limits, queued("a", 0, sequence));
            }
        }
        let mut started = Vec::new();
        while let Some(one) = dispatch.start(NOW, |_| true) {
            assert!(dispatch.start(NOW, |_| true).is_none(), "there is one place");
            started.push(one.lane.clone());
            dispatch.finished(&one.lane, one.permit, NOW);
        }
        for turn in started.chunks(3) {
            assert!(lanes.iter().all(|(lane, _)| turn.contains(lane)), "{turn:?} in {started:?}");
        }
    }
}

#[test]
fn several_hooks_weigh_as_several_requests() {
    let mut dispatch = Dispatch::new(20);
    fill(&mut dispatch, "a", LaneLimits { requests: 5, ..ONE }, 10);
    assert_eq!(start_all(&mut dispatch).len(), 2);
}

#[test]
fn a_record_that_may_not_start_yet_waits_for_a_wake() {
    let mut dispatch = Dispatch::new(10);
    fill(&mut dispatch, "a", ONE, 1);
    assert!(dispatch.start(NOW, |_| false).is_none());
    assert!(dispatch.start(NOW, |_| true).is_none(), "nothing changed yet");
    dispatch.wake();
    assert!(dispatch.start(NOW, |_| true).is_some());
}

#[test]
fn a_revoked_partition_leaves_nothing_behind() {
    let mut dispatch = Dispatch::new(10);
    dispatch.enqueue(&id("a"), ONE, queued("a", 0, 0));
    dispatch.enqueue(&id("a"), ONE, queued("a", 1, 0));
    assert_eq!(dispatch.withdraw(&TopicPartition::new("deliveries", 0)).len(), 1);
    let started = dispatch.start(NOW, |_| true).unwrap();
    assert_eq!(started.batch[0].claim.at.partition, 1);
    assert!(dispatch.start(NOW, |_| true).is_none());
}

fn at(millis: u64) -> Moment {
    Moment::after(Duration::from_millis(millis))
}

fn limited(per_second: f64) -> LaneLimits {
    LaneLimits { rate: RequestRate::per_second(per_second), ..ONE }
}

#[test]
fn a_lane_that_is_held_back_waits_for_its_moment_and_its_neighbour_does_not() {
    let mut dispatch = Dispatch::new(100);
    fill(&mut dispatch, "a", limited(10.0), 3);
    fill(&mut dispatch, "b", ONE, 2);
    let mut starts = |millis| {
        std::iter::from_fn(|| dispatch.start(at(millis), |_| true))
            .map(|started| started.lane.to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(starts(1_000), ["a", "b", "b"]);
    assert_eq!(starts(1_079), [""; 0]);
    assert_eq!(starts(1_080), ["a"]);
    assert_eq!(dispatch.next_wake(), Some(at(1_180)));
    assert!(dispatch.is_saturated(&id("a"), at(1_080)) && !dispatch.is_saturated(&id("b"), at(1_080)));
    fill(&mut dispatch, "a", limited(10.0), 1);
    assert!(dispatch.start(at(1_100), |_| true).is_none(), "what comes does not wake it");
    let intervals = ["a", "b"].map(|lane| dispatch.interval(&id(lane)));
    assert_eq!(intervals, [Some(Duration::from_millis(100)), None]);
}

#[test]
fn ten_thousand_lanes_that_are_held_back_are_not_looked_at() {
    let mut dispatch = Dispatch::new(100_000);
    for lane in 0..10_000 {
        fill(&mut dispatch, &format!("lane-{lane}"), limited(0.1), 2);
    }
    assert_eq!(std::iter::from_fn(|| dispatch.start(at(1_000), |_| true)).count(), 10_000);
    assert!(dispatch.rotation.is_empty() && dispatch.waiting.is_empty());
    assert_eq!((dispatch.gated.len(), dispatch.next_wake()), (10_000, Some(at(10_980))));
}

#[test]
fn an_answer_from_before_lets_a_lane_go_on_before_its_next_probe() {
    let breaker = BreakerTerms { after: 1, ..BreakerTerms::USUAL };
    let limits = LaneLimits { max_in_flight: 4, breaker, ..ONE };
    let mut dispatch = Dispatch::new(100);
    fill(&mut dispatch, "a", limits, 6);
    let mut permits: Vec<_> = std::iter::from_fn(|| dispatch.start(at(0), |_| true)).map(|s| s.permit).collect();
    let mut answer = |dispatch: &mut Dispatch, outcome, millis| {
        let answer = Answer { outcome, patience: None };
        dispatch.answered(&id("a"), permits.remove(0), (answer, at(millis)))
    };
    assert!(matches!(answer(&mut dispatch, Outcome::TimedOut, 10)[..], [Change::Opened { failures: 1, .. }]));
    assert!(dispatch.start(at(20), |_| true).is_none());
    assert_eq!(dispatch.next_wake(), Some(at(5_010)));
    let look = dispatch.look(&id("a"), Duration::from_secs(1), at(1_010));
    assert_eq!(look.obstacle, Some(Obstacle::Breaker { open_for: Duration::from_secs(1) }));
    assert!(matches!(answer(&mut dispatch, Outcome::Rejected, 30)[..], [Change::Closed(_)]));
    assert_eq!(dispatch.next_wake(), None);
    assert!(dispatch.start(at(30), |_| true).is_none(), "two are under way, and it starts with one");
    answer(&mut dispatch, Outcome::Delivered, 31);
    answer(&mut dispatch, Outcome::Delivered, 32);
    let starts = std::iter::from_fn(|| dispatch.start(at(40), |_| true)).count();
    assert_eq!(starts, 2, "all that waits");
}

#[test]
fn a_slowdown_is_told_of_when_it_is_over() {
    let mut dispatch = Dispatch::new(100);
    fill(&mut dispatch, "a", ONE, 1);
    let permit = dispatch.start(at(0), |_| true).unwrap().permit;
    let answer = Answer { outcome: Outcome::Throttled, patience: None };
    assert_eq!(dispatch.answered(&id("a"), permit, (answer, at(0))), [Change::Slowed(5.0)]);
    assert_eq!(dispatch.recovered(at(9_000)), []);
    assert_eq!(dispatch.recovered(at(10_000)), [id("a")]);
    assert_eq!(dispatch.recovered(at(99_000)), []);
}

#[test]
fn lanes_of_one_destination_share_its_rate_in_turn() {
    let limits = LaneLimits { lanes: 3, ..limited(10.0) };
    let mut dispatch = Dispatch::new(100);
    let lane = |mapping: &str| LaneId { mapping: Some(mapping.into()), ..id("a") };
    for mapping in ["x", "y", "z"] {
        for sequence in 0..10 {
            dispatch.enqueue(&lane(mapping), limits, queued("a", 0, sequence));
        }
    }
    let mut started = Vec::new();
    for millis in (1_000..2_000).step_by(5) {
        let of = |started: Started| started.lane.mapping.unwrap().to_string();
        started.extend(std::iter::from_fn(|| dispatch.start(at(millis), |_| true)).map(of));
    }
    assert_eq!(started.concat(), "xyzxyzxyzxy", "eleven in the first second, as of one lane, and each in its turn");
}

#[test]
fn lanes_of_one_destination_share_what_may_be_under_way() {
    let limits = LaneLimits { lanes: 2, ..LaneLimits::of(10) };
    let mut dispatch = Dispatch::new(100);
    let lane = |mapping: &str| LaneId { mapping: Some(mapping.into()), ..id("a") };
    for sequence in 0..20 {
        dispatch.enqueue(&lane("hangs"), limits, queued("a", 0, sequence));
    }
    let first = std::iter::from_fn(|| dispatch.start(NOW, |_| true)).count();
    for sequence in 20..40 {
        dispatch.enqueue(&lane("well"), limits, queued("a", 0, sequence));
    }
    let second: Vec<_> = std::iter::from_fn(|| dispatch.start(NOW, |_| true)).map(|started| started.lane).collect();
    assert_eq!((first, second), (8, vec![lane("well"); 2]));
    dispatch.finished(&lane("well"), Permit::default(), NOW);
    assert_eq!(dispatch.start(NOW, |_| true).map(|started| started.lane), Some(lane("well")));
}

#[test]
fn a_lane_that_waits_for_more_is_not_saturated_and_wakes_when_it_has_enough() {
    let batch = Some(crate::delivery::batch::BatchLimits { size: 3, wait: Duration::from_secs(1), bytes: 1_000 });
    let limits = LaneLimits { batch, ..ONE };
    let mut dispatch = Dispatch::new(100);
    let come = |dispatch: &mut Dispatch, sequence, millis| {
        let parcel = crate::delivery::batch::Parcel { key: Some(1), bytes: 2 };
        let place = Some(crate::delivery::batch::Place { parcel, since: at(millis) });
        dispatch.enqueue(&id("a"), limits, Queued { place, ..queued("a", 0, sequence) });
        dispatch.start(at(millis), |_| true).map_or(0, |started| started.batch.len())
    };
    assert_eq!((come(&mut dispatch, 1, 0), come(&mut dispatch, 2, 10)), (0, 0));
    assert!(dispatch.lanes[&id("a")].gathers && !dispatch.is_saturated(&id("a"), at(10)));
    assert_eq!(dispatch.next_wake(), Some(at(1_000)));
    assert_eq!(come(&mut dispatch, 3, 20), 3);
    assert_eq!((dispatch.next_wake(), come(&mut dispatch, 4, 30)), (None, 0));
    dispatch.hurry(&id("a"), at(40));
    assert_eq!(dispatch.start(at(40), |_| true).map(|started| started.batch.len()), Some(1));
    assert_eq!(dispatch.in_flight(&id("a")), 2, "a batch counts as one");
}

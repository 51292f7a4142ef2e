//! Fairness and permits of the dispatch, with deliveries that are nothing but their claims.
//! Random interleavings are the simulation's business.

use std::sync::Arc;

use bytes::Bytes;

use super::*;
use crate::delivery::Delivery;
use crate::delivery::claim::{Epoch, Spot};
use crate::delivery::id::DeliveryId;
use crate::outcome::disposition::Progress;
use crate::outcome::time::KafkaTime;

const ONE: LaneLimits = LaneLimits { max_in_flight: 100, requests: 1 };

fn id(name: &str) -> DestinationId {
    DestinationId::new(name).unwrap()
}

fn queued(name: &str, partition: i32, sequence: u64) -> Queued {
    let delivery = Delivery {
        id: DeliveryId::parse("dlv_00000000000000000000000000").unwrap(),
        key: Bytes::copy_from_slice(name.as_bytes()),
        destination: Some(id(name)),
        source: Arc::from("events/0@0"),
        accepted_at: KafkaTime::from_millis(0),
        mapping: None,
        progress: Progress::default(),
        last: None,
        stamp: None,
        value: Bytes::new(),
    };
    let spot = Spot { offset: 0, time: KafkaTime::from_millis(0) };
    let claim = Claim { at: TopicPartition::new("deliveries", partition), epoch: Epoch(1), sequence, spot };
    Queued { delivery, claim, held: None }
}

fn fill(dispatch: &mut Dispatch, name: &str, limits: LaneLimits, count: u64) {
    for sequence in 0..count {
        dispatch.enqueue(&id(name), limits, queued(name, 0, sequence));
    }
}

fn start_all(dispatch: &mut Dispatch) -> Vec<String> {
    std::iter::from_fn(|| dispatch.start(|_| true)).map(|started| started.destination.to_string()).collect()
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
    let two = LaneLimits { max_in_flight: 2, requests: 1 };
    fill(&mut dispatch, "a", two, 5);
    assert_eq!(start_all(&mut dispatch).len(), 2);
    dispatch.finished(&id("a"));
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
    fill(&mut dispatch, "a", LaneLimits { max_in_flight: 1000, requests: 1 }, 1500);
    assert_eq!(start_all(&mut dispatch).len(), 1000);
}

#[test]
fn several_hooks_weigh_as_several_requests() {
    let mut dispatch = Dispatch::new(20);
    fill(&mut dispatch, "a", LaneLimits { max_in_flight: 100, requests: 5 }, 10);
    assert_eq!(start_all(&mut dispatch).len(), 2);
}

#[test]
fn a_record_that_may_not_start_yet_waits_for_a_wake() {
    let mut dispatch = Dispatch::new(10);
    fill(&mut dispatch, "a", ONE, 1);
    assert!(dispatch.start(|_| false).is_none());
    assert!(dispatch.start(|_| true).is_none(), "nothing changed yet");
    dispatch.wake();
    assert!(dispatch.start(|_| true).is_some());
}

#[test]
fn a_revoked_partition_leaves_nothing_behind() {
    let mut dispatch = Dispatch::new(10);
    dispatch.enqueue(&id("a"), ONE, queued("a", 0, 0));
    dispatch.enqueue(&id("a"), ONE, queued("a", 1, 0));
    assert_eq!(dispatch.withdraw(&TopicPartition::new("deliveries", 0)).len(), 1);
    let started = dispatch.start(|_| true).unwrap();
    assert_eq!(started.queued.claim.at.partition, 1);
    assert!(dispatch.start(|_| true).is_none());
}

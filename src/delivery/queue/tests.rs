//! What leaves together and when, with deliveries that are nothing but their claims.

use std::time::Duration;

use super::*;
use crate::delivery::batch::{Parcel, Place};
use crate::delivery::dispatch::tests::queued as bare;

const WAIT: Duration = Duration::from_secs(1);

fn at(millis: u64) -> Moment {
    Moment::after(Duration::from_millis(millis))
}

fn batching(size: usize, bytes: usize) -> Queue {
    Queue::new(Some(BatchLimits { size, wait: WAIT, bytes }))
}

/// A delivery of ten bytes, by the number of its record.
fn of(key: Option<u64>, sequence: u64, since: Moment) -> Queued {
    let parcel = Parcel { key, bytes: 10 };
    Queued { place: Some(Place { parcel, since }), ..bare("a", 0, sequence) }
}

fn numbers(batch: Vec<Queued>) -> Vec<u64> {
    batch.into_iter().map(|queued| queued.claim.sequence).collect()
}

#[test]
fn without_limits_everything_goes_alone_and_at_once() {
    let mut queue = Queue::new(None);
    queue.push_back(of(Some(1), 1, at(0)));
    queue.push_back(of(Some(1), 2, at(0)));
    assert_eq!(queue.readiness(at(0)), Readiness::Now);
    assert_eq!(numbers(queue.take(at(0), |_| true)), [1]);
    assert_eq!((numbers(queue.take(at(0), |_| true)), queue.len()), (vec![2], 0));
}

#[test]
fn a_batch_leaves_when_it_is_full_or_its_first_has_waited() {
    let mut queue = batching(3, 1_000);
    for sequence in 0..5 {
        queue.push_back(of(Some(7), sequence, at(sequence * 10)));
    }
    assert_eq!(queue.readiness(at(40)), Readiness::Now);
    assert_eq!(numbers(queue.take(at(40), |_| true)), [0, 1, 2]);
    assert_eq!(queue.readiness(at(40)), Readiness::At(at(1_030)));
    assert!(queue.take(at(1_029), |_| true).is_empty());
    assert_eq!(numbers(queue.take(at(1_030), |_| true)), [3, 4]);
    assert_eq!((queue.readiness(at(1_030)), queue.is_empty()), (Readiness::Empty, true));
}

#[test]
fn what_differs_in_its_key_never_goes_together_and_what_has_none_goes_alone() {
    let mut queue = batching(10, 1_000);
    for (sequence, key) in [Some(1), Some(2), None, Some(1), Some(2), None].into_iter().enumerate() {
        queue.push_back(of(key, sequence as u64, at(sequence as u64)));
    }
    let mut batches = Vec::new();
    while !queue.is_empty() {
        batches.push(numbers(queue.take(at(5_000), |_| true)));
    }
    assert_eq!(batches, [vec![2], vec![5], vec![0, 3], vec![1, 4]]);
}

#[test]
fn a_batch_has_no_more_bytes_than_it_may_but_one_delivery_always_goes() {
    // Three of ten bytes are `[..,..,..]`, 34 bytes.
    let mut queue = batching(100, 34);
    (0..4).for_each(|sequence| queue.push_back(of(Some(1), sequence, at(0))));
    assert_eq!(numbers(queue.take(at(0), |_| true)), [0, 1, 2]);
    let mut tight = batching(100, 5);
    (0..2).for_each(|sequence| tight.push_back(of(Some(1), sequence, at(0))));
    assert_eq!(numbers(tight.take(at(0), |_| true)), [0]);
}

#[test]
fn a_receiver_that_refused_a_batch_gets_half_as_much() {
    let mut queue = batching(100, 1_000);
    (0..8).for_each(|sequence| queue.push_back(of(Some(1), sequence, at(0))));
    let batch = queue.take(at(9_000), |_| true);
    assert_eq!(batch.len(), 8);
    queue.refused(&batch);
    batch.into_iter().rev().for_each(|queued| queue.push_front(queued));
    let mut sizes = Vec::new();
    while !queue.is_empty() {
        sizes.push(queue.take(at(9_000), |_| true).len());
    }
    // 89 bytes were too many; 44 hold four less a bracket.
    assert_eq!(sizes, [3, 3, 2]);
}

#[test]
fn the_oldest_leaves_as_it_is_when_too_many_are_open() {
    let mut queue = batching(10, 1_000);
    for key in 0..=MOST_OPEN as u64 {
        queue.push_back(of(Some(key), key, at(key)));
    }
    assert_eq!(queue.readiness(at(200)), Readiness::Now);
    assert_eq!(numbers(queue.take(at(200), |_| true)), [0]);
    assert_eq!(queue.readiness(at(200)), Readiness::At(at(1_001)));
}

#[test]
fn who_is_hurried_waits_no_more_for_others_and_who_comes_later_does() {
    let mut queue = batching(10, 1_000);
    queue.push_back(of(Some(1), 1, at(100)));
    queue.hurry(at(150));
    assert_eq!(queue.readiness(at(150)), Readiness::Now);
    assert_eq!(numbers(queue.take(at(150), |_| true)), [1]);
    queue.push_back(of(Some(1), 2, at(151)));
    assert_eq!(queue.readiness(at(151)), Readiness::At(at(1_151)));
}

#[test]
fn what_may_not_start_stays_with_what_is_behind_it() {
    let mut queue = batching(2, 1_000);
    (0..3).for_each(|sequence| queue.push_back(of(Some(1), sequence, at(0))));
    queue.push_back(of(Some(2), 9, at(1)));
    assert_eq!(numbers(queue.take(at(2_000), |claim| claim.sequence > 2)), [9]);
    assert!(queue.take(at(2_000), |claim| claim.sequence > 2).is_empty());
    assert_eq!(queue.len(), 3);
}

#[test]
fn whatever_leaves_in_another_way_is_taken_out_of_its_batch() {
    let elsewhere = TopicPartition::new("deliveries", 1);
    let other = |sequence| {
        let mut queued = of(Some(1), sequence, at(1));
        queued.claim.at = elsewhere.clone();
        queued
    };
    let mut queue = batching(3, 1_000);
    queue.push_back(of(None, 5, at(0)));
    queue.push_back(of(Some(2), 1, at(0)));
    queue.push_back(of(Some(1), 2, at(1)));
    queue.push_back(other(3));
    queue.push_back(of(Some(1), 4, at(2)));
    assert_eq!(queue.readiness(at(0)), Readiness::Now);
    let here = TopicPartition::new("deliveries", 0);
    assert_eq!(queue.oldest(&here).map(|claim| claim.sequence), Some(1));
    assert_eq!(queue.take_oldest(&here).map(|queued| queued.claim.sequence), Some(1));
    assert_eq!(numbers(queue.withdraw(&elsewhere)), [3]);
    assert_eq!(queue.get(1).map(|queued| queued.claim.sequence), Some(2));
    assert_eq!(queue.take_at(0).map(|queued| queued.claim.sequence), Some(5));
    assert_eq!(queue.readiness(at(0)), Readiness::At(at(1_001)), "it is not full any more");
    assert_eq!(queue.take_at(0).map(|queued| queued.claim.sequence), Some(2));
    assert_eq!(queue.readiness(at(0)), Readiness::At(at(1_002)), "and the first of it came later");
    assert_eq!((numbers(queue.withdraw(&here)), queue.readiness(at(0))), (vec![4], Readiness::Empty));
}

#[test]
fn the_oldest_of_a_partition_is_known_whatever_left_and_came_back_before() {
    let mut queue = batching(3, 1_000);
    let mut waiting = std::collections::BTreeSet::new();
    let partition = |sequence: u64| TopicPartition::new("deliveries", (sequence % 2) as i32);
    // Any sequence of steps does; this one comes by all of them.
    let mut draw = 7_u64;
    for sequence in 0..2_000 {
        draw = draw.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let key = Some(draw >> 33).filter(|draw| !draw.is_multiple_of(5)).map(|draw| draw % 40);
        let queued = of(key, sequence, at(sequence));
        queue.push_back(Queued { claim: Claim { at: partition(sequence), ..queued.claim.clone() }, ..queued });
        waiting.insert(sequence);
        let left = match (draw >> 40) % 8 {
            0 => queue.take(at(sequence), |_| true),
            1 => queue.take_at((draw >> 45) as usize % queue.len()).into_iter().collect(),
            2 => queue.take_oldest(&partition(draw >> 50)).into_iter().collect(),
            3 if draw >> 43 & 63 == 0 => queue.withdraw(&partition(draw >> 50)),
            4 => {
                let batch = queue.take(at(sequence), |_| true);
                batch.into_iter().rev().for_each(|queued| queue.push_front(queued));
                Vec::new()
            }
            _ => Vec::new(),
        };
        left.iter().for_each(|queued| assert!(waiting.remove(&queued.claim.sequence)));
        assert_eq!(queue.len(), waiting.len());
        for of in 0..2 {
            let oldest = queue.oldest(&partition(of)).map(|claim| claim.sequence);
            assert_eq!(oldest, waiting.iter().find(|sequence| *sequence % 2 == of).copied());
        }
    }
}

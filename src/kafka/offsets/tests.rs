//! The tracker against a naive reference, and its promises one by one.
//! What real Kafka makes of the positions is shown by the integration tests.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::outcome::time::KafkaTime;

fn at() -> TopicPartition {
    TopicPartition::new("deliveries", 0)
}

fn spot(offset: i64) -> Spot {
    Spot { offset, time: KafkaTime::from_millis(offset) }
}

fn ledger(offsets: &[i64]) -> (Ledger, Vec<Claim>) {
    let mut ledger = Ledger::default();
    ledger.assign(&at(), Epoch(1));
    let claims = offsets.iter().map(|offset| ledger.take(&at(), Epoch(1), spot(*offset)).unwrap()).collect();
    (ledger, claims)
}

fn next(ledger: &mut Ledger) -> Option<i64> {
    ledger.take_positions().pop().map(|position| position.next)
}

#[test]
fn the_worked_example_of_the_header_holds() {
    let (mut ledger, claims) = ledger(&[41, 42, 44, 45]);
    for index in [0, 2] {
        ledger.complete(&claims[index]);
    }
    assert_eq!(next(&mut ledger), Some(42));
    ledger.complete(&claims[1]);
    assert_eq!(next(&mut ledger), Some(45));
    ledger.complete(&claims[3]);
    assert_eq!(next(&mut ledger), Some(46));
    assert_eq!(next(&mut ledger), None, "nothing moved since");
}

#[test]
fn a_completion_of_a_former_assignment_is_dropped() {
    let (mut ledger, old) = ledger(&[10, 11]);
    ledger.revoke(&at());
    ledger.release(&at());
    ledger.assign(&at(), Epoch(2));
    let new = ledger.take(&at(), Epoch(2), spot(10)).unwrap();
    ledger.complete(&old[0]);
    assert_eq!(next(&mut ledger), None);
    assert!(!ledger.is_current(&old[0]) && ledger.is_current(&new));
    ledger.complete(&new);
    assert_eq!(next(&mut ledger), Some(11));
}

#[test]
fn a_record_of_a_former_assignment_is_not_taken() {
    let (mut ledger, _) = ledger(&[1]);
    ledger.assign(&at(), Epoch(2));
    assert_eq!(ledger.take(&at(), Epoch(1), spot(2)), None);
    assert_eq!(ledger.take(&TopicPartition::new("other", 0), Epoch(2), spot(2)), None);
}

#[test]
fn a_log_that_began_anew_is_followed_from_its_start() {
    let (mut ledger, old) = ledger(&[100, 101]);
    let anew = ledger.take(&at(), Epoch(1), spot(0)).unwrap();
    ledger.complete(&old[0]);
    assert_eq!(next(&mut ledger), Some(0), "what was before is gone");
    ledger.complete(&anew);
    assert_eq!(next(&mut ledger), Some(1));
}

#[test]
fn a_log_whose_end_was_cut_off_keeps_what_is_left_unsettled() {
    let (mut ledger, old) = ledger(&[41, 42, 43]);
    let anew = ledger.take(&at(), Epoch(1), spot(42)).unwrap();
    ledger.complete(&anew);
    ledger.complete(&old[2]);
    assert_eq!(next(&mut ledger), None, "41 is not settled");
    ledger.complete(&old[0]);
    assert_eq!(next(&mut ledger), Some(43));
}

#[test]
fn the_last_position_is_answered_at_release() {
    let (mut ledger, claims) = ledger(&[5, 6]);
    ledger.complete(&claims[0]);
    ledger.revoke(&at());
    assert_eq!(ledger.take(&at(), Epoch(1), spot(7)), None, "what is handed back takes nothing more");
    assert_eq!(ledger.release(&at()).map(|position| position.next), Some(6));
    assert_eq!(ledger.release(&at()), None);
    ledger.complete(&claims[1]);
    assert_eq!(next(&mut ledger), None);
}

#[test]
fn a_partition_that_was_assigned_again_outlives_the_release_of_its_former_assignment() {
    let (mut ledger, _) = ledger(&[5]);
    ledger.revoke(&at());
    ledger.assign(&at(), Epoch(2));
    assert!(!ledger.is_revoked(&at()));
    assert_eq!(ledger.release(&at()), None);
    let claim = ledger.take(&at(), Epoch(2), spot(5)).unwrap();
    ledger.complete(&claim);
    assert_eq!(next(&mut ledger), Some(6));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever the order of completion and the gaps, the position is the first unsettled offset and never goes back.
    #[test]
    fn the_position_is_the_first_unsettled_offset(
        gaps in prop::collection::vec(1i64..4, 1..40),
        order in prop::collection::vec(any::<prop::sample::Index>(), 0..80),
    ) {
        let mut offset = 0;
        let offsets: Vec<i64> = gaps.iter().map(|gap| { offset += gap; offset }).collect();
        let (mut ledger, claims) = ledger(&offsets);
        let mut open: BTreeSet<i64> = offsets.iter().copied().collect();
        let mut last = None;
        for pick in order {
            let index = pick.index(offsets.len());
            ledger.complete(&claims[index]);
            open.remove(&offsets[index]);
            let expected = match open.first() {
                None => offsets.last().map(|last| last + 1),
                Some(first) if *first == offsets[0] => None,
                Some(first) => offsets.iter().rev().find(|offset| *offset < first).map(|before| before + 1),
            };
            let now = next(&mut ledger).or(last);
            prop_assert_eq!(now, expected);
            prop_assert!(now >= last);
            last = now;
        }
    }
}

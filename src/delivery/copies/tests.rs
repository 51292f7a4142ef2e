//! What is a copy of what.
//! That nothing else is one, in any succession of crashes, is shown by the simulation.

use super::*;

fn id(n: u8) -> DeliveryId {
    DeliveryId::parse(&format!("dlv_000000000000000000000000{n:02}")).unwrap()
}

/// The first delivery after so many hops, from a tenure or none.
fn key(hops: u32, stamp: &str) -> CopyKey {
    CopyKey::of(id(1), &Progress { hops, ..Progress::default() }, Stamp::parse(stamp).as_ref())
}

fn replayed() -> CopyKey {
    CopyKey::of(id(1), &Progress { replays: 1, ..Progress::default() }, None)
}

#[test]
fn what_went_into_a_tier_has_copies_of_its_life_but_is_none_itself() {
    let mut copies = Copies::default();
    copies.remember(key(1, "ab.1-b@7/1"), 9, After::Delay);
    copies.begin_tenure();
    assert!(copies.contains(key(1, "ab.1-b@7/1"), 10), "appended twice");
    assert!(!copies.contains(key(1, "ab.1-b@7/1"), 9), "the record itself, read again");
    assert!(!copies.contains(key(1, "ab.1-b@7/1"), 8), "it is committed before");
    assert!(!copies.contains(key(1, "ab.2-c@7/1"), 10), "another tenure answers for it");
    copies.remember(key(1, "ab.1-b@7/1"), 9, After::Delay);
    assert!(copies.contains(key(1, "ab.2-c@7/1"), 10), "of the same life under the same tenure");
    for other in [key(0, ""), key(2, "ab.1-b@7/1"), replayed()] {
        assert!(!copies.contains(other, 10));
    }
}

#[test]
fn what_returned_has_only_itself_as_copy() {
    let mut copies = Copies::default();
    copies.remember(key(1, "ab.1-b@7/1"), 9, After::Return);
    assert!(copies.contains(key(1, "ab.1-b@7/1"), 9) && copies.contains(key(1, "ab.1-b@7/1"), 10));
    for other in ["ab.1-b@8/1", "ab.1-c@7/1", "ab.2-b@7/1", ""] {
        assert!(!copies.contains(key(1, other), 10), "{other}");
    }
}

#[test]
fn what_is_recalled_says_nothing_of_other_tenures() {
    let mut copies = Copies::default();
    copies.recall(key(1, "ab.1-b@7/1"), 9);
    assert!(copies.contains(key(1, "ab.1-b@7/1"), 10) && !copies.contains(key(1, "ab.1-b@7/1"), 9));
    assert!(!copies.contains(key(1, "ab.2-c@7/1"), 10));
}

#[test]
fn whatever_comes_of_a_delivery_that_is_over_is_a_copy_but_a_replay() {
    let mut copies = Copies::default();
    copies.remember(key(2, ""), 5, After::Nothing);
    copies.begin_tenure();
    for hops in [0, 1, 2, 3] {
        assert!(copies.contains(key(hops, "ab.1-b@7/1"), 5) && copies.contains(key(hops, ""), 6));
    }
    assert!(!copies.contains(replayed(), 5));
    assert!(!copies.contains(CopyKey::of(id(2), &Progress::default(), None), 5));
}

#[test]
fn the_memory_is_bounded_and_forgets_the_oldest() {
    let mut copies = Copies::default();
    let last = u32::try_from(REMEMBERED).unwrap();
    for hops in 0..=last {
        copies.remember(key(hops, ""), 1, After::Return);
        copies.remember(key(hops, ""), 1, After::Return);
    }
    assert_eq!(copies.order.len(), REMEMBERED);
    assert!(!copies.contains(key(0, ""), 1));
    assert!(copies.contains(key(1, ""), 1) && copies.contains(key(last, ""), 1));
}

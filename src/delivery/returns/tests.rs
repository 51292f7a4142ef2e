//! What counts as having come back, across commits and crashes, and what never does.
//! The whole of it, crashes and all, is run by the simulation.

use super::*;
use crate::delivery::tenure;

const TIER: &str = "webhooks.delays.10s";

/// A record of a tier; later ones have later times.
fn of(offset: i64) -> Return {
    at(offset, 1_700_000_000_000 + offset * 10)
}

fn at(offset: i64, ms: i64) -> Return {
    Return::new(TopicPartition::new(TIER, 3), Spot { offset, time: KafkaTime::from_millis(ms) })
}

/// Returns of so many records, read from an offset of the deliveries topic on.
fn came(mut returns: Returns, records: impl IntoIterator<Item = i64>, first: i64) -> Returns {
    for (offset, record) in (first..).zip(records) {
        returns.reads(offset);
        returns.came(of(record), offset);
    }
    returns
}

fn passed(returns: &mut Returns, next: i64) -> Arc<str> {
    returns.pass(next, &"tenures-1 1-1@1/1".into())
}

#[test]
fn what_came_back_is_known_and_nothing_else() {
    let returns = came(Returns::default(), [7, 8, 9, 12, 11], 100);
    for record in 0..20 {
        assert_eq!(returns.contains(&of(record)), [7, 8, 9, 11, 12].contains(&record), "{record}");
    }
    let spot = of(8).spot;
    for (topic, partition) in [(TIER, 2), ("webhooks.delays.1m", 3), ("others.delays.10s", 3)] {
        let other = Return::new(TopicPartition::new(topic, partition), spot);
        assert!(!returns.contains(&other), "{other}");
    }
    assert!(!returns.contains(&at(8, 1_800_000_000_000)), "of a tier made anew");
}

#[test]
fn a_commit_tells_of_what_lies_below_its_offset_only() {
    let mut returns = came(Returns::default(), 7..17, 100);
    let note = passed(&mut returns, 104);
    assert_eq!(&*note, "tenures-1 1-1@1/1; returns-1 webhooks.delays.10s/3@7-10/1700000000100");
    let next = Returns::begin(Some(&note));
    assert!(next.contains(&of(7)) && next.contains(&of(10)));
    assert!(!next.contains(&of(11)), "its record is read again and must not be a copy of itself");
    assert!(Arc::ptr_eq(&note, &passed(&mut returns, 104)), "nothing has passed since");
    let all = passed(&mut returns, 200);
    assert_eq!(&*all, "tenures-1 1-1@1/1; returns-1 webhooks.delays.10s/3@7-16/1700000000160");
    assert_eq!(&*returns.pass(200, &"tenures-1".into()), &all.replace(" 1-1@1/1;", ";"));
    assert_eq!(returns.between.len(), 0);
    assert_eq!(&*Returns::default().pass(9, &"".into()), "");
}

#[test]
fn what_is_read_again_in_a_log_that_begins_anew_is_no_copy_of_itself() {
    let mut returns = came(Returns::default(), 7..17, 100);
    passed(&mut returns, 103);
    returns.reads(105);
    assert!(returns.contains(&of(11)) && !returns.contains(&of(12)));
    returns.reads(0);
    assert!(returns.contains(&of(9)), "it has passed");
    assert!(!returns.contains(&of(10)));
}

#[test]
fn what_was_settled_long_ago_is_known_without_a_note() {
    let mut returns = Returns::default();
    passed(&mut returns, 0);
    returns.recall(&of(5));
    assert!(returns.contains(&of(5)) && Returns::begin(Some(&passed(&mut returns, 0))).contains(&of(5)));
}

#[test]
fn a_tier_that_was_made_anew_has_nothing_in_common_with_the_old_one() {
    let later = |offset| at(offset, 1_800_000_000_000);
    let mut returns = came(Returns::default(), 0..50, 100);
    for offset in 0..60 {
        // All within one millisecond.
        assert!(!returns.contains(&later(offset)), "{offset}");
        returns.came(later(offset), 200 + offset);
    }
    assert!(returns.contains(&later(59)));
}

#[test]
fn the_memory_is_bounded_and_a_note_fits_into_a_commit() {
    // No name of a topic is longer.
    let place = TopicPartition::new(&"d".repeat(249), i32::MAX);
    let mut returns = Returns::default();
    for index in 0..2_000 {
        let time = KafkaTime::from_millis(9_999_999_000_000 + index);
        for offset in [i64::MAX / 4 + index * 3, i64::MAX / 4 + index * 3 + 1] {
            returns.came(Return::new(place.clone(), Spot { offset, time }), index);
        }
    }
    let note = returns.pass(i64::MAX, &"".into());
    assert!(returns.read.0.len() == REMEMBERED && note.split(' ').count() > 8);
    // Of `offset.metadata.max.bytes`, 4,096 by default, the tenures take their share.
    let tenures = tenure::REMEMBERED * "4294967295-ffffffff@9223372036854775807/9999999999999 ".len();
    assert!(note.len() + tenures + 64 < 4_096, "{} and {tenures}", note.len());
    let last = Spot { offset: i64::MAX / 4 + 5_997, time: KafkaTime::from_millis(0) };
    assert!(returns.contains(&Return::new(place, last)));
}

#[test]
fn only_what_was_written_here_is_read() {
    assert_eq!(Return::parse(&of(41).to_string()), Some(of(41)));
    for odd in ["", "d.10s/3@41", "d.10s/3@1-4/1", "d.10s/3@-1/1", "d.10s/x@1/1", "d.10s@1/1", "d.10s/3@9-1/1"] {
        assert_eq!(Return::parse(odd), None, "{odd}");
        assert_eq!(Returns::begin(Some(odd)).passed, Spans::default());
    }
    for odd in ["returns-2 d.10s/3@1-4/1", "returns-1 d.10s/3@9-1/1", "returns-1 x", "tenures-1 1-1@1/1"] {
        assert_eq!(Returns::begin(Some(odd)).passed, Spans::default(), "{odd}");
    }
    let forged = at(5, i64::MAX).not_after(KafkaTime::from_millis(9));
    assert_eq!(forged, at(5, 9));
}

//! What counts as having come back, across commits and crashes, and what never does.
//! The whole of it, crashes and all, is run by the simulation.

use std::time::Duration;

use super::*;
use crate::delivery::tenure;

/// A record of a tier; later ones have later times.
fn of(offset: i64) -> Return {
    at(offset, 1_700_000_000_000 + offset * 10)
}

fn at(offset: i64, ms: i64) -> Return {
    let spot = Spot { offset, time: KafkaTime::from_millis(ms) };
    Return::new(Tier::new(Duration::from_secs(10)).unwrap(), 3, spot)
}

/// Returns of so many records, read from an offset of the deliveries topic on.
fn came(mut returns: Returns, records: impl IntoIterator<Item = i64>, first: i64) -> Returns {
    for (offset, record) in (first..).zip(records) {
        returns.came(of(record), offset);
    }
    returns
}

#[test]
fn what_came_back_is_known_and_nothing_else() {
    let returns = came(Returns::default(), [7, 8, 9, 12, 11], 100);
    for record in 0..20 {
        assert_eq!(returns.contains(&of(record)), [7, 8, 9, 11, 12].contains(&record), "{record}");
    }
    let elsewhere = [
        Return { partition: 2, ..of(8) },
        Return { tier: Tier::new(Duration::from_secs(60)).unwrap(), ..of(8) },
        Return { time: KafkaTime::from_millis(1_800_000_000_000), ..of(8) },
    ];
    for other in elsewhere {
        assert!(!returns.contains(&other), "{other}");
    }
}

#[test]
fn a_commit_tells_of_what_lies_below_its_offset_only() {
    let mut returns = came(Returns::default(), 7..17, 100);
    let note = returns.pass(104);
    assert_eq!(note, "returns-1 10s/3@7-10/1700000000100");
    let next = Returns::begin(Some(&format!("tenures-1 1-1@1/1{BETWEEN_NOTES}{note}")));
    assert!(next.contains(&of(7)) && next.contains(&of(10)));
    assert!(!next.contains(&of(11)), "its record is read again and must not be a copy of itself");
    assert_eq!(returns.pass(200), "returns-1 10s/3@7-16/1700000000160");
    assert_eq!(returns.between.len(), 0);
    assert_eq!(Returns::default().pass(9), "");
}

#[test]
fn what_was_settled_long_ago_is_known_without_a_note() {
    let mut returns = Returns::default();
    returns.recall(&of(5));
    assert!(returns.contains(&of(5)) && Returns::begin(Some(&returns.pass(0))).contains(&of(5)));
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
    let longest = Tier::new(Duration::from_millis(604_799_999)).unwrap();
    let mut returns = Returns::default();
    for index in 0..2_000 {
        let time = KafkaTime::from_millis(9_999_999_000_000 + index);
        for offset in [i64::MAX / 4 + index * 3, i64::MAX / 4 + index * 3 + 1] {
            returns.came(Return::new(longest, i32::MAX, Spot { offset, time }), index);
        }
    }
    let note = returns.pass(i64::MAX);
    assert!(returns.read.0.len() == REMEMBERED && note.split(' ').count() > 25);
    // Of `offset.metadata.max.bytes`, 4,096 by default, the tenures take their share.
    let tenures = tenure::REMEMBERED * "4294967295-ffffffff@9223372036854775807/9999999999999 ".len();
    assert!(note.len() + tenures + 64 < 4_096, "{} and {tenures}", note.len());
    let last = Spot { offset: i64::MAX / 4 + 5_997, time: KafkaTime::from_millis(0) };
    assert!(returns.contains(&Return::new(longest, i32::MAX, last)));
}

#[test]
fn only_what_was_written_here_is_read() {
    assert_eq!(Return::parse(&of(41).to_string()), Some(of(41)));
    for odd in ["", "10s/3@41", "60s/3@41/1", "10s/3@1-4/1", "10s/3@-1/1", "10s/x@1/1", "10s@1/1", "10s/3@9-1/1"] {
        assert_eq!(Return::parse(odd), None, "{odd}");
        assert_eq!(Returns::begin(Some(odd)).passed, Spans::default());
    }
    for odd in ["returns-2 10s/3@1-4/1", "returns-1 10s/3@9-1/1", "returns-1 x", "tenures-1 1-1@1/1"] {
        assert_eq!(Returns::begin(Some(odd)).passed, Spans::default(), "{odd}");
    }
    let forged = at(5, i64::MAX).not_after(KafkaTime::from_millis(9));
    assert_eq!(forged, at(5, 9));
}

//! Successions of tenures, with and without commits between them.
//! The whole of it, crashes and all, is run by the simulation.

use super::*;

/// A record; later ones have later times.
fn spot(offset: i64) -> Spot {
    Spot { offset, time: KafkaTime::from_millis(1_700_000_000_000 + offset * 10) }
}

fn begin(note: Option<&str>, draw: u64) -> Tenures {
    Tenures::begin(&TopicPartition::new("deliveries", 3), note, draw)
}

/// A tenure that begins after a note and reads from an offset.
fn after(note: Option<&str>, token: u64, start: i64) -> Tenures {
    let mut tenures = begin(note, token);
    tenures.read(spot(start));
    tenures.read(spot(start + 1));
    tenures
}

#[test]
fn what_the_next_tenure_reads_again_is_its_own() {
    let first = after(None, 1, 100);
    let second = after(Some(&first.note()), 2, 150);
    assert!(second.took_over(&first.stamp(spot(150))), "it was read again");
    assert!(second.took_over(&first.stamp(spot(180))));
    assert!(!second.took_over(&first.stamp(spot(149))), "it was committed past");
    assert!(!second.took_over(&second.stamp(spot(160))) && !first.took_over(&first.stamp(spot(180))), "its own");
    let third = after(Some(&second.note()), 3, 400);
    assert!(third.took_over(&first.stamp(spot(150))), "a later restart forgets nothing");
    assert!(!third.took_over(&second.stamp(spot(160))) && !third.took_over(&first.stamp(spot(149))));
}

#[test]
fn a_tenure_that_never_committed_is_told_from_the_next() {
    for note in [None, Some(after(None, 1, 100).note())] {
        let silent = after(note.as_deref(), 2, 150);
        let next = after(note.as_deref(), 3, 150);
        assert!(next.took_over(&silent.stamp(spot(150))) && next.took_over(&silent.stamp(spot(170))));
        let last = after(Some(&next.note()), 4, 160);
        assert!(last.took_over(&silent.stamp(spot(150))));
        assert!(!last.took_over(&next.stamp(spot(155))));
    }
}

#[test]
fn a_tenure_that_read_nothing_takes_nothing_over() {
    let first = after(None, 1, 100);
    let second = begin(Some(&first.note()), 2);
    assert!(!second.took_over(&first.stamp(spot(100))));
    assert_eq!(&*second.note(), "");
}

#[test]
fn a_topic_that_was_made_anew_takes_nothing_over() {
    let old = after(None, 1, 100);
    let later = |offset| Spot { offset, time: KafkaTime::from_millis(1_800_000_000_000) };
    for note in [None, Some(old.note())] {
        let mut anew = begin(note.as_deref(), 2);
        anew.read(later(0));
        assert!(!anew.took_over(&old.stamp(spot(150))), "its record is gone with the old topic");
        let mut next = begin(Some(&anew.note()), 3);
        next.read(later(0));
        assert!(!next.took_over(&old.stamp(spot(150))) && next.took_over(&anew.stamp(later(0))));
    }
}

#[test]
fn what_returned_to_another_partition_is_nobody_elses() {
    let grown = after(None, 1, 0).stamp(spot(57));
    for at in [TopicPartition::new("deliveries", 7), TopicPartition::new("other", 3)] {
        let mut elsewhere = Tenures::begin(&at, None, 2);
        elsewhere.read(spot(0));
        assert!(!elsewhere.took_over(&grown), "{at}");
    }
    assert!(after(None, 2, 0).took_over(&grown));
}

#[test]
fn metadata_of_others_is_no_note() {
    let first = after(None, 1, 100);
    assert_eq!(after(Some("somebody's metadata"), 2, 0).stamp(spot(5)).tenure, Name { number: 1, token: 2 });
    assert!(!after(Some("x"), 1, 0).took_over(&first.stamp(spot(200))), "the same draw is the same tenure");
}

#[test]
fn notes_are_short_and_forget_the_oldest() {
    let far = i64::MAX / 100;
    let mut note = after(None, 1, far).note();
    for number in 2..200_u32 {
        note = after(Some(&note), u64::from(u32::MAX - number), far + i64::from(number)).note();
    }
    assert!(note.len() < 2_048, "{} bytes; kafka takes 4,096", note.len());
    assert_eq!(note.split(' ').count(), 1 + REMEMBERED);
    let last = after(Some(&note), 5, 7);
    assert_eq!(last.stamp(spot(8)).to_string(), format!("{:x}.200-5@8/1700000000080", last.place.0));
}

#[test]
fn forged_texts_are_none() {
    let text = "ab.7-9c1b2f44@4217/1763733600123";
    let stamp = Stamp::parse(text).unwrap();
    assert_eq!(stamp.to_string(), text);
    assert_eq!((stamp.token(), stamp.from().offset), (0x9c1b_2f44, 4217));
    for forged in [
        "",
        "@",
        "ab.",
        "g.7-9@1/1",
        "7-9@1/1",
        "7@1/1",
        "7-9@1",
        "7-9-1@1/1",
        "7-g@1/1",
        "-7-9@1/1",
        "7-9@1/1/1",
        "7-100000000@1/1",
    ] {
        assert_eq!(Stamp::parse(forged), None, "{forged}");
        assert_eq!(Stamp::parse(&format!("ab.{forged}")).is_some(), forged == "7-9@1/1", "{forged}");
        assert!(forged == "7-9@1/1" || parse(&format!("tenures-1 {forged}")).is_none(), "{forged}");
    }
    assert!(parse("").is_none() && parse("tenures-2 1-1@1/1").is_none() && parse("tenures-1 1-1@1/1").is_some());
}

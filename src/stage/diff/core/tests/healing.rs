//! Wrong records of the log, and how they are corrected.
//! Which records are wrong after crashes and handovers is left to the simulation.

use super::*;

/// The same as `known`, but not a change: the last one was at another version.
fn unchanged(offset: i64, own: Version, changed: Version, state: State) -> Record {
    let mut record = known(offset, own, Some(state));
    record.headers.push("changed", changed.to_string());
    record
}

fn is_news(append: &Append) -> bool {
    header(append, "changed") == header(append, "version") || header(append, "again") != "(none)"
}

#[test]
fn a_correction_too_large_for_its_topic_holds_nothing_up() {
    let newest = known(4, version(50, 7), Some(State::Member(true)));
    let mut stage = Stage::restored(std::slice::from_ref(&newest));
    stage.0.told(&known(9, version(40, 6), Some(State::Member(false))), now());
    stage.outputs();
    stage.0.reread(0, Epoch(1), (4, Some(&newest)));
    let token = stage.appends()[0].0;
    stage.answer(token, Err(AppendError::TooLarge));
    stage.0.arrived(member(8, false, 60));
    assert_eq!(stage.appends().len(), 1);
}

#[test]
fn a_late_append_of_a_former_owner_is_corrected_and_whoever_heard_it_is_told_again() {
    let newest = known(4, version(50, 7), Some(State::Member(true)));
    let mut stage = Stage::restored(std::slice::from_ref(&newest));
    stage.0.told(&known(9, version(40, 6), Some(State::Member(false))), now());
    assert!(matches!(stage.outputs()[..], [Output::Reread { partition: 0, epoch: Epoch(1), offset: 4 }]));
    stage.0.reread(0, Epoch(1), (4, Some(&newest)));
    let appends = stage.appends();
    let [(token, append)] = &appends[..] else { panic!("{appends:?}") };
    assert_eq!(append.value.as_deref(), Some(&br#"{"type":"identify","messageId":"m-again-9"}"#[..]));
    assert_eq!(["version", "changed", "again"].map(|name| header(append, name)), ["50/3/7", "50/3/7", "9"]);
    stage.0.arrived(member(8, false, 60));
    assert_eq!(stage.appends().len(), 0, "a record of the same key waits for it");
    stage.answer(*token, Ok(()));
    assert_eq!((stage.holds(), stage.appends().len()), (Some(State::Member(true)), 1));
}

#[test]
fn a_late_append_that_says_the_same_is_corrected_without_telling_anybody() {
    let newest = || known(4, version(50, 7), Some(State::Member(true)));
    let mut stage = Stage::told(&[newest(), known(9, version(40, 6), Some(State::Member(true)))]);
    assert_eq!(stage.outputs().len(), 0, "not before everything is read");
    stage.0.restored(0, Epoch(1));
    stage.outputs();
    stage.0.reread(0, Epoch(1), (4, Some(&newest())));
    let appends = stage.appends();
    assert_eq!((header(&appends[0].1, "again").as_str(), &appends[0].1.value), ("(none)", &newest().value));
}

#[test]
fn what_was_corrected_by_an_owner_before_is_left_alone_and_what_misled_receivers_is_told_again() {
    let (old, new) = (version(40, 6), version(50, 7));
    let log = || vec![known(4, new, Some(State::Member(true))), known(9, old, Some(State::Member(false)))];
    let mut corrected = log();
    let mut again = known(12, new, Some(State::Member(true)));
    again.headers.push("again", "9");
    corrected.push(again);
    assert_eq!(Stage::restored(&corrected).outputs().len(), 0);
    // A newer record came behind the wrong one, but it was no change, so nobody heard of it.
    let mut unchanged = known(12, version(60, 8), Some(State::Member(true)));
    unchanged.headers.push("changed", new.to_string());
    let mut behind = log();
    behind.push(unchanged);
    assert!(matches!(Stage::restored(&behind).outputs()[..], [Output::Reread { offset: 12, .. }]));
    behind.push(known(13, version(NOW, 9), Some(State::Member(false))));
    assert_eq!(Stage::restored(&behind).outputs().len(), 0, "a change tells them");
}

#[test]
fn a_log_whose_last_call_was_a_late_one_is_told_again() {
    // Receivers heard true, then the late false; the true after it was no change for whoever appended it.
    let log = [
        known(4, version(50, 7), Some(State::Member(true))),
        known(9, version(40, 6), Some(State::Member(false))),
        unchanged(10, version(60, 8), version(50, 7), State::Member(true)),
    ];
    let mut stage = Stage::restored(&log);
    let outputs = stage.outputs();
    let asks = outputs.iter().any(|output| matches!(output, Output::Reread { offset: 10, .. }));
    assert!(asks, "receivers end with false, true is known: {outputs:?}");
}

#[test]
fn what_is_unchanged_and_decided_before_the_correction_does_not_do_for_it() {
    let newest = known(4, version(50, 7), Some(State::Member(true)));
    let mut stage = Stage::restored(std::slice::from_ref(&newest));
    stage.0.told(&known(9, version(40, 6), Some(State::Member(false))), now());
    stage.outputs();
    // While the record is read again, the user is said to be a member once more.
    stage.0.arrived(member(8, true, 60));
    let mut news = Vec::new();
    for (token, append) in stage.appends() {
        news.push(is_news(&append));
        stage.0.told(&unchanged(10, version(60, 8), version(50, 7), State::Member(true)), now());
        stage.answer(token, Ok(()));
    }
    stage.0.reread(0, Epoch(1), (4, Some(&newest)));
    let outputs = stage.outputs();
    let corrects = outputs.iter().any(|output| matches!(output, Output::Reread { .. } | Output::Append(..)));
    assert!(news.contains(&true) || corrects, "the last call in the log says false, true is known: {outputs:?}");
}

#[test]
fn what_is_unchanged_and_under_way_when_the_late_one_is_told_does_not_do_for_a_correction() {
    let newest = known(4, version(50, 7), Some(State::Member(true)));
    let mut stage = Stage::restored(std::slice::from_ref(&newest));
    stage.0.arrived(member(8, true, 60));
    let token = stage.appends()[0].0;
    stage.answer(token, Ok(()));
    // The log: 4 true, 9 the late false, 10 ours; confirmed before either was told.
    stage.0.told(&known(9, version(40, 6), Some(State::Member(false))), now());
    stage.0.told(&unchanged(10, version(60, 8), version(50, 7), State::Member(true)), now());
    let outputs = stage.outputs();
    let asks = outputs.iter().any(|output| matches!(output, Output::Reread { offset: 10, .. }));
    assert!(asks, "the last call in the log says false, true is known: {outputs:?}");
}

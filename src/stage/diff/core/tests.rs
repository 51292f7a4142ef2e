//! The core of the diff stage, rule by rule. Whatever happens together is left to the simulation (`tests/sim/audiences`).

use super::*;
use crate::audience::user::UserKind;
use crate::audience::{Fact, Held, Kind, Source, Version};
use crate::delivery::claim::Epoch;
use crate::kafka::record::{Append, AppendError, Confirmation, Headers};
use crate::metrics::membership::{Change, Judged};
use crate::outcome::time::{ClockTrust, KafkaTime, Moment};
use crate::stage::diff::form;

const NOW: i64 = 1_700_000_000_000;

fn now() -> Now {
    let moment = Moment::after(std::time::Duration::from_secs(1));
    Now { moment, kafka: KafkaTime::from_millis(NOW), trust: ClockTrust::Sane }
}

fn later() -> Now {
    Now { moment: Moment::after(std::time::Duration::from_secs(9)), ..now() }
}

fn topics() -> Topics {
    Topics {
        audiences: "audiences".into(),
        audience_records: "records".into(),
        memberships: "memberships".into(),
        deliveries: "deliveries".into(),
        delays: "delays".into(),
        dead_letters: "dead".into(),
    }
}

fn at() -> TopicPartition {
    TopicPartition::new("records", 0)
}

fn user() -> User {
    User::new(UserKind::UserId, "u1").unwrap()
}

fn version(millis: i64, offset: i64) -> Version {
    Version { millis, partition: 3, offset }
}

fn record(topic: &str, offset: i64, (key, value): (String, Option<String>)) -> Record {
    Record {
        at: TopicPartition::new(topic, 0),
        epoch: Epoch(1),
        offset,
        time: KafkaTime::from_millis(NOW),
        key: Some(key.into()),
        value: value.map(Into::into),
        headers: Headers::default(),
        held: None,
        already_settled: false,
    }
}

/// A record of the topic of keyed records, from the same offset of the source.
fn said(offset: i64, value: &str) -> Record {
    let mut record = record("records", offset, (user().key(), Some(value.to_owned())));
    record.headers.push("source", format!("audiences/3@{offset}"));
    record.headers.push("source-time", KafkaTime::from_millis(NOW).to_string());
    record
}

fn member(offset: i64, member: bool, millis: i64) -> Record {
    let time = KafkaTime::from_millis(millis);
    said(offset, &format!(r#"{{"audience":"Big Spender","userId":"u1","member":{member},"timestamp":"{time}"}}"#))
}

/// A record of the memberships topic.
fn known(offset: i64, version: Version, state: Option<State>) -> Record {
    let source = Source { topic: "audiences".into(), partition: 3, offset: version.offset, millis: NOW };
    let fact = |state| Fact { kind: Kind::Audience, name: None, state, changed: Some(version), source, again: None };
    let key = "big_spender".to_owned();
    let held = Held { key, user: user(), version, partitions: 4, fact: state.map(fact) };
    let value = state.map(|_| r#"{"type":"identify","messageId":"m"}"#.into());
    let append = form::append(&held, value, (&"memberships".into(), 0));
    Record { headers: append.headers, value: append.value, ..record("memberships", offset, (held.record_key(), None)) }
}

struct Stage(DiffCore);

impl Stage {
    /// A core that is assigned its partition and has been told of some records.
    fn told(records: &[Record]) -> Self {
        let mut core = DiffCore::new(topics(), 4);
        core.assigned(&[Grant { at: at(), epoch: Epoch(1), note: None, draw: 0 }]);
        records.iter().for_each(|record| core.told(record, now()));
        let mut stage = Self(core);
        assert!(matches!(stage.outputs()[..], [Output::Follow { partition: 0, epoch: Epoch(1) }]));
        stage
    }

    fn restored(records: &[Record]) -> Self {
        let mut stage = Self::told(records);
        stage.0.restored(0, Epoch(1));
        stage.0.take_outputs();
        stage
    }

    fn outputs(&mut self) -> Vec<Output> {
        self.0.proceed(now());
        self.0.take_outputs()
    }

    fn appends(&mut self) -> Vec<(Token, Append)> {
        let append = |output| if let Output::Append(token, append) = output { Some((token, append)) } else { None };
        self.outputs().into_iter().filter_map(append).collect()
    }

    fn answer(&mut self, token: Token, result: Result<(), AppendError>) {
        self.0.confirmed(&Confirmation { token, result }, now());
    }

    fn position(&mut self) -> Option<i64> {
        self.0.take_positions().pop().map(|position| position.next)
    }

    fn holds(&self) -> Option<State> {
        self.0.holds(0, "big_spender", &user())
    }
}

fn header(append: &Append, name: &str) -> String {
    append.headers.text(name).unwrap_or("(none)").to_owned()
}

fn judged(outputs: &[Output]) -> Vec<Judged> {
    let judged = |output: &Output| match output {
        Output::Happened(Happened::Judged(judged)) => Some(*judged),
        _ => None,
    };
    outputs.iter().filter_map(judged).collect()
}

#[test]
fn a_change_is_appended_to_its_own_partition_and_counts_when_it_is_in_the_log() {
    let mut stage = Stage::restored(&[]);
    stage.0.arrived(member(7, true, NOW - 5));
    let appends = stage.appends();
    let [(token, append)] = &appends[..] else { panic!("{appends:?}") };
    assert_eq!((&*append.topic, append.partition), ("memberships", Some(0)));
    assert_eq!(append.key.as_deref(), Some(&br#"["big_spender","userId","u1"]"#[..]));
    let own = version(NOW - 5, 7).to_string();
    assert_eq!([header(append, "version"), header(append, "changed")], [own.clone(), own]);
    assert_eq!([header(append, "partitions"), header(append, "state")], ["4", "true"]);
    assert_eq!((stage.holds(), stage.position(), stage.0.members()), (None, None, 0));
    stage.answer(*token, Ok(()));
    assert_eq!((stage.holds(), stage.position()), (Some(State::Member(true)), Some(8)));
    assert_eq!(stage.0.members(), 1);
    let outputs = stage.outputs();
    assert_eq!(judged(&outputs), [Judged::Changed]);
    assert!(outputs.iter().any(|output| matches!(output, Output::Happened(Happened::Changed(Change::Entered)))));
}

#[test]
fn what_is_newer_and_the_same_is_appended_without_being_a_change() {
    let mut stage = Stage::restored(&[known(0, version(10, 1), Some(State::Member(true)))]);
    stage.0.arrived(member(7, true, 50));
    let appends = stage.appends();
    let [(token, append)] = &appends[..] else { panic!("{appends:?}") };
    assert_eq!([header(append, "version"), header(append, "changed")], ["50/3/7", "10/3/1"]);
    stage.answer(*token, Ok(()));
    assert_eq!(judged(&stage.outputs()), [Judged::Unchanged]);
    stage.0.arrived(member(8, false, 49));
    assert_eq!(judged(&stage.outputs()), [Judged::Outdated]);
    assert_eq!((stage.holds(), stage.position()), (Some(State::Member(true)), Some(9)));
    // Never a member, and still none: there never was a change.
    let mut stage = Stage::restored(&[]);
    stage.0.arrived(member(7, false, 50));
    assert_eq!(stage.appends().iter().map(|(_, append)| header(append, "changed")).collect::<Vec<_>>(), ["-"]);
}

#[test]
fn a_record_that_is_read_again_is_repeated_and_passes_at_once() {
    let mut stage = Stage::restored(&[known(0, version(50, 7), Some(State::Member(true)))]);
    stage.0.arrived(member(7, true, 50));
    assert_eq!(judged(&stage.outputs()), [Judged::Repeated]);
    assert_eq!(stage.position(), Some(8));
}

#[test]
fn nothing_is_decided_before_what_is_known_was_read() {
    let mut stage = Stage::told(&[known(0, version(50, 7), Some(State::Member(true)))]);
    stage.0.arrived(member(7, false, 40));
    assert_eq!((stage.outputs().len(), stage.0.restoring()), (0, 1));
    stage.0.restored(0, Epoch(0));
    assert_eq!(stage.outputs().len(), 0, "that was for a former assignment");
    stage.0.restored(0, Epoch(1));
    assert_eq!(judged(&stage.outputs()), [Judged::Outdated]);
    assert_eq!(stage.0.restoring(), 0);
}

#[test]
fn a_deletion_takes_everything_away_that_is_not_newer() {
    let mut stage = Stage::restored(&[known(0, version(50, 7), Some(State::Member(true)))]);
    stage.0.arrived(said(8, r#"{"type":"delete","userId":"u1","timestamp":"1970-01-01T00:00:01Z"}"#));
    stage.0.arrived(member(9, true, 900));
    let appends = stage.appends();
    let keys: Vec<_> = appends.iter().map(|(_, append)| append.key.clone().unwrap_or_default()).collect();
    assert_eq!(keys, [&br#"["big_spender","userId","u1"]"#[..], br#"["","userId","u1"]"#]);
    assert!(appends.iter().all(|(_, append)| append.value.is_none() && header(append, "version") == "1000/3/8"));
    stage.answer(appends[1].0, Ok(()));
    assert_eq!((stage.position(), stage.holds()), (None, Some(State::Member(true))));
    stage.answer(appends[0].0, Ok(()));
    assert_eq!((stage.position(), stage.holds()), (Some(9), None));
    assert_eq!(judged(&stage.outputs()), [Judged::Changed, Judged::Outdated]);
    stage.0.arrived(member(10, true, 1_001));
    assert_eq!(stage.appends().len(), 1, "what comes later holds");
}

#[test]
fn a_deletion_that_a_crash_cut_short_is_carried_out_when_it_is_read_again() {
    let deletion = Record { key: Some(r#"["","userId","u1"]"#.into()), ..known(1, version(1_000, 8), None) };
    let mut stage = Stage::restored(&[known(0, version(50, 7), Some(State::Member(true))), deletion]);
    assert_eq!(stage.holds(), None);
    let delete = r#"{"type":"delete","userId":"u1","timestamp":"1970-01-01T00:00:01Z"}"#;
    stage.0.arrived(said(8, delete));
    let appends = stage.appends();
    assert_eq!(appends.len(), 1, "the user's tombstone is there");
    stage.answer(appends[0].0, Ok(()));
    stage.0.arrived(said(8, delete));
    assert_eq!(judged(&stage.outputs()), [Judged::Changed, Judged::Repeated]);
}

#[test]
fn what_is_not_understood_or_keyed_by_somebody_else_is_a_dead_letter() {
    let mut stage = Stage::restored(&[]);
    stage.0.arrived(said(0, r#"{"audience":"用户","userId":"u1","member":true}"#));
    stage.0.arrived(Record { key: Some("u1".into()), ..member(1, true, 50) });
    let appends = stage.appends();
    assert!(appends.iter().all(|(_, append)| &*append.topic == "dead" && header(append, "reason") == "malformed"));
    appends.iter().for_each(|(token, _)| stage.answer(*token, Ok(())));
    assert_eq!((appends.len(), stage.position(), stage.holds()), (2, Some(2), None));
}

#[test]
fn a_refused_append_holds_its_partition_up_until_it_is_taken() {
    for error in [AppendError::Refused("not authorised".into()), AppendError::TooLarge] {
        let mut stage = Stage::restored(&[]);
        stage.0.arrived(member(7, true, 50));
        let token = stage.appends()[0].0;
        stage.answer(token, Err(error));
        stage.0.arrived(said(8, r#"{"audience":"VIP","userId":"u1","member":true}"#));
        assert_eq!(stage.appends().len(), 0);
        stage.0.proceed(later());
        assert!(matches!(stage.0.take_outputs()[..], [Output::Append(again, _)] if again == token));
        stage.answer(token, Ok(()));
        assert_eq!((stage.position(), stage.appends().len()), (Some(8), 1));
    }
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

const DAY: i64 = 24 * 3_600_000;

/// A record of the memberships topic that says something of so many days ago, written so many days ago.
fn aged(offset: i64, (said, written): (i64, i64), state: Option<State>) -> Record {
    let time = KafkaTime::from_millis(NOW - written * DAY);
    Record { time, ..known(offset, version(NOW - said * DAY, 1), state) }
}

#[test]
fn what_is_long_over_is_forgotten_after_a_restore() {
    let (yes, no) = (State::Member(true), State::Member(false));
    for (days, state, forgotten) in [((8, 8), no, 1), ((8, 8), yes, 0), ((8, 6), no, 0), ((6, 8), no, 0)] {
        let mut stage = Stage::restored(&[aged(0, days, Some(state))]);
        let appends = stage.appends();
        assert_eq!(appends.len(), forgotten, "{days:?} {state:?}");
        for (token, append) in appends {
            assert_eq!(append.value, None);
            stage.answer(token, Ok(()));
            assert_eq!(stage.holds(), None);
        }
    }
}

#[test]
fn what_came_today_is_not_forgotten_for_its_old_timestamp() {
    // A history: what is said of 8 days ago was written just now, and what is said of 9 days ago is still to come.
    let mut stage = Stage::restored(&[aged(0, (8, 0), Some(State::Member(false)))]);
    assert_eq!(stage.appends().len(), 0);
    stage.0.arrived(member(7, true, NOW - 9 * DAY));
    assert_eq!(judged(&stage.outputs()), [Judged::Outdated]);
}

#[test]
fn what_was_forgotten_still_outdates_what_is_older_as_long_as_the_log_has_its_tombstone() {
    let log = || vec![aged(0, (8, 8), Some(State::Member(false))), aged(1, (8, 0), None)];
    let mut told = Stage::restored(&log()[..1]);
    let token = told.appends()[0].0;
    told.0.told(&log()[1], now());
    told.answer(token, Ok(()));
    for mut stage in [told, Stage::restored(&log())] {
        stage.0.arrived(member(7, true, NOW - 9 * DAY));
        assert_eq!(judged(&stage.outputs()), [Judged::Outdated]);
    }
}

#[test]
fn nothing_is_forgotten_by_a_clock_nobody_has_confirmed() {
    for trust in [ClockTrust::Unknown, ClockTrust::Off] {
        let year_ahead = Now { kafka: KafkaTime::from_millis(NOW + 365 * DAY), trust, moment: now().moment };
        let mut core = DiffCore::new(topics(), 4);
        core.assigned(&[Grant { at: at(), epoch: Epoch(1), note: None, draw: 0 }]);
        for (offset, days) in [(0, 0), (1, 8)] {
            let of_another = |text: &str| Some(text.replace("u1", &format!("u{offset}")).into());
            let told = aged(offset, (days, days), Some(State::Member(false)));
            let key = told.key.as_deref().and_then(|key| of_another(std::str::from_utf8(key).unwrap()));
            core.told(&Record { key, ..told }, year_ahead);
        }
        core.restored(0, Epoch(1));
        core.proceed(year_ahead);
        let mut stage = Stage(core);
        assert!(!stage.0.take_outputs().iter().any(|output| matches!(output, Output::Append(..))), "{trust:?}");
        // Once it is right, what is long over is still known to be.
        assert_eq!(stage.appends().len(), 1, "{trust:?}");
    }
}

#[test]
fn another_number_of_partitions_ends_the_stage_with_the_remedy() {
    let mut stage = Stage::told(&[]);
    let mut other = known(0, version(1, 1), Some(State::Member(true)));
    other.headers.push("partitions", "12");
    stage.0.told(&other, now());
    let outputs = stage.outputs();
    let [Output::Failed(changed)] = &outputs[..] else { panic!("{outputs:?}") };
    let text = changed.to_string();
    for part in ["topic memberships", "while records had 12", "0@0", "now there are 4", "topics create"] {
        assert!(text.contains(part), "{text}");
    }
}

#[test]
fn a_partition_that_was_not_there_ends_the_stage_too() {
    let mut core = DiffCore::new(topics(), 4);
    let at = TopicPartition { partition: 4, ..at() };
    core.assigned(&[Grant { at, epoch: Epoch(1), note: None, draw: 0 }]);
    let outputs = core.take_outputs();
    let [Output::Failed(changed)] = &outputs[..] else { panic!("{outputs:?}") };
    assert_eq!((changed.then, changed.now), (4, 5));
}

#[test]
fn strangers_among_the_memberships_are_told_once_and_passed_over() {
    let strange = Record { headers: Headers::default(), ..known(0, version(1, 1), Some(State::Member(true))) };
    let mut stage = Stage(DiffCore::new(topics(), 4));
    stage.0.assigned(&[Grant { at: at(), epoch: Epoch(1), note: None, draw: 0 }]);
    stage.0.told(&strange, now());
    stage.0.told(&strange, now());
    let told = |output: &&Output| matches!(output, Output::Happened(Happened::Stranger { .. }));
    assert_eq!(stage.outputs().iter().filter(told).count(), 1);
}

#[test]
fn a_partition_is_handed_back_when_its_appends_are_answered_and_is_then_forgotten() {
    let mut stage = Stage::restored(&[known(0, version(10, 1), Some(State::Member(true)))]);
    stage.0.arrived(member(7, false, 50));
    stage.0.arrived(member(8, true, 60));
    let token = stage.appends()[0].0;
    stage.0.revoke(&[at()]);
    assert!(!stage.0.is_drained(&at()));
    stage.answer(token, Ok(()));
    assert!(stage.0.is_drained(&at()) && stage.appends().is_empty(), "what waits is left to the next owner");
    assert_eq!(stage.0.release(&[at()]).pop().map(|position| position.next), Some(8));
    assert!(matches!(stage.outputs()[..], [.., Output::Leave { partition: 0, epoch: Epoch(1) }]));
    assert_eq!((stage.0.members(), stage.holds()), (0, None));
}

#[test]
fn what_was_lost_is_not_sent_again() {
    let mut stage = Stage::restored(&[]);
    stage.0.arrived(member(7, true, 50));
    let token = stage.appends()[0].0;
    stage.answer(token, Err(AppendError::Refused("not authorised".into())));
    stage.0.lost(&[at()]);
    stage.0.assigned(&[Grant { at: at(), epoch: Epoch(2), note: None, draw: 0 }]);
    stage.0.take_outputs();
    stage.0.proceed(later());
    assert_eq!(stage.0.take_outputs().len(), 0);
    stage.answer(token, Ok(()));
    assert_eq!((stage.position(), stage.holds()), (None, None));
}

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

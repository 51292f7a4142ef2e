//! The core of the diff stage, rule by rule. Whatever happens together is left to the simulation (`tests/sim/audiences`).

use super::*;
use crate::audience::user::UserKind;
use crate::audience::{Fact, Held, Kind, Source, Version};
use crate::delivery::claim::Epoch;
use crate::kafka::record::{Append, AppendError, Confirmation, Headers};
use crate::metrics::membership::{Change, Judged};
use crate::outcome::time::{ClockTrust, KafkaTime, Moment};
use crate::stage::diff::form;

mod forgetting;
mod healing;

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

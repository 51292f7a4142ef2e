//! The way of events and audiences through the route core: what each becomes, under which id, and when its offset passes.

use bytes::Bytes;

use super::*;
use crate::audience::{Fact, Held, Kind, Source, State, User, Version, user::UserKind};
use crate::delivery::claim::Epoch;
use crate::kafka::record::{Confirmation, Headers};
use crate::outcome::time::{ClockTrust, KafkaTime, Moment};
use crate::route::audiences::{AudienceCalls, Audiences};
use crate::route::filter::{Action, Condition, Fields, Filter, Filters};
use crate::route::trigger::Trigger;
use crate::route::{Branch, Filtered, Kind as Type};

const TIME: i64 = 1_700_000_000_000;

fn now() -> Now {
    Now { moment: Moment::default(), kafka: KafkaTime::from_millis(TIME + 1000), trust: ClockTrust::Sane }
}

fn route(id: &str, audiences: Audiences, audience_calls: AudienceCalls) -> Route {
    let id = DestinationId::new(id).unwrap();
    let (kind, filters, branches) = (Type::Webhooks, Filters::default(), Vec::new());
    Route { id, enabled: true, kind, spread: 1, filters, branches, audiences, audience_calls }
}

/// A destination with mappings, each with its trigger.
fn actions(id: &str, branches: &[(&str, &str)], calls: AudienceCalls) -> Route {
    let branch = |(name, trigger): &(&str, &str)| Branch {
        name: (!name.is_empty()).then(|| (*name).into()),
        enabled: true,
        trigger: Trigger::parse(trigger).unwrap(),
    };
    let branches = branches.iter().map(branch).collect();
    Route { kind: Type::Actions, branches, ..route(id, Audiences::All, calls) }
}

/// A core with a destination that hears of all audiences, one that hears of one by track calls, and one of none.
fn core() -> RouteCore {
    let only = Audiences::Keys(["vip".into()].into());
    core_of(vec![
        route("all", Audiences::All, AudienceCalls::Identify),
        route("deaf", Audiences::None, AudienceCalls::Identify),
        route("one", only, AudienceCalls::Track),
    ])
}

fn core_of(routes: Vec<Route>) -> RouteCore {
    let topics = Topics {
        audiences: "audiences".into(),
        audience_records: "records".into(),
        memberships: "memberships".into(),
        deliveries: "d".into(),
        delays: "delays".into(),
        dead_letters: "x".into(),
    };
    let mut core = RouteCore::new(topics, routes, Partitions { deliveries: 1, audience_records: 6 });
    let at = ["events", "audiences", "memberships"].map(|topic| TopicPartition::new(topic, 3));
    core.assigned(&at.map(|at| Grant { at, epoch: Epoch(1), note: None, draw: 0 }));
    core
}

fn record(topic: &str, offset: i64, value: Option<&str>) -> Record {
    Record {
        at: TopicPartition::new(topic, 3),
        epoch: Epoch(1),
        offset,
        time: KafkaTime::from_millis(TIME),
        key: None,
        value: value.map(|value| Bytes::copy_from_slice(value.as_bytes())),
        headers: Headers::default(),
        held: None,
        already_settled: false,
    }
}

/// A record of the memberships topic: a change of `vip`, whose headers may be altered.
fn membership(offset: i64, alter: impl FnOnce(&mut Held, &mut Fact)) -> Record {
    let version = Version { millis: TIME - 5, partition: 0, offset: 17 };
    let mut fact = Fact {
        kind: Kind::Audience,
        name: None,
        state: State::Member(true),
        changed: Some(version),
        source: Source { topic: "audiences".into(), partition: 0, offset: 17, millis: TIME - 5 },
        again: None,
    };
    let user = User::new(UserKind::UserId, "u1").unwrap();
    let mut held = Held { key: "vip".to_owned(), user, version, partitions: 4, fact: None };
    alter(&mut held, &mut fact);
    held.fact = Some(fact);
    let mut record = record("memberships", offset, Some(IDENTIFY));
    record.key = Some(held.record_key().into());
    for (name, value) in held.headers() {
        record.headers.push(name, value);
    }
    record
}

const IDENTIFY: &str = r#"{"type":"identify","messageId":"m","userId":"u1","traits":{"vip":true}}"#;
const TRACK: &str = r#"{"type":"track","event":"Audience Entered","messageId":"m","userId":"u1","properties":{"audience_key":"vip","vip":true}}"#;

type Appends = Vec<(Token, Append)>;

/// What a record becomes: appends, and reasons for which destinations get nothing.
fn became(core: &mut RouteCore, record: Record) -> (Appends, Vec<(String, Filtered)>) {
    core.arrived(record);
    core.proceed(now());
    let mut appends = Vec::new();
    for output in core.take_outputs() {
        if let Output::Append(token, append) = output {
            appends.push((token, append));
        }
    }
    let ids = core.destinations();
    let filtered = |unwanted: Unwanted| (ids[unwanted.route].to_string(), unwanted.reason);
    (appends, core.take_unwanted().into_iter().map(filtered).collect())
}

fn confirm(core: &mut RouteCore, appends: &[(Token, Append)]) {
    for (token, _) in appends {
        core.confirmed(&Confirmation { token: *token, result: Ok(()) }, now());
    }
}

/// The offsets that passed, one for each partition that moved.
fn passed(core: &mut RouteCore) -> Vec<i64> {
    core.take_positions().into_iter().map(|position| position.next).collect()
}

fn text(bytes: &Option<Bytes>) -> &str {
    std::str::from_utf8(bytes.as_ref().unwrap()).unwrap()
}

#[test]
fn an_audience_record_goes_on_as_it_is_keyed_by_its_user() {
    let mut core = core();
    let value = r#" {"audience":"VIP","userId":"u1","member":true} "#;
    let (appends, _) = became(&mut core, record("audiences", 17, Some(value)));
    let [(_, append)] = &appends[..] else { panic!("{appends:?}") };
    // Where it would lie by its key in a topic of six.
    let partition = crate::kafka::partitioner::partition_of(br#"["userId","u1"]"#, 6);
    assert_eq!((&*append.topic, append.partition), ("records", Some(partition)));
    assert_eq!((text(&append.key), text(&append.value)), (r#"["userId","u1"]"#, value));
    assert_eq!(append.headers.text("source"), Some("audiences/3@17"));
    assert_eq!(append.headers.text("source-time"), Some("2023-11-14T22:13:20.000Z"));
    assert_eq!(passed(&mut core), [0; 0]);
    confirm(&mut core, &appends);
    assert_eq!(passed(&mut core), [18]);
}

#[test]
fn a_clock_in_2099_holds_no_membership_for_ever() {
    let mut core = core();
    let stamp = "2099-01-01T00:00:00.000Z";
    let value = format!(r#"{{"audience":"VIP","userId":"u1","member":true,"timestamp":"{stamp}"}}"#);
    let far = |offset| {
        let time = KafkaTime::parse(stamp).unwrap();
        Record { time, ..record("audiences", offset, Some(&value)) }
    };
    let (appends, _) = became(&mut core, far(0));
    // An hour from now.
    assert_eq!(appends[0].1.headers.text("source-time"), Some("2023-11-14T23:13:21.000Z"));
    let source = Source::read(|name| appends[0].1.headers.text(name)).unwrap();
    let stamp_millis = KafkaTime::parse(stamp).map(KafkaTime::as_millis);
    assert_eq!(Version::of(stamp_millis, &source).millis, source.millis);
    // A clock that is not known to be right decides nothing.
    core.arrived(far(1));
    core.proceed(Now { trust: ClockTrust::Unknown, ..now() });
    let outputs = core.take_outputs();
    let Some(Output::Append(_, append)) = outputs.last() else { panic!("{outputs:?}") };
    assert_eq!(append.headers.text("source-time"), Some(stamp));
}

#[test]
fn a_malformed_audience_record_becomes_a_dead_letter_and_the_source_goes_on() {
    let mut core = core();
    for (offset, value) in [(0, Some(r#"{"audience":"用户","userId":"u1","member":true}"#)), (1, None)] {
        let (appends, _) = became(&mut core, record("audiences", offset, value));
        let [(_, append)] = &appends[..] else { panic!("{appends:?}") };
        assert_eq!((&*append.topic, append.headers.text("reason")), ("x", Some("malformed")));
        assert_eq!(append.value.as_deref(), value.map(str::as_bytes));
        confirm(&mut core, &appends);
        assert_eq!(passed(&mut core), [offset + 1]);
    }
}

#[test]
fn a_deletion_among_the_events_also_goes_to_the_audience_records() {
    let mut core = core();
    let value = r#"{"type":"delete","userId":"u1"}"#;
    let (appends, _) = became(&mut core, record("events", 4, Some(value)));
    let topics: Vec<&str> = appends.iter().map(|(_, append)| &*append.topic).collect();
    assert_eq!(topics, ["d", "d", "d", "records"]);
    let (_, keyed) = &appends[3];
    assert_eq!((text(&keyed.key), text(&keyed.value)), (r#"["userId","u1"]"#, value));
    assert_eq!(keyed.headers.text("source"), Some("events/3@4"));
    confirm(&mut core, &appends[..3]);
    assert_eq!(passed(&mut core), [0; 0]);
    confirm(&mut core, &appends[3..]);
    assert_eq!(passed(&mut core), [5]);
}

#[test]
fn a_deletion_of_nobody_and_any_other_event_stay_among_the_events() {
    let mut core = core();
    for (offset, value) in [(0, r#"{"type":"delete"}"#), (1, r#"{"type":"track","userId":"u1"}"#)] {
        let (appends, _) = became(&mut core, record("events", offset, Some(value)));
        assert!(appends.iter().all(|(_, append)| &*append.topic == "d"), "{value}");
        assert_eq!(appends.len(), 3);
    }
}

#[test]
fn a_change_becomes_deliveries_for_those_who_want_to_hear_of_it_in_their_form() {
    let mut core = core();
    let (appends, filtered) = became(&mut core, membership(9, |_, _| {}));
    assert_eq!(filtered, [("deaf".to_owned(), Filtered::FilteredByRules)]);
    let deliveries: Vec<_> = appends.iter().map(|(_, append)| (text(&append.key), text(&append.value))).collect();
    assert_eq!(deliveries, [("all", IDENTIFY), ("one", TRACK)]);
    for (_, append) in &appends {
        assert_eq!(append.headers.text("source"), Some("audiences/0@17"));
        assert_eq!(append.headers.text("accepted-at"), Some("2023-11-14T22:13:19.995Z"));
    }
    confirm(&mut core, &appends);
    assert_eq!(passed(&mut core), [10]);
    let (_, filtered) = became(&mut core, membership(10, |held, _| held.key = "other".to_owned()));
    let refused = ["deaf", "one"].map(|id| (id.to_owned(), Filtered::FilteredByRules));
    assert_eq!(filtered, refused);
}

/// Destination, mapping and id of deliveries.
fn owed(appends: &[(Token, Append)]) -> Vec<(String, Option<String>, String)> {
    let header = |append: &Append, name: &str| append.headers.text(name).map(str::to_owned);
    let of = |(_, append): &(Token, Append)| {
        let id = header(append, "delivery-id").unwrap();
        (text(&append.key).to_owned(), header(append, "mapping"), id)
    };
    appends.iter().map(of).collect()
}

#[test]
fn each_mapping_that_matches_makes_a_delivery_of_its_own_and_the_same_ones_when_read_again() {
    let named = [("a", r#"event = "A""#), ("b", r#"event = "B""#), ("track", r#"type = "track""#)];
    let routes = || {
        let bare = actions("bare", &[("", r#"type = "track""#)], AudienceCalls::Identify);
        let (shop, deaf) =
            (actions("shop", &named, AudienceCalls::Identify), actions("deaf", &named[1..2], AudienceCalls::Identify));
        vec![shop, bare, deaf]
    };
    let value = r#" {"type":"track","event":"A","messageId":"m"} "#;
    let mut core = core_of(routes());
    let (appends, filtered) = became(&mut core, record("events", 5, Some(value)));
    let owed_first = owed(&appends);
    let names: Vec<_> = owed_first.iter().map(|(id, mapping, _)| (id.as_str(), mapping.as_deref())).collect();
    assert_eq!(names, [("shop", Some("a")), ("shop", Some("track")), ("bare", None)]);
    assert_eq!(filtered, [("deaf".to_owned(), Filtered::NoMatchingMapping)]);
    assert!(appends.iter().all(|(_, append)| text(&append.value) == value), "byte for byte as it was read");
    let mut ids: Vec<_> = owed_first.iter().map(|(_, _, id)| id).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 3);
    let again = became(&mut core_of(routes()), record("events", 5, Some(value))).0;
    assert_eq!(owed(&again), owed_first);
    confirm(&mut core, &appends[..2]);
    assert_eq!(passed(&mut core), [0; 0]);
    confirm(&mut core, &appends[2..]);
    assert_eq!(passed(&mut core), [6]);
}

#[test]
fn a_filter_decides_and_leaves_the_record_as_it_was_read() {
    let filter = |condition: &str, action| {
        let condition = Condition::parse(condition).unwrap();
        Filter { title: None, enabled: true, condition, actions: vec![action] }
    };
    let mut mail = Fields::new();
    mail.add("properties", ["mail"]).unwrap();
    let filters = vec![filter(r#"event = "A""#, Action::Drop), filter("all", Action::DropProperties(mail))];
    let filters = Filters::new(filters).unwrap();
    let all = route("all", Audiences::All, AudienceCalls::Identify);
    let mut core = core_of(vec![Route { filters, ..all }]);
    let (appends, filtered) = became(&mut core, record("events", 0, Some(r#"{"type":"track","event":"A"}"#)));
    assert_eq!((appends, filtered), (Vec::new(), vec![("all".to_owned(), Filtered::FilteredByRules)]));
    assert_eq!(passed(&mut core), [1]);
    let value = r#"{"type":"track","properties":{"mail":"m"}}"#;
    let (appends, _) = became(&mut core, record("events", 1, Some(value)));
    assert_eq!(appends.iter().map(|(_, append)| text(&append.value)).collect::<Vec<_>>(), [value]);
}

#[test]
fn a_change_goes_to_the_mappings_that_want_the_form_their_destination_gets() {
    let named = [("entered", r#"event = "Audience Entered""#), ("identify", r#"type = "identify""#)];
    let mut core =
        core_of(vec![actions("shop", &named, AudienceCalls::Track), actions("crm", &named, AudienceCalls::Identify)]);
    let (appends, filtered) = became(&mut core, membership(9, |_, _| {}));
    let told: Vec<_> = appends
        .iter()
        .map(|(_, append)| (text(&append.key), append.headers.text("mapping").unwrap(), text(&append.value)))
        .collect();
    assert_eq!(told, [("shop", "entered", TRACK), ("crm", "identify", IDENTIFY)]);
    assert_eq!(filtered, []);
}

#[test]
fn copies_of_a_change_have_the_same_ids_and_what_is_told_again_has_others() {
    let mut core = core();
    let mut ids = |record| {
        let (appends, _) = became(&mut core, record);
        let id = |(_, append): &(Token, Append)| append.headers.text("delivery-id").unwrap().to_owned();
        appends.iter().map(id).collect::<Vec<_>>()
    };
    let first = ids(membership(1, |_, _| {}));
    let copy = ids(Record { time: KafkaTime::from_millis(TIME + 7), ..membership(2, |_, _| {}) });
    assert_eq!(first, copy);
    let again = ids(membership(3, |_, fact| fact.again = Some(2)));
    let another = ids(membership(4, |_, fact| fact.again = Some(2)));
    let mut all = [first, again, another].concat();
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 6);
}

#[test]
fn what_is_no_change_is_settled_at_once() {
    let mut core = core();
    let nothing = [
        membership(0, |_, fact| fact.changed = None),
        membership(1, |held, _| held.version.offset += 1),
        record("memberships", 2, None),
    ];
    for record in nothing {
        let next = record.offset + 1;
        assert_eq!(became(&mut core, record).0, []);
        assert_eq!(passed(&mut core), [next]);
    }
}

#[test]
fn a_forged_membership_becomes_a_dead_letter() {
    let mut core = core();
    let mut no_call = membership(1, |_, _| {});
    no_call.value = Some(Bytes::from_static(b"nonsense"));
    for record in [record("memberships", 0, Some(IDENTIFY)), no_call] {
        let (appends, _) = became(&mut core, record);
        let [(_, append)] = &appends[..] else { panic!("{appends:?}") };
        assert_eq!((&*append.topic, append.headers.text("reason")), ("x", Some("malformed")));
    }
}

#[test]
fn a_topic_of_audience_records_that_is_too_narrow_stops_its_partition_and_loses_nothing() {
    let mut core = core();
    let value = Some(r#"{"audience":"VIP","userId":"u1","member":true}"#);
    let (appends, _) = became(&mut core, record("audiences", 0, value));
    let token = appends[0].0;
    core.confirmed(&Confirmation { token, result: Err(AppendError::TooLarge) }, now());
    assert_eq!(became(&mut core, record("audiences", 1, value)).0, []);
    let later = Now { moment: Moment::after(std::time::Duration::from_secs(2)), ..now() };
    core.proceed(later);
    let asked_again =
        core.take_outputs().into_iter().any(|output| matches!(output, Output::Append(own, _) if own == token));
    assert!(asked_again);
    confirm(&mut core, &appends);
    assert_eq!(passed(&mut core), [1]);
    core.proceed(later);
    assert_eq!(core.take_outputs().len(), 1);
}

#[test]
fn a_change_that_may_be_compacted_away_is_told_by_what_is_left() {
    let left = |hours: i64| {
        let time = KafkaTime::from_millis(TIME - hours * 3_600_000);
        Record { time, ..membership(hours, |held, _| held.version.offset += 1) }
    };
    let mut core = core();
    assert_eq!(became(&mut core, left(22)).0.len(), 0);
    assert_eq!(became(&mut core, left(24)).0.len(), 2);
    let off = Now { trust: ClockTrust::Off, ..now() };
    core.arrived(left(25));
    core.proceed(off);
    assert!(!core.take_outputs().iter().any(|output| matches!(output, Output::Append(..))));
    let never = Record { time: KafkaTime::from_millis(0), ..membership(30, |_, fact| fact.changed = None) };
    assert_eq!(became(&mut core, never).0.len(), 0);
}

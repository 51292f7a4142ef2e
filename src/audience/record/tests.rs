//! Every form of contract section 9 is understood, and nothing else is.

use proptest::prelude::*;

use super::*;
use crate::audience::Source;
use crate::event::Event;

fn read_text(text: &str) -> Result<Read<'_>, Malformed> {
    read(text.as_bytes())
}

fn change(text: &str) -> Change<'_> {
    match read_text(text) {
        Ok(Read::Change(change)) => change,
        other => panic!("{text}: {other:?}"),
    }
}

/// Key, kind, user's key and value of a record.
fn said(text: &str) -> (String, Kind, String, Value<'_>) {
    let change = change(text);
    (change.key, change.kind, change.user.key(), change.value)
}

fn why(text: &str) -> Malformed {
    read_text(text).err().unwrap_or_else(|| panic!("{text} is understood"))
}

/// An identify call with a value for the audience `vip`.
fn identify(traits: &str) -> String {
    format!(
        r#"{{"type":"identify","userId":"u1","traits":{traits},"context":{{"personas":{{"computation_class":"audience","computation_key":"vip"}}}}}}"#
    )
}

/// A track call about `vip`, with properties after the key and further members.
fn track(event: &str, properties: &str) -> String {
    format!(r#"{{"type":"track","userId":"u1","event":"{event}","properties":{{"audience_key":"vip"{properties}}}}}"#)
}

const U1: &str = r#"["userId","u1"]"#;

#[test]
fn a_membership_record_is_understood() {
    let text = r#"{"audience":"Order Completed Last 30days","userId":"u1","member":true,"timestamp":"2026-01-31T08:00:00.5Z"}"#;
    let key = "order_completed_last_30days".to_owned();
    assert_eq!(said(text), (key, Kind::Audience, U1.to_owned(), Value::Member(true)));
    let change = change(text);
    assert_eq!(change.name.as_deref(), Some("Order Completed Last 30days"));
    assert_eq!(change.timestamp, Some(1_769_846_400_500));
}

#[test]
fn an_audience_is_named_by_its_key_or_else_by_its_name() {
    let of = |audience: &str| {
        let text = format!(r#"{{"audience":{audience},"anonymousId":"a","member":false}}"#);
        read_text(&text).map(|read| match read {
            Read::Change(change) => (change.key, change.name, change.user.key(), change.value == Value::Member(false)),
            Read::Deleted { .. } => panic!("{text}"),
        })
    };
    let anonymous = r#"["anonymousId","a"]"#.to_owned();
    let expected =
        |key: &str, name: Option<&str>| Ok((key.to_owned(), name.map(str::to_owned), anonymous.clone(), true));
    assert_eq!(of(r#""iOS Users""#), expected("i_os_users", Some("iOS Users")));
    assert_eq!(of(r#"{"name":"iOS Users"}"#), expected("i_os_users", Some("iOS Users")));
    assert_eq!(of(r#"{"key":"j_o__Step_dje83h"}"#), expected("j_o__Step_dje83h", None));
    assert_eq!(of(r#"{"key":"k","name":"N","id":"aud_1"}"#), expected("k", Some("N")));
    assert_eq!(of(r#"{"key":"","name":"N"}"#), expected("n", Some("N")));
    assert_eq!(of(r#"{"key":"k","name":"用户"}"#), expected("k", Some("用户")));
    assert_eq!(of(r#""用户""#), Err(Malformed::NoKey));
    assert_eq!(of(r#"{"name":"用户"}"#), Err(Malformed::NoKey));
    assert_eq!(of(r#""""#), Err(Malformed::EmptyText("audience")));
    assert_eq!(of("{}"), Err(Malformed::Missing("audience.name")));
    assert_eq!(of("7"), Err(Malformed::NotText("audience")));
    assert_eq!(of("null"), Err(Malformed::NoForm));
    assert_eq!(of(r#"{"key":7}"#), Err(Malformed::NotText("audience.key")));
    assert_eq!(of(&format!(r#"{{"key":"{}"}}"#, "k".repeat(LONGEST + 1))), Err(Malformed::TooLong("audience.key")));
}

#[test]
fn a_membership_is_strictly_true_or_false() {
    for other in [r#""true""#, "1", "0", "{}", "[]"] {
        let record = format!(r#"{{"audience":"A","userId":"u1","member":{other}}}"#);
        assert_eq!(why(&record), Malformed::NotBoolean("member"), "{other}");
        let traits = format!(r#"{{"vip":{other}}}"#);
        assert_eq!(why(&identify(&traits)), Malformed::NotBoolean("traits.<key>"), "{other}");
        let property = format!(r#","vip":{other}"#);
        assert_eq!(why(&track("Audience Entered", &property)), Malformed::NotBoolean("properties.<key>"), "{other}");
    }
    assert_eq!(why(r#"{"audience":"A","userId":"u1"}"#), Malformed::Missing("member"));
    assert_eq!(why(r#"{"audience":"A","userId":"u1","member":null}"#), Malformed::Missing("member"));
    assert_eq!(why(&identify(r#"{"vip":null}"#)), Malformed::NotBoolean("traits.<key>"));
    assert_eq!(why(&identify(r#"{"VIP":true}"#)), Malformed::Missing("traits.<key>"));
}

#[test]
fn an_engage_identify_is_understood() {
    let expected = |member| ("vip".to_owned(), Kind::Audience, U1.to_owned(), Value::Member(member));
    assert_eq!(said(&identify(r#"{"email":"a@b.c","vip":true}"#)), expected(true));
    assert_eq!(said(&identify(r#"{"vip":false}"#)), expected(false));
    assert_eq!(said(&identify(r#"{"vip":true,"v\u0069p":false}"#)), expected(false));
    let step = identify(r#"{"vip":true}"#).replace(r#""audience""#, r#""journey_step""#);
    assert_eq!(said(&step), expected(true));
    let classless = identify(r#"{"vip":true}"#).replace(r#""computation_class":"audience","#, "");
    assert_eq!(said(&classless), expected(true));
    let other = identify(r#"{"vip":true}"#).replace(r#""audience""#, r#""cohort""#);
    assert_eq!(why(&other), Malformed::OtherClass);
    let keyless = r#"{"type":"identify","userId":"u1","traits":{"vip":true}}"#;
    assert_eq!(why(keyless), Malformed::Missing("context.personas.computation_key"));
    assert_eq!(
        why(&identify("{}").replace(r#""vip""#, r#""""#)),
        Malformed::Missing("context.personas.computation_key")
    );
}

#[test]
fn an_engage_track_is_understood_by_its_name_its_property_or_both() {
    let expected = |member| ("vip".to_owned(), Kind::Audience, U1.to_owned(), Value::Member(member));
    assert_eq!(said(&track("Audience Entered", "")), expected(true));
    assert_eq!(said(&track("Audience Exited", "")), expected(false));
    assert_eq!(said(&track("Audience Entered", r#","vip":true"#)), expected(true));
    assert_eq!(said(&track("Audience Exited", r#","vip":false"#)), expected(false));
    assert_eq!(said(&track("Came In", r#","vip":true"#)), expected(true));
    assert_eq!(said(&track("Came In", r#","vip":false"#)), expected(false));
    assert_eq!(why(&track("Audience Entered", r#","vip":false"#)), Malformed::Contradiction);
    assert_eq!(why(&track("Audience Exited", r#","vip":true"#)), Malformed::Contradiction);
    assert_eq!(why(&track("Came In", "")), Malformed::Missing("properties.<key>"));
    assert_eq!(why(&track("audience entered", "")), Malformed::Missing("properties.<key>"));
    let keyless = r#"{"type":"track","userId":"u1","event":"Audience Entered","properties":{}}"#;
    assert_eq!(why(keyless), Malformed::Missing("properties.audience_key"));
    let by_personas = keyless.replace("{}", r#"{"vip":true},"context":{"personas":{"computation_key":"vip"}}"#);
    assert_eq!(said(&by_personas), expected(true));
}

#[test]
fn a_computed_trait_has_any_value() {
    for value in ["true", "null", "1.50", r#""gold""#, r#"{ "a" : [1] }"#, "[]"] {
        let identify = format!(
            r#"{{"type":"identify","userId":"u1","traits":{{"ltv": {value} }},"context":{{"personas":{{"computation_class":"trait","computation_key":"ltv"}}}}}}"#
        );
        let expected = ("ltv".to_owned(), Kind::Trait, U1.to_owned(), Value::Trait(value));
        assert_eq!(said(&identify), expected);
        let track = format!(
            r#"{{"type":"track","userId":"u1","event":"Trait Computed","properties":{{"trait_key":"ltv","ltv":{value}}}}}"#
        );
        assert_eq!(said(&track), expected);
    }
    let valueless = r#"{"type":"track","userId":"u1","event":"Trait Computed","properties":{"trait_key":"ltv"}}"#;
    assert_eq!(why(valueless), Malformed::Missing("properties.<key>"));
}

#[test]
fn a_deletion_names_its_user_and_perhaps_its_time() {
    let read = |text: &str| match read_text(text) {
        Ok(Read::Deleted { user, timestamp }) => Ok((user.key(), timestamp)),
        Ok(Read::Change(_)) => panic!("{text}"),
        Err(error) => Err(error),
    };
    assert_eq!(read(r#"{"type":"delete","userId":"u1"}"#), Ok((U1.to_owned(), None)));
    let anonymous = r#"{"type":"delete","anonymousId":"a","timestamp":"1970-01-01T00:00:01Z"}"#;
    assert_eq!(read(anonymous), Ok((r#"["anonymousId","a"]"#.to_owned(), Some(1000))));
    assert_eq!(read(r#"{"type":"delete"}"#), Err(Malformed::NoUser));
}

#[test]
fn a_user_has_an_id_and_the_named_one_wins() {
    let of = |ids: &str| {
        let text = format!(r#"{{"audience":"A","member":true{ids}}}"#);
        match read_text(&text) {
            Ok(Read::Change(change)) => Ok(change.user.key()),
            Ok(Read::Deleted { .. }) => panic!("{text}"),
            Err(error) => Err(error),
        }
    };
    assert_eq!(of(r#","anonymousId":"a","userId":"u1""#).as_deref(), Ok(U1));
    assert_eq!(of(r#","anonymousId":"a","userId":"""#).as_deref(), Ok(r#"["anonymousId","a"]"#));
    assert_eq!(of(r#","anonymousId":"a","userId":null"#).as_deref(), Ok(r#"["anonymousId","a"]"#));
    assert_eq!(of(r#","userId":"\ud800""#).as_deref(), Ok("[\"userId\",\"\u{fffd}\"]"));
    assert_eq!(of(""), Err(Malformed::NoUser));
    assert_eq!(of(r#","userId":"""#), Err(Malformed::NoUser));
    assert_eq!(of(r#","userId":17"#), Err(Malformed::NotText("userId")));
    let long = format!(r#","userId":"{}""#, "u".repeat(LONGEST + 1));
    assert_eq!(of(&long), Err(Malformed::TooLong("userId")));
}

#[test]
fn a_time_that_cannot_be_read_is_none() {
    for (time, millis) in [
        (r#""2026-01-31T09:00:00.123456789+01:00""#, Some(1_769_846_400_123)),
        (r#""1969-12-31T23:59:59Z""#, Some(-1000)),
        (r#""yesterday""#, None),
        (r#""2026-01-31""#, None),
        ("1769846400123", None),
        ("null", None),
    ] {
        let text = format!(r#"{{"audience":"A","userId":"u","member":true,"timestamp":{time}}}"#);
        assert_eq!(change(&text).timestamp, millis, "{time}");
    }
}

#[test]
fn anything_else_is_malformed() {
    let deep = format!(r#"{{"a":{}{}}}"#, "[".repeat(1000), "]".repeat(1000));
    for (text, expected) in [
        ("", Malformed::Empty),
        ("nonsense", Malformed::NotJson(NotJson::Syntax { at: 1 })),
        ("[]", Malformed::NotAnObject),
        ("null", Malformed::NotAnObject),
        ("{}", Malformed::NoForm),
        (r#"{"type":null}"#, Malformed::NoForm),
        (r#"{"type":1}"#, Malformed::NotText("type")),
        (r#"{"type":"group","audience":"A","userId":"u","member":true}"#, Malformed::OtherCall),
        (r#"{"type":""}"#, Malformed::OtherCall),
        (r#"{"type":"identify"}"#, Malformed::Missing("context.personas.computation_key")),
        (r#"{"type":"track","properties":[]}"#, Malformed::NotObject("properties")),
        (r#"{"audience":"A","userId":"u","member":true,"traits":7}"#, Malformed::NotObject("traits")),
        (&deep, Malformed::TooDeep),
    ] {
        assert_eq!(why(text), expected, "{text}");
    }
    assert!(matches!(read(b"{\"a\":\"\xff\"}"), Err(Malformed::NotJson(NotJson::NotUtf8 { at: 6 }))));
}

#[test]
fn the_records_the_readme_shows_are_understood() {
    let readme = include_str!("../../../README.md");
    let (_, section) = readme.split_once("\n## Audiences\n").unwrap();
    let (_, after) = section.split_once("```json\n").unwrap();
    let (shown, _) = after.split_once("```").unwrap();
    let kinds = shown.lines().map(|line| match read_text(line) {
        Ok(Read::Change(change)) => Some(change.kind),
        Ok(Read::Deleted { .. }) => None,
        Err(error) => panic!("{line}: {error}"),
    });
    let [audience, computed] = [Kind::Audience, Kind::Trait].map(Some);
    assert_eq!(kinds.collect::<Vec<_>>(), [audience, audience, audience, computed, None]);
}

/// Texts that are near to a record of some form.
fn near() -> impl Strategy<Value = String> {
    let base = prop::sample::select(vec![
        r#"{"audience":{"name":"A b","id":"aud_1"},"userId":"u1","member":true,"traits":{"a":1}}"#.to_owned(),
        identify(r#"{"vip":true,"email":"x"}"#),
        track("Audience Entered", r#","vip":true,"x":[1]"#),
        r#"{"type":"delete","anonymousId":"a"}"#.to_owned(),
    ]);
    let noise = "[{}\\[\\],:\"\\\\u0dtf8rn1e.+\\- a]{0,6}";
    (base, noise, any::<prop::sample::Index>(), any::<prop::sample::Index>()).prop_map(|(base, noise, from, to)| {
        let (from, to) = (from.index(base.len()), to.index(base.len()));
        let (from, to) = (from.min(to), from.max(to).min(from.min(to) + 4));
        format!("{}{noise}{}", &base[..from], &base[to..])
    })
}

proptest! {
    // Failing seeds are not kept in files; a failure becomes a test of its own.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_understood_becomes_an_event_that_says_the_same(text in near()) {
        let Ok(Read::Change(change)) = read_text(&text) else { return Ok(()) };
        let source = Source { topic: "audiences".into(), partition: 0, offset: 1, millis: 5 };
        let identify = change.identify(&source);
        let event = Event::parse(identify.as_bytes()).expect("a call is an event");
        prop_assert!(event.message_id.is_some_and(|id| !id.is_empty()));
        for call in [identify.clone(), crate::audience::call::as_track(&identify, &change.key, change.kind)] {
            let Ok(Read::Change(again)) = read_text(&call) else { panic!("{call}") };
            prop_assert_eq!((&again.key, again.kind, &again.user), (&change.key, change.kind, &change.user));
            prop_assert_eq!(again.value, change.value);
        }
    }

    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
        prop_assert!(read(&bytes).is_err());
    }
}

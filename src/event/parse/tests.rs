//! What counts as an event, and that whatever counts can be printed.

use proptest::prelude::*;

use super::*;
use crate::event::json::{BigIntegers, javascript_text};

const SAMPLES: &str = include_str!("../../../tests/fixtures/samples.jsonl");

fn parse(text: &str) -> Result<Event<'_>, Malformed> {
    Event::parse(text.as_bytes())
}

#[test]
fn the_documented_samples_are_the_seven_calls() {
    let calls: Vec<&str> = SAMPLES.lines().map(|line| parse(line).unwrap().call.name()).collect();
    let documented = ["page", "screen", "identify", "track", "alias", "group", "delete"];
    assert_eq!(calls, documented);
}

#[test]
fn every_call_is_found_by_its_name_and_no_other_spelling() {
    for name in ["page", "screen", "identify", "track", "alias", "group", "delete"] {
        assert_eq!(Call::from_type(name).name(), name);
        assert_eq!(Call::from_type(&name.to_uppercase()), Call::Other);
    }
    assert_eq!(parse(r#"{"type":"track "}"#).unwrap().call, Call::Other);
    assert_eq!(parse(r#"{"type":"\ud800"}"#).unwrap().call, Call::Other);
    assert_eq!(parse(r#"{"type":"tr\u0061ck"}"#).unwrap().call, Call::Track);
}

#[test]
fn what_is_no_event_says_why() {
    let deep = |levels: usize| {
        let (open, close) = ("[".repeat(levels - 1), "]".repeat(levels - 1));
        format!(r#"{{"type":"track","a":{open}{close}}}"#)
    };
    assert!(parse(&deep(1000)).is_ok());
    assert_eq!(parse(&deep(1001)).unwrap_err(), Malformed::TooDeep);
    for (text, why) in [
        ("", Malformed::Empty),
        ("null", Malformed::NotAnObject),
        ("[]", Malformed::NotAnObject),
        (r#"[{"type":"track"}]"#, Malformed::NotAnObject),
        (r#""track""#, Malformed::NotAnObject),
        ("{}", Malformed::TypeMissing),
        (r#"{"a":{"type":"track"}}"#, Malformed::TypeMissing),
        (r#"{"Type":"track"}"#, Malformed::TypeMissing),
        (r#"{"type":null}"#, Malformed::TypeNotText),
        (r#"{"type":1}"#, Malformed::TypeNotText),
        (r#"{"type":["track"]}"#, Malformed::TypeNotText),
        (r#"{"type":""}"#, Malformed::TypeEmpty),
        (" ", Malformed::NotJson(NotJson::Syntax { at: 1 })),
        (r#"{"type":"track""#, Malformed::NotJson(NotJson::Syntax { at: 15 })),
        (r#"{"type":"track"}}"#, Malformed::NotJson(NotJson::Syntax { at: 16 })),
    ] {
        assert_eq!(parse(text).unwrap_err(), why, "{text}");
    }
}

#[test]
fn of_equal_keys_the_last_counts() {
    assert_eq!(parse(r#"{"type":"","type":"page"}"#).unwrap().call, Call::Page);
    assert_eq!(parse(r#"{"type":"page","t\u0079pe":"group"}"#).unwrap().call, Call::Group);
    assert_eq!(parse(r#"{"type":"page","type":7}"#).unwrap_err(), Malformed::TypeNotText);
    let event = parse(r#"{"type":"page","messageId":"a","messageId":1}"#).unwrap();
    assert_eq!(event.message_id, None);
}

#[test]
fn a_message_id_is_read_if_it_is_a_text() {
    let of = |value: &str| {
        let text = format!(r#"{{"messageId":{value},"type":"track"}}"#);
        parse(&text).unwrap().message_id.map(|id| id.into_owned())
    };
    assert_eq!(of(r#""ajs-1""#).as_deref(), Some("ajs-1"));
    assert_eq!(of(r#""\u00e9\n""#).as_deref(), Some("é\n"));
    assert_eq!(of(r#""\ud800!""#).as_deref(), Some("\u{fffd}!"));
    assert_eq!(of(r#""""#).as_deref(), Some(""));
    for other in ["null", "12", "true", "{}", r#"["a"]"#] {
        assert_eq!(of(other), None, "{other}");
    }
}

#[test]
fn a_plain_message_id_is_borrowed() {
    let event = parse(r#"{"messageId":"ajs-1","type":"track"}"#).unwrap();
    assert!(matches!(event.message_id, Some(Cow::Borrowed("ajs-1"))));
}

#[test]
fn the_integrations_object_is_given_as_written() {
    let of = |value: &str| {
        let text = format!(r#"{{"type":"track","integrations":{value} , "x":{{"integrations":1}}}}"#);
        parse(&text).unwrap().integrations.map(str::to_owned)
    };
    assert_eq!(of(r#"{ "All" : [{}] }"#).as_deref(), Some(r#"{ "All" : [{}] }"#));
    for other in ["null", "[]", "false", r#""All""#] {
        assert_eq!(of(other), None, "{other}");
    }
}

proptest! {
    // Failing seeds are not kept in files; a failure becomes a test of its own.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_parses_can_be_printed(
        noise in "[{}\\[\\],:\"\\\\u0dtf8rn1e.+\\- a]{0,12}", at in any::<prop::sample::Index>(),
    ) {
        let base = r#"{"type":"track","a":[1.50,{"2":null,"1":"\ud83d\ude00"}]}"#;
        let mut text = base.to_owned();
        text.insert_str(at.index(base.len() + 1), &noise);
        let json = javascript_text(text.as_bytes(), BigIntegers::Exact);
        match parse(&text) {
            Ok(_) => prop_assert!(json.is_ok()),
            Err(Malformed::NotJson(why)) => prop_assert_eq!(json, Err(why)),
            Err(_) => prop_assert!(json.is_ok()),
        }
    }

    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
        if Event::parse(&bytes).is_ok() {
            prop_assert!(javascript_text(&bytes, BigIntegers::Exact).is_ok());
        }
    }
}

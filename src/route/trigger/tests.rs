//! The language as a whole: every case of the fixtures, and what the fixtures leave open.

use super::*;

const FIXTURES: &str = include_str!("../../../tests/fixtures/trigger.jsonl");

#[derive(serde::Deserialize)]
struct Case {
    id: String,
    subscribe: String,
    event: serde_json::Value,
    #[serde(default)]
    r#match: bool,
    #[serde(default)]
    quirk: bool,
    quirk_kind: Option<String>,
    #[serde(default)]
    error: bool,
}

fn cases() -> Vec<Case> {
    FIXTURES.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn decide(trigger: &str, event: &str) -> bool {
    let mut fields = Fields::default();
    let bound = fields.bind(&Trigger::parse(trigger).unwrap());
    let facts = fields.read(event.as_bytes()).unwrap();
    assert_eq!(bound.why_not(&facts).is_none(), bound.matches(&facts), "{trigger}");
    bound.matches(&facts)
}

fn refused(trigger: &str) -> TriggerError {
    Trigger::parse(trigger).expect_err(trigger)
}

fn why_not(trigger: &str, event: &str) -> Option<String> {
    let mut fields = Fields::default();
    let bound = fields.bind(&Trigger::parse(trigger).unwrap());
    bound.why_not(&fields.read(event.as_bytes()).unwrap()).map(|why_not| why_not.to_string())
}

#[test]
fn every_plain_fixture_matches_as_in_segment() {
    // All triggers share their fields, as those of a configuration do.
    let mut fields = Fields::default();
    let mut failed = Vec::new();
    let mut plain = Vec::new();
    for case in cases().into_iter().filter(|case| !case.quirk && !case.error) {
        match Trigger::parse(&case.subscribe) {
            Ok(trigger) => plain.push((fields.bind(&trigger), case)),
            Err(error) => failed.push(format!("{}: `{}`: {error}", case.id, case.subscribe)),
        }
    }
    for (bound, case) in &plain {
        let event = case.event.to_string();
        let facts = fields.read(event.as_bytes()).unwrap();
        if bound.matches(&facts) != case.r#match {
            failed.push(format!("{}: `{}` should be {}", case.id, case.subscribe, case.r#match));
        }
        assert_eq!(bound.why_not(&facts).is_none(), bound.matches(&facts), "{}", case.id);
    }
    assert!(failed.is_empty(), "{} failed:\n{}", failed.len(), failed.join("\n"));
    assert_eq!(plain.len(), 287);
}

/// What the problem says for each kind of quirk; what has several causes may be said in several ways.
const WORDS: [(&str, &[&str]); 23] = [
    ("mixed-connectives", &["mixed on one level"]),
    ("negated-group", &["`!` before parentheses"]),
    ("negated-field", &["`!` before the field"]),
    ("function-in-parentheses", &["inside parentheses"]),
    ("nested-parentheses", &["parentheses inside parentheses"]),
    ("connective-against-parenthesis", &["against a parenthesis"]),
    ("connective-spelling", &["in lower case only"]),
    ("single-quotes", &["single quotes"]),
    ("backslash-in-string", &["a backslash in a text"]),
    ("no-space-after-text", &["right behind the closing quote"]),
    ("spacing", &["no white space"]),
    ("number-on-text-field", &["is a text"]),
    ("boolean-on-text-field", &["is a text"]),
    ("null-on-text-field", &["with the text \"null\""]),
    ("boolean-not-equals", &["`!=` with a boolean"]),
    ("text-in-order-comparison", &["compares numbers, not texts"]),
    ("order-comparison-with-null", &["compares numbers, and null is none"]),
    ("number-format", &["is no number"]),
    ("glob", &["is no pattern"]),
    ("function-on-type", &["does not work with the field type"]),
    ("unknown-field", &["triggers cannot see"]),
    ("escaped-path-character", &["divides the name"]),
    ("js-member", &["every JavaScript object has"]),
];

#[test]
fn every_other_fixture_is_refused_in_words_of_its_kind() {
    let mut failed = Vec::new();
    let mut count = 0;
    for case in cases().into_iter().filter(|case| case.quirk || case.error) {
        count += 1;
        let Err(error) = Trigger::parse(&case.subscribe) else {
            failed.push(format!("{}: `{}` was accepted", case.id, case.subscribe));
            continue;
        };
        let kind = case.quirk_kind.as_deref().unwrap_or_default();
        let expected = WORDS.iter().find(|(known, _)| *known == kind).map_or(&[][..], |(_, words)| words);
        let says_so = expected.is_empty() || expected.iter().any(|words| error.problem.contains(words));
        if !says_so || error.hint.is_empty() || error.at > case.subscribe.len() {
            failed.push(format!("{} ({kind}): `{}`: {error}", case.id, case.subscribe));
        }
    }
    assert!(failed.is_empty(), "{} failed:\n{}", failed.len(), failed.join("\n"));
    assert_eq!(count, 145);
}

#[test]
fn an_error_names_the_place_and_what_to_write() {
    for (trigger, at, hint) in [
        ("type = \"track\" AND event = \"E\"", 15, "write and"),
        ("type = \"track\" and event = 'E'", 27, "write it in double quotes"),
        ("properties.größe = \"L\"", 13, "put a backslash before it: \\ö"),
        ("properties.or = 1", 11, "put a backslash before it: \\or"),
        ("properties.1st = 1", 11, "put a backslash before it: \\1st"),
        ("userId = 5", 9, "write the text: userId = \"5\""),
        ("user_id = null", 0, "write userId"),
        ("event.properties.x = 1", 0, "leave `event.` out: properties.x"),
        ("properties.n > \"5\"", 15, "write the number without quotes: properties.n > 5"),
        ("properties.n = 5e3", 15, "write 5000"),
        ("properties.n = .5", 15, "write 0.5"),
        ("properties.b = TRUE", 15, "write true in lower case"),
        ("event = Pro", 8, "put it in double quotes: \"Pro\""),
        ("match(event, \"*der*\")", 13, "write contains(event, \"der\")"),
        ("type == \"track\"", 5, "write a single ="),
        ("properties.a=1 or properties.n=5", 31, "put white space behind it: = "),
    ] {
        let error = refused(trigger);
        assert_eq!((error.at, error.hint.as_str()), (at, hint), "{trigger}: {error}");
    }
}

#[test]
fn what_escapes_name_can_be_looked_at() {
    let event = r#"{"properties":{"größe":"L","or":1,"1st":2,"$x":3,"a b":{"c\"d":4}}}"#;
    for trigger in [
        r#"properties.gr\ö\ße = "L""#,
        r"properties.\or = 1",
        r"properties.\1st = 2",
        r"properties.\$x = 3",
        r#"properties.a\ b.c\"d = 4"#,
        "properties.or=+1 and properties.or= 1.0",
    ] {
        assert!(decide(trigger, event), "{trigger}");
    }
}

#[test]
fn of_equal_keys_the_last_counts_with_all_it_has() {
    let event = r#"{"properties":{"a":1,"b":1},"properties":{"a":2,"a":3}}"#;
    assert!(decide("properties.a = 3 and properties.b = null", event));
    let no_object = r#"{"properties":{"a":{"b":1}},"properties":0,"properties":{"a":null}}"#;
    assert!(decide("properties.a.b = null", no_object));
    let within = r#"{"properties":{"a":{"b":1},"a":{"c":1}}}"#;
    assert!(decide("properties.a.b = null and properties.a.c = 1", within));
}

#[test]
fn what_is_falsy_stays_itself_below() {
    let event = r#"{"properties":{"zero":0,"no":false,"empty":"","nil":null,"yes":true,"one":1},"traits":false}"#;
    assert!(decide("properties.zero.x.y = 0 and properties.no.x = false and properties.empty.x = \"\"", event));
    assert!(decide("properties.nil.x = null and properties.yes.x = null and properties.one.x = null", event));
    assert!(decide("traits.x = false and context.x = null", event));
}

#[test]
fn texts_and_lists_have_a_length_and_elements() {
    let event = r#"{"properties":{"text":"a😀b","list":[{"id":7},["x"],{"id":9}],"object":{"length":"L","0":1}}}"#;
    assert!(decide("properties.text.length = 4 and properties.list.length = 3", event));
    assert!(decide(r#"properties.list.\0.id = 7 and properties.list.\2.id = 9"#, event));
    assert!(decide(r#"properties.list.\1.\0 = "x" and properties.list.\3 = null"#, event));
    assert!(decide(r#"properties.list.id = null and properties.list.\01.id = null"#, event));
    assert!(decide(r#"properties.text.\0 = "a" and properties.text.\4 = null"#, event));
    assert!(decide(r#"properties.object.length = "L" and properties.object.\0 = 1"#, event));
}

#[test]
fn what_comes_after_something_nobody_looks_at_is_found() {
    let event = r#"{"a":{"properties":{"x":1}},"b":[[{"properties":{"x":2}}]],"properties":{"y":[{"x":4}],"x":3}}"#;
    assert!(decide("properties.x = 3", event));
    assert!(decide("properties.y != null", event));
}

#[test]
fn what_is_no_object_has_no_fields() {
    for event in ["[1]", "1", "null", "\"type\""] {
        assert!(decide("type != \"track\"", event), "{event}");
        assert!(!decide("userId != null", event), "{event}");
    }
}

#[test]
fn why_not_shows_the_first_condition_that_fails_and_what_is_there() {
    let event = r#"{"type":"track","event":"A \"B\"","properties":{"n":1.50,"list":[1,2],"deep":{}}}"#;
    for (trigger, why) in [
        ("type = \"track\" and event != \"X\"", None),
        (
            "type = \"track\" and event = \"X\"",
            Some("`event = \"X\"` does not hold; the event has \"A \\\"B\\\"\" there"),
        ),
        ("properties.n > 2", Some("`properties.n > 2` does not hold; the event has 1.5 there")),
        ("userId != null", Some("`userId != null` does not hold; the event has nothing there")),
        ("properties.list = 1", Some("`properties.list = 1` does not hold; the event has a list of 2 there")),
        (
            "!contains(properties.deep, \"x\")",
            Some("`!contains(properties.deep, \"x\")` does not hold; the event has an object there"),
        ),
        (
            "type = \"track\" and (type = \"page\" or properties.n = 2)",
            Some(
                "nothing of `(type = \"page\" or properties.n = 2)` holds; where `type = \"page\"` looks the event has \"track\"",
            ),
        ),
        (
            "type = \"page\" or (type = \"track\" and properties.n = 2)",
            Some(
                "nothing of `type = \"page\" or (type = \"track\" and properties.n = 2)` holds; where `type = \"page\"` looks the event has \"track\"",
            ),
        ),
    ] {
        assert_eq!(why_not(trigger, event).as_deref(), why, "{trigger}");
    }
}

#[test]
fn a_long_text_is_shown_in_part() {
    let event = format!(r#"{{"type":"{}"}}"#, "é".repeat(1000));
    let why = why_not("type = \"track\"", &event).unwrap();
    assert!(why.ends_with("é\"… there") && why.chars().count() < 160, "{why}");
}

#[test]
fn fields_that_were_added_later_are_nothing_to_earlier_facts() {
    let mut fields = Fields::default();
    let facts = fields.read(br#"{"type":"track"}"#).unwrap();
    let bound = fields.bind(&Trigger::parse("type = \"track\"").unwrap());
    assert!(!bound.matches(&facts));
}

#[test]
fn any_text_is_read_or_refused_within_itself() {
    let pieces = [
        "type",
        "properties.n",
        "=",
        "!=",
        "<",
        "<=",
        " ",
        "\"a\"",
        "\"",
        "'",
        "\\",
        "(",
        ")",
        "!",
        "and",
        "or",
        "null",
        "5",
        ".",
        ",",
        "contains(",
        "match(event, \"a*\")",
        "é",
        "😀",
        "[",
        "-",
        "true",
    ];
    let mut state = 1_u64;
    let mut read = 0;
    for _ in 0..20_000 {
        let mut text = String::new();
        for _ in 0..=state % 8 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            text += pieces[(state >> 33) as usize % pieces.len()];
            text += if state >> 20 & 1 == 0 { " " } else { "" };
        }
        match Trigger::parse(&text) {
            Ok(_) => read += 1,
            Err(error) => assert!(text.is_char_boundary(error.at), "{text}: {error}"),
        }
    }
    assert!(read > 0);
}

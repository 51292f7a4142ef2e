//! Filters against Segment's published matcher and transformers, and what is ours alone: order, failures, refusals.

use super::*;
use crate::event::json::BigIntegers;

const FIXTURES: &str = include_str!("../../../tests/fixtures/filter.jsonl");

fn tree(text: &str) -> Tree {
    Tree::read(text.as_bytes(), BigIntegers::Exact).unwrap()
}

fn holds(condition: &str, event: &str) -> Result<bool, Failure> {
    Condition::parse(condition).unwrap().holds(&tree(event))
}

fn refused(condition: &str) -> NotFql {
    Condition::parse(condition).expect_err(condition)
}

fn filter(condition: &str, actions: &str) -> Filter {
    let Tree::List(actions) = tree(actions) else { panic!("actions are a list") };
    let actions = actions.iter().map(action).collect();
    Filter { title: None, enabled: true, condition: Condition::parse(condition).unwrap(), actions }
}

fn action(action: &Tree) -> Action {
    let text = |key: &str| match action.member(key) {
        Some(Tree::Text(text)) => Some(text.as_str()),
        _ => None,
    };
    match text("type") {
        Some("drop") => Action::Drop,
        Some("sample") => {
            let Some(Tree::Number(percent)) = action.member("percent") else { panic!("a sample has a percent") };
            Action::Sample(Sample::new(percent.value(), text("path")).unwrap())
        }
        Some("drop_properties") => Action::DropProperties(fields(action)),
        Some("allow_properties") => Action::AllowProperties(fields(action)),
        other => panic!("no such action: {other:?}"),
    }
}

fn fields(action: &Tree) -> Fields {
    let Some(Tree::Object(paths)) = action.member("fields") else { panic!("fields are an object") };
    let mut fields = Fields::new();
    for (path, names) in paths.iter() {
        let Tree::List(names) = names else { panic!("names are a list") };
        let name = |name: &Tree| match name {
            Tree::Text(name) => name.as_str().into(),
            _ => panic!("a name is a text"),
        };
        fields.add(path, names.iter().map(name).collect::<Vec<Box<str>>>()).unwrap();
    }
    fields
}

fn filters(all: &[(&str, &str)]) -> Filters {
    Filters::new(all.iter().map(|(condition, actions)| filter(condition, actions)).collect()).unwrap()
}

/// What a case of the fixtures expects, and what it gets.
fn outcome(case: &Tree) -> (String, String) {
    let text = |key: &str| match case.member(key) {
        Some(Tree::Text(text)) => text.clone(),
        _ => String::new(),
    };
    let mut event = case.member("event").cloned().unwrap_or_default();
    if text("kind") == "condition" {
        let expected = case.member("result").map_or_else(|| "refused".to_owned(), Tree::text);
        let found = match Condition::parse(&text("if")) {
            Err(_) => "refused".to_owned(),
            Ok(condition) => {
                condition.holds(&event).map_or_else(|failure| failure.to_string(), |holds| holds.to_string())
            }
        };
        return (expected, found);
    }
    let condition = if text("kind") == "rule" { text("if") } else { "all".to_owned() };
    let filters = filters(&[(&condition, &case.member("actions").unwrap().text())]);
    let before = event.text();
    let found = match filters.apply(&mut event) {
        Verdict::Dropped { .. } => "dropped".to_owned(),
        Verdict::Kept { changed } if changed != (event.text() != before) => {
            format!("changed: {changed}, which is wrong")
        }
        Verdict::Kept { .. } => event.text(),
    };
    let expected = if case.member("dropped").is_some() { "dropped".to_owned() } else { text("output") };
    (expected, found)
}

#[test]
fn every_fixture_comes_out_as_in_segment() {
    let mut wrong = Vec::new();
    for line in FIXTURES.lines() {
        let case = tree(line);
        let (expected, found) = outcome(&case);
        if expected != found {
            let shown = |key: &str| case.member(key).map(Tree::text).unwrap_or_default();
            let (id, condition, actions) = (shown("id"), shown("if"), shown("actions"));
            wrong.push(format!("{id} {condition} {actions}\n  expected {expected}\n  found    {found}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {} differ\n{}", wrong.len(), FIXTURES.lines().count(), wrong.join("\n"));
    assert_eq!(FIXTURES.lines().count(), 273);
}

#[test]
fn every_refusal_says_where_what_and_what_instead() {
    let mut wrong = Vec::new();
    for (condition, at, hint) in [
        ("", 0, "`all`"),
        ("a = 1 and b = 2 or c = 3", 16, "(a and b) or c"),
        ("a = 1 or (b = 2) and c", 17, "(a and b) or c"),
        ("a = 1 AND b = 2", 6, "lower case"),
        ("a = 1 && b = 2", 6, "`and`"),
        ("a = 1 || b = 2", 6, "`or`"),
        ("a == 1", 2, "one `="),
        ("a <> 1", 2, "`!=`"),
        ("a !=1", 2, "white space"),
        ("a <=1", 2, "white space"),
        ("a<1", 1, "white space"),
        ("a in['x']", 4, "white space"),
        ("a = 1 and(b)", 9, "white space"),
        ("a = 'x'and b", 7, "white space"),
        ("a = 'it's'", 8, "other kind"),
        ("a = \"x", 4, "close it with \""),
        ("a = “x”", 4, "plain quotes"),
        ("a = 5.", 4, "4.99"),
        ("a = 1e3", 4, "4.99"),
        ("a = --1", 4, "4.99"),
        ("a = 2fa", 4, "in quotes"),
        ("traits.2fa", 7, "\\2"),
        ("a. b", 2, "directly behind the dot"),
        ("a.product 1 = 2", 10, "backslash"),
        ("a.größe", 4, "backslash"),
        ("a\\", 2, "behind it"),
        ("$.event = 'x'", 0, "backslash"),
        (".event", 0, "without a dot"),
        ("! a", 0, "directly before"),
        ("!!a", 0, "directly before"),
        ("!a = 1", 0, "!(a = b)"),
        ("!a in ['x']", 0, "!(a = b)"),
        ("(a = 1) = true", 8, "stands alone"),
        ("a = (b)", 4, "no value"),
        ("a = b = c", 6, "two values at a time"),
        ("a =", 3, "write a field"),
        ("= 1", 0, "both sides"),
        ("and a", 0, "between two conditions"),
        ("a and", 5, "write a field"),
        ("(a", 0, "close it with )"),
        ("a)", 1, "remove it"),
        ("()", 1, "write a field"),
        ("a b", 2, "join conditions"),
        ("not a", 4, "write !"),
        ("not(a)", 0, "write !"),
        ("startswith(a, 'x')", 0, "match(event"),
        ("a.length(b)", 0, "the functions are"),
        ("length()", 0, "length(value)"),
        ("length(a, b)", 0, "length(value)"),
        ("contains(a)", 0, "contains(value"),
        ("contains(a, 'b', 'c')", 0, "contains(value"),
        ("contains(a, 'b'", 0, "contains(value"),
        ("contains(!a, 'b')", 9, "no value"),
        ("a in 'x'", 5, "write a list"),
        ("a in ('x')", 5, "no value"),
        ("a in ['x'", 5, "close it with ]"),
        ("a in ['x' 'y']", 10, "comma"),
        ("a in ['x',]", 10, "lists hold"),
        ("a in [b]", 6, "lists hold"),
        ("a in [['x']]", 6, "lists hold"),
        ("['x'] in a", 6, "before it"),
    ] {
        let error = refused(condition);
        if error.at != at || !error.hint.contains(hint) || error.problem.is_empty() {
            wrong.push(format!("{condition}: {error:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_condition_is_bounded_in_length_and_depth() {
    let of_length = |length: usize| format!("a = '{}'", "é".repeat(length));
    assert!(Condition::parse(&of_length(2_500)).is_ok());
    assert!(refused(&of_length(2_600)).problem.contains("too many"));
    let nested = |depth: usize| format!("{}a{}", "(".repeat(depth), ")".repeat(depth));
    assert!(Condition::parse(&nested(50)).is_ok());
    assert!(refused(&nested(51)).problem.contains("nested deeper"));
    assert!(refused(&"!(".repeat(2_000)).problem.contains("nested deeper"));
    assert!(refused(&"length(".repeat(700)).problem.contains("nested deeper"));
}

#[test]
fn a_condition_reads_what_people_write() {
    let event = r#"{"type":"track","properties":{"in":1,"2fa":"on","a.b":2,"or":{"and":true},"list":[[1],"x"],"o":{"a":1,"b":2}}}"#;
    for condition in [
        "type='track'",
        "properties.in in [1]",
        "properties.in=01.0",
        "properties.\\2fa = 'on'",
        "properties.a\\.b = 2",
        "properties.or.and",
        "'x' in properties.list",
        "properties.o = properties.o",
        "\r\n type = 'track'\r\n",
        "'a\\' != 'a'",
        "!(type = 'page') and !contains(type, 'x')",
        "typeof(properties.o) = 'object' and typeof(type) = 'string' and typeof(1 ) = 'number'",
        "'x' in absent or true",
        "titlecase('ab cD') = 'Ab CD' and kebabcase(' ') = '-'",
        "string(true) = 'true' and string([1, 'a']) = '[1,\"a\"]' and string(absent) = null",
        "number('-1.5e3') = number('-1500') and number(absent) = null and length(number) = 0",
        "bool('true') and bool(2) and !bool('false') and !bool(absent) and !bool([])",
    ] {
        assert_eq!(holds(condition, event), Ok(true), "{condition}");
    }
    for condition in ["type", "'x'", "length(type)", "'x' in absent", "!properties.or.and"] {
        assert_eq!(holds(condition, event), Ok(false), "{condition}");
    }
}

#[test]
fn integers_beyond_doubles_are_told_apart() {
    let event = r#"{"id":9007199254740993,"below":-9007199254740993}"#;
    for (condition, expected) in [
        ("id = 9007199254740993", true),
        ("id = 9007199254740992", false),
        ("id > 9007199254740992", true),
        ("below < -9007199254740992", true),
        ("id in [9007199254740992, 9007199254740994]", false),
    ] {
        assert_eq!(holds(condition, event), Ok(expected), "{condition}");
    }
}

#[test]
fn a_filter_that_fails_drops_the_event_and_says_which() {
    let mut all = vec![filter("type = 'page'", "[]"), filter("'vip' in properties.tags", "[]")];
    all[1].title = Some("No VIPs".into());
    let filters = Filters::new(all).unwrap();
    let apply = |event: &str| filters.apply(&mut tree(event));
    let Verdict::Dropped { by: 1, why } = apply(r#"{"properties":{"tags":"vip"}}"#) else { panic!("it was kept") };
    assert_eq!(why.to_string(), "its condition fails: `in` needs a list behind it, and there is a string");
    assert_eq!(filters.name(1).to_string(), "filter 2 (`No VIPs`)");
    assert_eq!(filters.name(0).to_string(), "filter 1");
    assert_eq!(apply(r#"{"properties":{"tags":null}}"#), Verdict::Kept { changed: false });

    for condition in ["number(a) = 1", "bool(a)", "1 in a", "string(o) = ''", "number(o) = 1"] {
        let failed = holds(condition, r#"{"a":"abc","o":{}}"#);
        assert!(failed.is_err(), "{condition}");
    }
    // What is not asked does not fail.
    assert_eq!(holds("true or bool(a)", r#"{"a":"abc"}"#), Ok(true));
}

#[test]
fn an_answer_that_takes_too_long_is_a_failure() {
    let text = "a".repeat(1 << 20);
    let event = format!(r#"{{"pattern":"*{}b","text":"{text}"}}"#, &text[..1000]);
    assert_eq!(holds("match(text, pattern)", &event), Err(Failure::TooLong));
    let many = vec!["lowercase(text) = 'b'"; 40].join(" or ");
    assert_eq!(holds(&many, &event), Err(Failure::TooLong));
    assert_eq!(holds("contains(text, 'b')", &event), Ok(false));
}

#[test]
fn over_all_filters_samples_come_before_drops_and_what_is_dropped_before_what_is_allowed() {
    let drops = [("all", r#"[{"type":"drop"}]"#), ("all", r#"[{"type":"sample","percent":0}]"#)];
    let verdict = filters(&drops).apply(&mut tree("{}"));
    assert_eq!(verdict, Verdict::Dropped { by: 1, why: Why::NotInSample });

    let changes = [
        ("a = 1", r#"[{"type":"allow_properties","fields":{"":["a","b","c"]}}]"#),
        ("a = 1", r#"[{"type":"drop_properties","fields":{"":["a","d"]}}]"#),
        // Conditions are asked of the event as it came.
        ("a = 1 and d = 4", r#"[{"type":"drop_properties","fields":{"":["b"]}}]"#),
        ("a = 2", r#"[{"type":"drop"}]"#),
    ];
    let mut event = tree(r#"{"a":1,"b":2,"c":3,"d":4,"e":5}"#);
    assert_eq!(filters(&changes).apply(&mut event), Verdict::Kept { changed: true });
    assert_eq!(event.text(), r#"{"c":3}"#);
}

#[test]
fn what_is_not_enabled_does_nothing_and_more_than_ten_are_refused() {
    let mut off = filter("all", r#"[{"type":"drop"}]"#);
    off.enabled = false;
    let filters = Filters::new(vec![off.clone(); 10]).unwrap();
    assert!(filters.is_empty());
    assert_eq!(filters.apply(&mut tree("{}")), Verdict::Kept { changed: false });
    assert!(Filters::new(vec![off; 11]).is_err_and(|refused| refused.problem.starts_with("11 filters")));
}

#[test]
fn a_sample_without_a_path_is_decided_by_the_event_and_keeps_its_share() {
    let sample = Sample::new(0.25, None).unwrap();
    let event = |n: i32| tree(&format!(r#"{{"messageId":"m-{n}"}}"#));
    let kept = (0..4_000).filter(|n| sample.has(&event(*n))).count();
    assert!((900..1_100).contains(&kept), "{kept}");
    assert!((0..100).all(|n| sample.has(&event(n)) == sample.has(&event(n))));
    assert!((0..100).all(|n| Sample::new(1.0, None).unwrap().has(&event(n))));
    assert!(!(0..100).any(|n| Sample::new(0.0, Some("")).unwrap().has(&event(n))));
}

#[test]
fn what_cannot_be_meant_is_refused() {
    for percent in [5.0, 50.0, f64::NAN, f64::INFINITY] {
        assert!(Sample::new(percent, None).is_err(), "{percent}");
    }
    assert!(Sample::new(0.5, Some("a..b")).is_err());
    assert!(Fields::new().add(".a", ["x"]).is_err());
    assert!(Fields::new().add("", ["a.b"]).is_ok());
}

proptest::proptest! {
    #[test]
    fn whatever_is_read_has_an_answer_or_a_failure_and_the_rest_a_place_in_the_text(
        text in "[a-c .,()\\[\\]'\"!=<>\\\\0-9é-]{0,40}|((and|or|in|!|\\(|\\)|=|a|'b'|1|length\\() ?){0,12}",
    ) {
        match Condition::parse(&text) {
            Err(error) => proptest::prop_assert!(text.is_char_boundary(error.at), "{} {:?}", text, error),
            Ok(condition) => {
                let answer = condition.holds(&tree(r#"{"a":{"b":[1]},"b":"x"}"#));
                proptest::prop_assert!(!matches!(answer, Err(Failure::TooLong)), "{}", text);
            }
        }
    }
}

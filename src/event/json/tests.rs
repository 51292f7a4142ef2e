//! The text of whole documents: every fixture, then properties over generated and broken texts.

use std::borrow::Cow;

use proptest::prelude::*;
use serde_json::Value;

use super::BigIntegers::{Exact, JavaScript};
use super::*;

const FIXTURES: &str = include_str!("../../../tests/fixtures/json_stringify.jsonl");
const SAMPLES: &str = include_str!("../../../tests/fixtures/samples.jsonl");

fn javascript(input: &str) -> String {
    text(input, JavaScript)
}

fn text(input: &str, big: BigIntegers) -> String {
    let out = javascript_text(input.as_bytes(), big).expect("the test gives JSON");
    String::from_utf8(out.into_owned()).expect("the text is UTF-8")
}

#[test]
fn every_fixture_is_printed_byte_for_byte() {
    #[derive(serde::Deserialize)]
    struct Case {
        id: String,
        r#in: String,
        out: Option<String>,
        kept: Option<String>,
        #[serde(default)]
        error: bool,
    }
    let mut cases = 0;
    for line in FIXTURES.lines() {
        cases += 1;
        let case: Case = serde_json::from_str(line).unwrap();
        if case.error {
            let refused = javascript_text(case.r#in.as_bytes(), Exact);
            assert!(refused.is_err(), "{}", case.id);
            continue;
        }
        let out = case.out.unwrap();
        assert_eq!(text(&case.r#in, JavaScript), out, "{}", case.id);
        assert_eq!(text(&case.r#in, Exact), case.kept.unwrap_or(out), "{}", case.id);
    }
    assert_eq!(cases, 151);
}

#[test]
fn the_documented_samples_are_borrowed_as_they_are() {
    for sample in SAMPLES.lines() {
        let out = javascript_text(sample.as_bytes(), Exact).unwrap();
        assert!(matches!(out, Cow::Borrowed(_)), "{sample}");
    }
    assert_eq!(SAMPLES.lines().count(), 7);
}

#[test]
fn a_text_that_needs_reordering_only_to_be_sure_is_borrowed() {
    let many: Vec<String> = (0..200).map(|n| format!(r#""k{n}":{n}"#)).collect();
    let object = format!("{{{}}}", many.join(","));
    let deep = format!("{}1{}", r#"{"a":"#.repeat(40), "}".repeat(40));
    for input in [&object, &deep] {
        let out = javascript_text(input.as_bytes(), Exact).unwrap();
        assert!(matches!(out, Cow::Borrowed(_)), "{input}");
    }
}

#[test]
fn a_thousand_levels_are_read_and_one_more_is_too_deep() {
    for depth in [10, 127, 128, 999, 1000] {
        for (open, close) in [("[", "]"), (r#"{"a":["#, "]}"), (r#"{"b":0,"1":["#, "]}")] {
            let levels = depth / open.matches(['[', '{']).count();
            let input = format!("{}{}", open.repeat(levels), close.repeat(levels));
            assert!(javascript_text(input.as_bytes(), Exact).is_ok(), "{depth}");
        }
    }
    for depth in [1001, 1002, 10_000, 100_000] {
        for open in ["[", r#"{"a":"#, "[ "] {
            let input = open.repeat(depth);
            let refused = javascript_text(input.as_bytes(), Exact);
            assert_eq!(refused, Err(NotJson::TooDeep), "{depth} {open}");
        }
    }
}

#[test]
fn a_scalar_in_the_thousandth_level_is_no_level_of_its_own() {
    let input = format!("{}1{}", "[".repeat(1000), "]".repeat(1000));
    assert_eq!(javascript(&input), input);
}

#[test]
fn a_million_nulls_are_read() {
    let input = format!("[{}null]", "null,".repeat(999_999));
    assert!(matches!(javascript_text(input.as_bytes(), Exact), Ok(Cow::Borrowed(_))));
    let object = format!(r#"{{"b":{input},"1":0}}"#);
    assert_eq!(javascript(&object), format!(r#"{{"1":0,"b":{input}}}"#));
}

#[test]
fn many_keys_are_ordered() {
    let falling = |n: u32| format!(r#""{}":{n},"k{n}":0"#, 200_000 - n);
    let members: Vec<String> = (0..200_000).map(falling).collect();
    let out = javascript(&format!("{{{}}}", members.join(",")));
    assert!(out.starts_with(r#"{"1":199999,"2":199998,"#));
    assert!(out.ends_with(r#","k199998":0,"k199999":0}"#));
    let same = r#""k":[1,2],"#.repeat(200_000);
    assert_eq!(javascript(&format!(r#"{{{same}"k":3}}"#)), r#"{"k":3}"#);
}

#[test]
fn a_dropped_value_leaves_no_trace_wherever_it_stood() {
    for (input, out) in [
        (r#"{"a":{"x":[1]},"b":1,"a":[{}]}"#, r#"{"a":[{}],"b":1}"#),
        (r#"{"a":1,"b":2,"a":3,"c":4,"b":5,"a":6}"#, r#"{"a":6,"b":5,"c":4}"#),
        (r#"[{"2":0,"1":{"9":0,"8":0}},{}]"#, r#"[{"1":{"8":0,"9":0},"2":0},{}]"#),
        (r#"{"\ud800":1,"\uD800":2}"#, r#"{"\ud800":2}"#),
        (r#"{"😀":1,"\ud83d\ude00":2}"#, r#"{"😀":2}"#),
    ] {
        assert_eq!(javascript(input), out);
    }
}

#[test]
fn what_json_parse_refuses_is_refused() {
    let refused: [&[u8]; 24] = [
        b"",
        b" ",
        b"\xef\xbb\xbf{}",
        b"{}\0",
        b"\0{}",
        b"{\0}",
        b"{\0}\0",
        b"\xff\xfe{\0}\0",
        b"\"\xff\"",
        b"\"\xed\xa0\x80\"",
        b"\"\xc0\xaf\"",
        b"{} {}",
        b"[1,]",
        b"{\"a\":1,}",
        b"{a:1}",
        b"01",
        b"-",
        b"1.",
        b".5",
        b"1e+",
        b"\"\\u12g4\"",
        b"\"\\u123",
        b"\x0b1",
        b"tru",
    ];
    for input in refused {
        assert!(javascript_text(input, Exact).is_err(), "{input:?}");
    }
}

#[test]
fn an_error_tells_the_place_and_nothing_of_the_text() {
    let refused = javascript_text(br#"{"secret":x}"#, Exact).unwrap_err();
    assert_eq!(refused, NotJson::Syntax { at: 10 });
    assert_eq!(refused.to_string(), "not JSON at byte 10");
    let refused = javascript_text(b"\"a\xff\"", Exact).unwrap_err();
    assert_eq!(refused.to_string(), "not UTF-8 at byte 2");
}

#[test]
fn members_tell_values_as_written() {
    let mut told = Vec::new();
    let input = br#" { "a" : [ 1 ] , "b":{"a":2},"c":"\u0064","d":null,"e":-0 } "#;
    let shape = members(input, |key, value| {
        told.push(format!("{} {}", key.decode(), shown(value)));
    });
    assert_eq!(shape, Ok(Shape::Object));
    let expected = ["a array [ 1 ]", r#"b object {"a":2}"#, "c text d", "d null", "e number -0"];
    assert_eq!(told, expected);
}

fn shown(value: super::Value<'_>) -> String {
    match value {
        super::Value::Text(text) => format!("text {}", text.decode()),
        super::Value::Literal(literal) => literal.text().to_owned(),
        super::Value::Number(raw) => format!("number {raw}"),
        super::Value::Object(raw) => format!("object {raw}"),
        super::Value::Array(raw) => format!("array {raw}"),
    }
}

/// JSON texts with white space, escapes, repeated and integer-like keys, and numbers in odd spellings.
fn json_texts() -> impl Strategy<Value = String> {
    let number = "-?(0|[1-9][0-9]{0,14})(\\.[0-9]{1,12})?([eE][+-]?[0-9]{1,2})?";
    let string = "\"([ -!#-\\[\\]-~é漢😀]|\\\\[\"\\\\/bfnrt]|\\\\u00[0-9a-fA-F]{2}|\\\\ud83d\\\\ude00){0,9}\"";
    let key = "\"([0-9]{1,3}|[ab]|\\\\u006[12]|4294967295|__proto__|)\"";
    let literal = prop::sample::select(vec!["true", "false", "null"]).prop_map(str::to_owned);
    let scalar = prop_oneof![number, string, literal];
    let spaced = (scalar, prop::sample::select(vec!["", "", "", " ", "\n\t", "\r "]))
        .prop_map(|(value, space)| format!("{space}{value}{space}"));
    spaced.prop_recursive(5, 60, 8, move |inner| {
        let array = prop::collection::vec(inner.clone(), 0..8).prop_map(|items| format!("[{}]", items.join(",")));
        let object = prop::collection::vec((key, inner), 0..8).prop_map(|members| {
            let members: Vec<String> = members
                .iter()
                .map(|(k, v)| format!(" {k}:{v}").replacen(' ', "", usize::from(v.len() % 2 == 0)))
                .collect();
            format!("{{{}}}", members.join(","))
        });
        prop_oneof![array, object]
    })
}

/// Whether two texts mean the same. Numbers may differ a little: serde_json reads some one step beside.
fn mean_the_same(one: &str, other: &str) -> bool {
    let read = |text| serde_json::from_str(text).expect("the text is JSON");
    same(&read(one), &read(other))
}

fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => {
            let (one, other) = (one.as_f64().unwrap(), other.as_f64().unwrap());
            (one - other).abs() <= one.abs() * 1e-15
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(a, b)| same(a, b))
        }
        (Value::Object(one), Value::Object(other)) => {
            let found = |(key, value)| other.get(key).is_some_and(|there| same(value, there));
            one.len() == other.len() && one.iter().all(found)
        }
        _ => one == other,
    }
}

proptest! {
    // Failing seeds are not kept in files; a failure becomes a test of its own.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_output_is_a_fixed_point(input in json_texts()) {
        for big in [Exact, JavaScript] {
            let once = text(&input, big);
            prop_assert!(matches!(javascript_text(once.as_bytes(), big), Ok(Cow::Borrowed(_))));
        }
    }

    #[test]
    fn the_output_means_the_same(input in json_texts()) {
        prop_assert!(mean_the_same(&javascript(&input), &input));
    }

    #[test]
    fn reordering_and_editing_agree(input in json_texts()) {
        let reordered = reorder::reorder(&input, JavaScript).unwrap();
        prop_assert_eq!(String::from_utf8(reordered).unwrap(), javascript(&input));
    }

    #[test]
    fn random_bytes_are_refused_or_printed(input in prop::collection::vec(any::<u8>(), 0..200)) {
        let printed = javascript_text(&input, Exact);
        prop_assert_eq!(printed.is_ok(), serde_json::from_slice::<Value>(&input).is_ok());
    }

    #[test]
    fn a_cut_or_damaged_text_is_judged_as_by_serde_json(
        input in json_texts(), at in any::<prop::sample::Index>(), byte in any::<u8>(),
    ) {
        let mut damaged = input.into_bytes();
        let at = at.index(damaged.len());
        damaged[at] = byte;
        for bytes in [&damaged[..], &damaged[..at]] {
            let ours = javascript_text(bytes, Exact).is_ok();
            let theirs = serde_json::from_slice::<Value>(bytes);
            let only_javascript_reads_it = theirs.as_ref().is_err_and(|error| {
                let text = error.to_string();
                text.contains("surrogate") || text.contains("hex escape") || text.contains("out of range")
            });
            prop_assert!(ours == theirs.is_ok() || ours && only_javascript_reads_it);
        }
    }

    #[test]
    fn a_double_is_printed_so_that_it_reads_back(bits in any::<u64>()) {
        let value = f64::from_bits(bits);
        prop_assume!(value.is_finite());
        let printed = javascript_number(value);
        prop_assert_eq!(printed.parse::<f64>().unwrap(), value);
    }
}

#[test]
fn a_text_cut_at_any_byte_is_refused() {
    for line in SAMPLES.lines() {
        for cut in 0..line.len() {
            let refused = javascript_text(&line.as_bytes()[..cut], Exact);
            assert!(matches!(refused, Err(NotJson::Syntax { at }) if at <= cut), "{cut}");
        }
    }
}

//! The `@liquid` cases of the mapping fixtures, cases of our own from LiquidJS, and what is ours alone.

use std::fmt::Write;

use super::*;
use crate::event::json::BigIntegers;

const MAPPING: &str = include_str!("../../../../tests/fixtures/mapping.jsonl");
/// Templates and what LiquidJS 10.30.1, set up as Segment does, printed for them under Node 20 in UTC.
const LIQUID: &str = include_str!("../../../../tests/fixtures/liquid.jsonl");

/// What becomes of a template; none if it is refused or fails.
fn outcome(template: &str, event: &Tree) -> Result<String, String> {
    let liquid = Liquid::parse(template).map_err(|error| format!("{error}; {}", error.hint))?;
    liquid.render(event, &mut Allowance::default()).map_err(|error| format!("{error}: {}", error.why))
}

fn render(template: &str, event: &str) -> String {
    outcome(template, &Tree::read(event.as_bytes(), BigIntegers::Exact).unwrap()).unwrap()
}

fn refused(template: &str) -> LiquidError {
    Liquid::parse(template).unwrap_err()
}

#[test]
fn every_liquid_case_of_the_mapping_fixtures_comes_out_as_with_segment() {
    let (mut cases, mut failures) = (0, String::new());
    for line in MAPPING.lines() {
        let case: serde_json::Value = serde_json::from_str(line).unwrap();
        let is_liquid = case["feature"].as_array().unwrap().iter().any(|feature| feature == "@liquid");
        if !is_liquid {
            continue;
        }
        cases += 1;
        let event = Tree::read(case["event"].to_string().as_bytes(), BigIntegers::Exact).unwrap();
        // What is no text is refused before it comes to us.
        let given = case["mapping"]["v"]["@liquid"].as_str().map(|template| outcome(template, &event));
        let wanted = case["output"].as_str().map(|output| {
            let output: serde_json::Value = serde_json::from_str(output).unwrap();
            output["v"].as_str().unwrap().to_owned()
        });
        if given.clone().and_then(Result::ok) != wanted {
            writeln!(failures, "{}: wanted {wanted:?}, given {given:?}", case["id"]).unwrap();
        }
    }
    assert!(failures.is_empty(), "{failures}");
    assert_eq!(cases, 82);
}

#[test]
fn every_case_of_our_own_comes_out_as_with_liquidjs() {
    let mut lines = LIQUID.lines();
    let event = Tree::read(lines.next().unwrap().as_bytes(), BigIntegers::JavaScript).unwrap();
    let (mut cases, mut failures) = (0, String::new());
    for line in lines {
        cases += 1;
        let case: serde_json::Value = serde_json::from_str(line).unwrap();
        let given = outcome(case["template"].as_str().unwrap(), &event);
        if given.as_deref().ok() != case["output"].as_str() {
            writeln!(failures, "{line}\n    given {given:?}").unwrap();
        }
    }
    assert!(failures.is_empty(), "{failures}");
    assert!(cases > 4000, "{cases}");
}

#[test]
fn what_segment_disables_is_refused_when_every_event_would_meet_it() {
    let error = refused("a{% for p in products %}{% endfor %}");
    assert_eq!((error.at, &*error.problem), (1, "Segment disables the tag `for` in mappings"));
    assert!(error.hint.contains("@arrayPath"), "{}", error.hint);
    for template in [
        "{{ a | map: \"b\" }}",
        "{% if a | sort %}{% endif %}",
        "{% assign x = a | uniq %}",
        "{% if a %}{% endif %}{{ a | map: \"b\" }}",
        "{% capture x %}{{ a | reverse }}{% endcapture %}",
        "{% liquid echo a | concat: b %}",
    ] {
        let problem = refused(template).problem;
        assert!(problem.contains("Segment disables"), "{template}: {problem}");
    }
    for template in ["{% if a %}{{ a | map: \"b\" }}{% endif %}ok", "{% comment %}{% for %}{% endcomment %}ok"] {
        assert_eq!(render(template, "{}"), "ok", "{template}");
    }
    let failed = Liquid::parse("{% if true %}{{ a | map: \"b\" }}{% endif %}")
        .unwrap()
        .render(&Tree::Null, &mut Allowance::default());
    assert_eq!(failed.unwrap_err().at, 20);
}

#[test]
fn nothing_depends_on_the_clock_or_on_chance() {
    for template in ["{{ \"now\" | date: \"%Y\" }}", "{{ 'today' | date_to_xmlschema }}"] {
        assert!(refused(template).problem.contains("current time"), "{template}");
    }
    assert!(refused("{{ a | sample }}").problem.contains("by chance"));
    let liquid = Liquid::parse("{{ when | date: \"%Y\" }}").unwrap();
    let event = Tree::read(br#"{"when":"now"}"#, BigIntegers::Exact).unwrap();
    assert!(matches!(liquid.render(&event, &mut Allowance::default()).unwrap_err().why, Failure::Refused(_)));
}

#[test]
fn a_template_has_a_thousand_characters_at_most_as_javascript_counts_them() {
    assert!(Liquid::parse(&"ü".repeat(1000)).is_ok());
    assert!(Liquid::parse(&"ü".repeat(1001)).is_err());
    assert!(Liquid::parse(&"😀".repeat(501)).is_err());
}

#[test]
fn work_and_text_without_bounds_end_in_an_error() {
    let event = format!(r#"{{"long":"{}"}}"#, "x".repeat(20_000));
    let event = Tree::read(event.as_bytes(), BigIntegers::Exact).unwrap();
    let doubled = format!("{{% assign x = long %}}{}", "{% assign x=x|append:x %}".repeat(30));
    let nested = format!("{{% assign x='a'|split:'' %}}{}{{{{x}}}}", "{% assign x=x|push:x %}".repeat(40));
    let compared = format!("{}{{{{x==x}}}}", "{% assign x=x|push:x %}".repeat(40));
    for template in [
        &*doubled,
        &nested,
        &compared,
        "{{ long | replace: '', long }}",
        "{{ (1..1000000000000) }}",
        "{{ 0 | date: '%999999999999999999999d' }}",
        "{{ long | split: '' | json: '          ' | split: '' | join: long }}",
    ] {
        let failed = Liquid::parse(template).unwrap().render(&event, &mut Allowance::default()).unwrap_err();
        assert!(matches!(failed.why, Failure::TooManySteps | Failure::TooMuchText), "{template}: {failed:?}");
    }
}

#[test]
fn the_deepest_event_and_the_deepest_template_do_not_run_out_of_stack() {
    let deep = format!(r#"{{"a":{}1{}}}"#, "[".repeat(999), "]".repeat(999));
    let template =
        "{{ a }}{{ a | join }}{{ a | json: 1 | size }}{% if a == a %}y{% endif %}{{ a > a }}{{ a | plus: 1 }}";
    assert!(render(template, &deep).ends_with("yfalse2"));
    for (open, close) in [("{{ a[", "]"), ("{{ (", "..1)"), ("{%if a%}", ""), ("{%liquid if a\n", "")] {
        let begin = open.repeat(900 / open.len());
        // What matters is that each comes to an end.
        let _ = Liquid::parse(&format!("{begin}{close}"));
        let inner = open.trim_start_matches("{{ ");
        let levels = 900 / (inner.len() + close.len());
        assert!(Liquid::parse(&format!("{{{{ {}1{} }}}}", inner.repeat(levels), close.repeat(levels))).is_err());
    }
    let many = format!("{}{}", "{%if a%}".repeat(50), "{%endif%}".repeat(50));
    assert_eq!(render(&many, "{}"), "");
}

#[test]
fn integers_beyond_the_doubles_print_as_written() {
    let event = r#"{"id":12345678901234567891,"ids":[12345678901234567891]}"#;
    assert_eq!(
        render("{{ id }} {{ ids }} {{ id | json }} {{ id | append: '!' }}", event),
        ["12345678901234567891 12345678901234567891 12345678901234567891 12345678901234567891!"][0]
    );
    assert_eq!(render("{{ id | plus: 0 }}", event), "12345678901234567000");
}

#[test]
fn a_character_is_never_cut_in_half() {
    let event = r#"{"a":"😀b"}"#;
    assert_eq!(render("{{ a | split: '' | join: '.' }}|{{ a | first }}|{{ a | last }}", event), "😀.b|😀|b");
    assert_eq!(render("{{ a[0] }}{{ a[1] }}{{ a[2] }}{{ a[3] }}", event), "\u{fffd}\u{fffd}b");
}

#[test]
fn the_event_may_be_any_value() {
    assert_eq!(render("{{ length }}{{ [0] }}{{ size }}", r#"["x","y"]"#), "2x0");
    assert_eq!(render("{{ length }}{{ [0] }}{{ a }}", r#""xyz""#), "3x");
    assert_eq!(render("[{{ a }}{{ a.b }}]", "null"), "[]");
    assert_eq!(render("{% increment a %}{% increment a %}", "5"), "01");
}

#[test]
fn an_error_says_where_what_and_what_instead() {
    for (template, at, part) in [
        ("ab{{ c", 2, "not closed"),
        ("ab{% if c %}", 2, "not closed"),
        ("ab{{ }}", 5, "value is missing"),
        ("{{ a | upcase x }}", 14, "`:` is expected"),
        ("{% if a %}{% else %}{% elsif b %}{% endif %}", 20, "behind `else`"),
        ("é{% nosuch %}", 2, "`nosuch`"),
        ("{{ a and (b or c) }}", 9, "brackets"),
        ("{{ 'a' | append }}", 9, "`append`"),
    ] {
        let error = refused(template);
        assert!(error.at == at && error.problem.contains(part), "{template}: {error:?}");
        assert!(!error.hint.is_empty(), "{template}");
    }
}

proptest::proptest! {
    #[test]
    fn no_template_makes_it_panic(
        parts in proptest::collection::vec(proptest::sample::select(PARTS), 0..25),
        odd in proptest::prelude::any::<String>(),
    ) {
        let event = Tree::read(r#"{"a":["é",{"b":1e300}],"c":"😀%"}"#.as_bytes(), BigIntegers::Exact).unwrap();
        for template in [parts.concat(), format!("{{{{ c | {odd}}}}}"), format!("{}{odd}", parts.concat())] {
            if let Ok(liquid) = Liquid::parse(&template) {
                let first = liquid.render(&event, &mut Allowance::default());
                proptest::prop_assert_eq!(first, liquid.render(&event, &mut Allowance::default()));
            }
        }
    }
}

const PARTS: &[&str] = &[
    "{{",
    "}}",
    "{%",
    "%}",
    "-",
    " ",
    "a",
    "c",
    "[0]",
    "[1].b",
    ".size",
    "|",
    "slice:",
    "truncate:",
    "date:",
    "'%5N %10Y'",
    "'é😀'",
    "1e3",
    "-7",
    "9999999999999999",
    "(1..3)",
    ",",
    ":",
    "if ",
    "endif",
    "liquid\n",
    "raw",
    "endraw",
    "assign x =",
    "cycle ",
    "increment x",
    "contains",
    "==",
    "<",
    "split:",
    "json:",
    "round:",
    "where:",
    "slugify",
    "modulo:",
    "\n",
    "#",
    "“",
];

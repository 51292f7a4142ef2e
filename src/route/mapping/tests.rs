//! Mappings against the facts of `fixtures/mapping.jsonl`, and what the facts do not say: complaints and bounds.

use super::*;

const FIXTURES: &str = include_str!("../../../tests/fixtures/mapping.jsonl");

fn tree(text: &str) -> Tree {
    Tree::read(text.as_bytes(), BigIntegers::Exact).unwrap()
}

fn mapping(text: &str) -> Mapping {
    Mapping::parse(&tree(text)).unwrap()
}

fn text<'t>(case: &'t Tree, key: &str) -> Option<&'t str> {
    match case.member(key) {
        Some(Tree::Text(text)) => Some(text),
        _ => None,
    }
}

/// What came of a case, in the words of the fixtures.
fn result(case: &Tree) -> String {
    let mapping = match Mapping::parse(case.member("mapping").unwrap()) {
        Ok(mapping) => mapping,
        Err(_) => return "refused".to_owned(),
    };
    let applied = |event: &Tree| {
        let text = mapping.text(event)?;
        assert_eq!(mapping.resolve(event)?.map(|tree| tree.text()), text, "tree and text differ");
        Ok(text)
    };
    let applied: Result<Option<String>, MappingFailed> = match case.member("events") {
        Some(Tree::List(events)) => events
            .iter()
            .map(|event| Ok(applied(event)?.unwrap_or("null".to_owned())))
            .collect::<Result<Vec<String>, _>>()
            .map(|results| Some(format!("[{}]", results.join(",")))),
        _ => applied(case.member("event").unwrap()),
    };
    match applied {
        Ok(Some(text)) => format!("gives {text}"),
        Ok(None) => "missing".to_owned(),
        Err(_) => "failed".to_owned(),
    }
}

/// Runs cases; how many there were, and those that came out otherwise.
fn run(cases: &str) -> (usize, Vec<String>) {
    let mut count = 0;
    let mut wrong = Vec::new();
    for case in cases.lines().map(tree) {
        count += 1;
        let expected = match (text(&case, "output"), text(&case, "stage")) {
            (Some(output), _) => vec![format!("gives {output}")],
            (None, Some("mapping")) => vec!["refused".to_owned()],
            (None, Some(_)) => vec!["refused".to_owned(), "failed".to_owned()],
            (None, None) => vec!["missing".to_owned()],
        };
        let found = result(&case);
        if !expected.contains(&found) {
            let id = text(&case, "id").unwrap_or_default();
            wrong.push(format!(
                "{id}: {}\n  wanted {expected:?}\n  found  {found}",
                case.member("mapping").unwrap().text()
            ));
        }
    }
    (count, wrong)
}

#[test]
fn every_fixture_gives_what_segment_gives() {
    let (count, wrong) = run(FIXTURES);
    assert!(wrong.is_empty(), "{} of {count} cases:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!(count, 491);
}

#[test]
fn all_mistakes_are_told_at_once_with_place_and_hint() {
    let errors = Mapping::parse(&tree(
        r#"{"a":{"@nope":1},"b":{"c":{"@template":5},"d":{"@path":"$.x","e":1}},
        "items":{"@arrayPath":["$.list",{"n":{"@case":{"value":{"@path":"$.n"}}}}]},
        "list":[{"@if":{}}],"odd.key":{"@json":{"mode":"pretty","value":{"@merge":{}}}}}"#,
    ))
    .unwrap_err();
    let told: Vec<String> = errors.iter().map(|error| format!("{}: {}", error.path, error.problem)).collect();
    assert_eq!(
        told,
        [
            "a: there is no directive \"@nope\"",
            "b.c.@template: this must be a text or a directive, not a number",
            "b.d: @path stands alone in its object, and here is \"e\" too",
            "items.@arrayPath[1].n.@case: there is no operator",
            "list[0].@if: there is no condition",
            "[\"odd.key\"].@json.value.@merge.objects: there is no list of objects",
            "[\"odd.key\"].@json.value.@merge: there is no direction",
            "[\"odd.key\"].@json.mode: there is no such mode",
        ]
    );
    assert!(errors.iter().all(|error| !error.hint.is_empty()));
}

#[test]
fn a_failure_names_its_directive_and_the_types_only() {
    let failed = mapping(r#"{"a":{"@path":{"@path":"$.secret"}}}"#).resolve(&tree(r#"{"secret":4711}"#)).unwrap_err();
    assert_eq!(failed.to_string(), "a.@path: needs a text, and was given a number");
}

#[test]
fn members_that_become_nothing_still_take_their_place_in_a_merge() {
    let mapping =
        mapping(r#"{"@merge":{"direction":"right","objects":[{"a":1,"b":1},{"a":{"@path":"$.no"}},{"c":1},{"a":2}]}}"#);
    assert_eq!(mapping.text(&tree("{}")).unwrap().unwrap(), r#"{"a":2,"b":1,"c":1}"#);
}

#[test]
fn large_integers_are_decoded_as_the_destination_wants_them() {
    let mapping = mapping(r#"{"@json":{"mode":"decode","value":{"@path":"$.n"}}}"#);
    let event = tree(r#"{"n":"12345678901234567"}"#);
    assert_eq!(mapping.text(&event).unwrap().unwrap(), "12345678901234567");
    let rounded = mapping.with_big_integers(BigIntegers::JavaScript);
    assert_eq!(rounded.text(&event).unwrap().unwrap(), "12345678901234568");
}

#[test]
fn what_depends_on_no_event_is_a_constant() {
    assert_eq!(mapping(r#"{"a":[1,{"b":null}]}"#).constant().unwrap().text(), r#"{"a":[1,{"b":null}]}"#);
    assert_eq!(mapping(r#"{"a":{"@path":"$.a"}}"#).constant(), None);
}

#[test]
fn a_mapping_that_doubles_its_result_at_each_level_ends_at_the_budget() {
    for inner in [r#"{"a":{"@template":"{{a}}{{a}}{{a}}"}}"#, r#"{"a":[{"@path":"$."},{"@path":"$."}]}"#] {
        let levels = 40;
        let open = format!(r#"{{"@transform":{{"apply":{inner},"mapping":"#).repeat(levels);
        let mapping = mapping(&format!(r#"{open}{{"x":{{"@path":"$.a"}}}}{}"#, "}}".repeat(levels)));
        let event = tree(r#"{"a":"some text"}"#);
        assert_eq!(mapping.resolve(&event).unwrap_err().problem, "makes more than 16 MiB of one event");
        assert!(mapping.text(&event).is_err());
    }
}

#[test]
fn a_mapping_nested_too_deep_is_refused() {
    let nested = |levels: usize| tree(&format!("{}1{}", r#"{"a":"#.repeat(levels), "}".repeat(levels)));
    assert!(Mapping::parse(&nested(MAX_LEVELS)).is_ok());
    assert_eq!(Mapping::parse(&nested(MAX_LEVELS + 1)).unwrap_err().len(), 1);
}

#[test]
fn an_event_of_a_thousand_levels_passes_through_every_directive() {
    let event = tree(&format!("{}1{}", r#"{"a":"#.repeat(1000), "}".repeat(1000)));
    for directive in [
        r#"{"@flatten":{"value":{"@path":"$."},"separator":"."}}"#,
        r#"{"@excludeWhenNull":{"@path":"$."}}"#,
        r#"{"@transform":{"apply":{"@excludeWhenNull":{"@path":"$."}},"mapping":{"a":{"@path":"$."}}}}"#,
        r#"{"@json":{"mode":"decode","value":{"@json":{"mode":"encode","value":{"@path":"$."}}}}}"#,
    ] {
        let mapping = mapping(directive);
        let text = mapping.text(&event).unwrap();
        assert_eq!(mapping.resolve(&event).unwrap().map(|tree| tree.text()), text, "{directive}");
    }
}

#[test]
fn templates_of_one_mapping_share_what_they_may_do_however_often_they_are_applied() {
    // Each element alone is far within the limit.
    let template = "{{ text | replace: 'a', 'bb' | replace: 'b', 'ccc' | size }}";
    let mapping = format!(r#"{{"x":{{"@arrayPath":["$.list",{{"y":{{"@liquid":"{template}"}}}}]}}}}"#);
    let mapping = Mapping::parse(&Tree::read(mapping.as_bytes(), BigIntegers::Exact).unwrap()).unwrap();
    let of = |count: usize| {
        let element = format!(r#"{{"text":"{}"}}"#, "a".repeat(20_000));
        let event = format!(r#"{{"list":[{}]}}"#, vec![element; count].join(","));
        mapping.text(&Tree::read(event.as_bytes(), BigIntegers::Exact).unwrap())
    };
    assert!(of(10).is_ok());
    assert!(of(2_000).is_err());
}

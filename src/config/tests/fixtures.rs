//! Every fixture of triggers, mappings and filters as it would stand in a file: JSON is YAML.

use super::{Scene, loaded};
use crate::event::json::{BigIntegers, Tree};
use crate::route::actions::{Data, SendMapping};
use crate::route::destination::{Destination, Sends};
use crate::route::filter::Verdict;

const TRIGGERS: &str = include_str!("../../../tests/fixtures/trigger.jsonl");
const MAPPINGS: &str = include_str!("../../../tests/fixtures/mapping.jsonl");
const FILTERS: &str = include_str!("../../../tests/fixtures/filter.jsonl");

fn cases(fixtures: &str) -> Vec<Tree> {
    fixtures.lines().map(|line| Tree::read(line.as_bytes(), BigIntegers::Exact).unwrap()).collect()
}

fn says(case: &Tree, key: &str) -> bool {
    case.member(key) == Some(&Tree::Bool(true))
}

fn text<'t>(case: &'t Tree, key: &str) -> &'t str {
    match case.member(key) {
        Some(Tree::Text(text)) => text,
        _ => panic!("{key} is a text of {}", case.text()),
    }
}

/// A file with these destinations, each given by its keys.
fn file(destinations: &[String]) -> String {
    let lines = destinations.iter().enumerate();
    let lines: Vec<String> = lines.map(|(at, keys)| format!("- {{\"id\":\"d{at}\",{keys}}}")).collect();
    format!("destinations:\n{}", lines.join("\n"))
}

/// All of them, from one file.
fn destinations(all: &[String]) -> Vec<Destination> {
    loaded(file(all)).destinations
}

/// Which of these are complained of; each stands on a line of its own, and each complaint has a remedy.
fn refused(all: &[String]) -> Vec<usize> {
    let complaints = Scene::new(file(all)).load().unwrap_err();
    let refused = complaints.iter().map(|complaint| {
        assert!(complaint.hint.is_some(), "{complaint}");
        complaint.position.unwrap().line as usize - 2
    });
    let mut refused: Vec<usize> = refused.collect();
    refused.dedup();
    refused
}

fn actions(mapping: &str) -> String {
    format!(r#""type":"webhooks_actions","mappings":[{{{mapping}}}]"#)
}

fn only_mapping(destination: &Destination) -> &SendMapping {
    match &destination.sends {
        Sends::Mappings(mappings) => &mappings[0],
        Sends::Hooks(_) => panic!("a destination of Actions"),
    }
}

#[test]
fn every_plain_trigger_loads_and_every_other_is_refused() {
    let yaml = |case: &Tree| {
        let trigger = Tree::from(text(case, "subscribe")).text();
        actions(&format!(r#""trigger":{trigger},"url":"https://a.example/""#))
    };
    let (odd, plain): (Vec<Tree>, Vec<Tree>) =
        cases(TRIGGERS).into_iter().partition(|case| says(case, "error") || says(case, "quirk"));
    assert_eq!((plain.len(), odd.len()), (287, 145));
    let loaded = destinations(&plain.iter().map(yaml).collect::<Vec<_>>());
    for (case, destination) in plain.iter().zip(&loaded) {
        assert_eq!(only_mapping(destination).trigger.text(), text(case, "subscribe"));
    }
    assert_eq!(loaded.len(), plain.len());
    let refused = refused(&odd.iter().map(yaml).collect::<Vec<_>>());
    assert_eq!(refused, (0..odd.len()).collect::<Vec<_>>());
}

#[test]
fn every_sound_mapping_loads_as_it_stands_and_every_other_is_refused() {
    let yaml = |case: &Tree| {
        let mapping = case.member("mapping").unwrap().text();
        let request = r#""trigger":"type = \"track\"","url":"https://a.example/""#;
        actions(&format!(r#"{request},"data":{mapping}"#))
    };
    let (odd, sound): (Vec<Tree>, Vec<Tree>) =
        cases(MAPPINGS).into_iter().partition(|case| case.member("stage") == Some(&Tree::from("mapping")));
    // What Segment notices only with an event may be refused here, or later.
    let (late, sound): (Vec<Tree>, Vec<Tree>) = sound.into_iter().partition(|case| says(case, "error"));
    assert_eq!((sound.len(), late.len(), odd.len()), (414, 24, 53));
    let loaded = destinations(&sound.iter().map(yaml).collect::<Vec<_>>());
    assert_eq!(loaded.len(), sound.len());
    for (case, destination) in sound.iter().zip(&loaded) {
        let mapping = case.member("mapping").unwrap();
        match &only_mapping(destination).data {
            Data::Mapped(data) => assert_eq!(data.written().text(), mapping.text(), "{}", text(case, "id")),
            Data::WholeEvent => assert_eq!(mapping.text(), r#"{"@path":"$."}"#),
            Data::Nothing => panic!("{} has data", text(case, "id")),
        }
    }
    let refused = refused(&odd.iter().map(yaml).collect::<Vec<_>>());
    assert_eq!(refused, (0..odd.len()).collect::<Vec<_>>());
}

#[test]
fn every_filter_loads_and_does_what_it_does_in_segment() {
    let yaml = |case: &Tree| {
        let condition = case.member("if").cloned().unwrap_or(Tree::from("all")).text();
        let drop = Tree::read(br#"[{"type":"drop"}]"#, BigIntegers::Exact).unwrap();
        let actions = case.member("actions").unwrap_or(&drop).text();
        let filters = format!(r#""filters":[{{"if":{condition},"actions":{actions}}}]"#);
        format!(r#""type":"webhooks","url":"https://a.example/",{filters}"#)
    };
    let (odd, sound): (Vec<Tree>, Vec<Tree>) = cases(FILTERS).into_iter().partition(|case| says(case, "error"));
    assert_eq!((sound.len(), odd.len()), (256, 17));
    let loaded = destinations(&sound.iter().map(yaml).collect::<Vec<_>>());
    assert_eq!(loaded.len(), sound.len());
    for (case, destination) in sound.iter().zip(&loaded) {
        let mut event = case.member("event").unwrap().clone();
        let dropped = matches!(destination.filters.apply(&mut event), Verdict::Dropped { .. });
        let id = text(case, "id");
        match case.member("output") {
            Some(Tree::Text(output)) => assert_eq!((dropped, &event.text()), (false, output), "{id}"),
            _ => assert_eq!(dropped, says(case, "dropped") || says(case, "result"), "{id}"),
        }
    }
    let refused = refused(&odd.iter().map(yaml).collect::<Vec<_>>());
    assert_eq!(refused, (0..odd.len()).collect::<Vec<_>>());
}

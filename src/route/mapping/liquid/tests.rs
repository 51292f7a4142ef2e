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
    liquid.render(event).map_err(|error| format!("{error}: {}", error.why))
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
    assert!(cases > 300, "{cases}");
}

#[test]
fn zz_fuzz() {
    let Ok(path) = std::env::var("LIQ_FUZZ") else { return };
    let text = std::fs::read_to_string(path).unwrap();
    let mut lines = text.lines();
    let event = Tree::read(lines.next().unwrap().as_bytes(), BigIntegers::JavaScript).unwrap();
    let mut bad = 0;
    let mut total = 0;
    for line in lines {
        total += 1;
        let case: serde_json::Value = serde_json::from_str(line).unwrap();
        let given = outcome(case["template"].as_str().unwrap(), &event);
        if given.as_deref().ok() != case["output"].as_str() {
            bad += 1;
            if bad < 60 { eprintln!("{line}\n    given {given:?}"); }
        }
    }
    eprintln!("FUZZ bad {bad} of {total}");
}

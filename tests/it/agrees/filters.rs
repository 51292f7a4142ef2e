//! Filters: what is dropped is told to be filtered by rules, what is not has the body that is left; the rest is refused.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{ACTIONS, Asked, cases, explained, holds, not_only_for, quoted, refused};

#[derive(Deserialize)]
struct Case<'a> {
    id: String,
    r#if: Option<String>,
    #[serde(borrow)]
    actions: Option<&'a RawValue>,
    #[serde(borrow)]
    event: &'a RawValue,
    #[serde(default)]
    error: bool,
    #[serde(default)]
    dropped: bool,
    /// Whether a condition holds; then the event is dropped here.
    #[serde(default)]
    result: bool,
    output: Option<String>,
}

impl Case<'_> {
    fn destination(&self) -> String {
        let condition = quoted(self.r#if.as_deref().unwrap_or("all"));
        let actions = self.actions.map_or(r#"[{"type":"drop"}]"#, RawValue::get);
        let filters = format!(r#""filters":[{{"if":{condition},"actions":{actions}}}]"#);
        format!(r#""type":"webhooks","url":"https://a.example/",{filters}"#)
    }
}

#[test]
fn every_filter_decides_and_edits_as_segment() {
    let all: Vec<Case<'_>> = cases(include_str!("../../fixtures/filter.jsonl"));
    let (odd, sound): (Vec<_>, Vec<_>) = all.into_iter().partition(|case| case.error);
    assert_eq!((sound.len(), odd.len()), (256, 17));
    let odd: Vec<String> = odd.iter().map(Case::destination).collect();
    assert_eq!(refused(&odd), (0..odd.len()).collect());

    let asked = |case: &Case<'_>| {
        let (destination, event) = (case.destination(), not_only_for(ACTIONS, case.event.get()));
        Asked { id: case.id.clone(), destination, event }
    };
    let told = explained(&sound.iter().map(asked).collect::<Vec<_>>());
    let mut wrong = Vec::new();
    for (case, told) in sound.iter().zip(told) {
        let is_dropped = case.dropped || case.result;
        let expected = if is_dropped { "filtered: filtered_by_rules" } else { "deliver" };
        let output = case.output.as_deref().map(|text| not_only_for(ACTIONS, text));
        let body = output.as_deref();
        if told.words() != expected || body.is_some() && told.body() != body {
            wrong.push(format!("{}: expected {expected} {body:?}, found {} {:?}", case.id, told.words(), told.body()));
        }
    }
    holds(&wrong, sound.len());
}

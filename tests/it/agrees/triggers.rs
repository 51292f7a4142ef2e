//! Triggers: what matches is delivered, what does not is told to match no mapping, the rest is refused.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Asked, CLASSIC, actions, cases, explained, holds, not_only_for, quoted, refused};

#[derive(Deserialize)]
struct Case<'a> {
    id: String,
    subscribe: String,
    #[serde(borrow)]
    event: &'a RawValue,
    r#match: Option<bool>,
    #[serde(default)]
    quirk: bool,
}

impl Case<'_> {
    fn destination(&self) -> String {
        actions(&format!(r#""trigger":{},"url":"https://a.example/""#, quoted(&self.subscribe)))
    }
}

#[test]
fn every_plain_trigger_decides_as_segment_and_every_other_is_refused() {
    let all: Vec<Case<'_>> = cases(include_str!("../../fixtures/trigger.jsonl"));
    let (plain, odd): (Vec<_>, Vec<_>) = all.into_iter().partition(|case| case.r#match.is_some() && !case.quirk);
    assert_eq!((plain.len(), odd.len()), (287, 145));
    let odd: Vec<String> = odd.iter().map(Case::destination).collect();
    assert_eq!(refused(&odd), (0..odd.len()).collect());

    let asked = |case: &Case<'_>| {
        let (destination, event) = (case.destination(), not_only_for(CLASSIC, case.event.get()));
        Asked { id: case.id.clone(), destination, event }
    };
    let told = explained(&plain.iter().map(asked).collect::<Vec<_>>());
    let (mut wrong, mut malformed) = (Vec::new(), 0);
    for (case, told) in plain.iter().zip(told) {
        let expected = match case.r#match {
            // A type that is no text makes no event, whatever the trigger would say.
            _ if told.reason.as_deref() == Some("malformed") => {
                malformed += 1;
                continue;
            }
            Some(true) => "deliver",
            _ => "filtered: no_matching_mapping",
        };
        if told.words() != expected {
            wrong.push(format!("{} {}: {}", case.id, case.subscribe, told.words()));
        }
    }
    holds(&wrong, plain.len());
    assert_eq!(malformed, 3);
}

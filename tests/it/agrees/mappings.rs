//! Mappings, each as the `data` of a request: the body is what Segment makes of the event, the rest is refused at load or
//! when the event comes.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Asked, CLASSIC, Told, actions, cases, events, explained, holds, not_only_for, refused};

#[derive(Deserialize)]
struct Case<'a> {
    id: String,
    #[serde(borrow)]
    mapping: &'a RawValue,
    #[serde(borrow)]
    event: Option<&'a RawValue>,
    #[serde(borrow)]
    events: Option<Vec<&'a RawValue>>,
    output: Option<String>,
    stage: Option<String>,
}

/// One event of a case, and what its mapping gives: none where it gives nothing, or fails.
struct One {
    asked: Asked,
    gives: Option<String>,
    fails: bool,
}

impl Case<'_> {
    fn destination(&self) -> String {
        // Holds for whatever comes.
        let request = r#""trigger":"type != \"\"","url":"https://a.example/""#;
        actions(&format!(r#"{request},"data":{}"#, self.mapping.get()))
    }

    fn ones(&self) -> Vec<One> {
        let outputs: Vec<Option<String>> = match (&self.output, &self.events) {
            (Some(output), Some(_)) => {
                let outputs: Vec<&RawValue> = serde_json::from_str(output).unwrap();
                outputs.into_iter().map(|output| Some(not_only_for(CLASSIC, output.get()))).collect()
            }
            (output, _) => vec![
                output.as_deref().map(|text| not_only_for(CLASSIC, text));
                self.events.as_ref().map_or(1, Vec::len)
            ],
        };
        let one = |(event, gives): (String, Option<String>)| {
            let (id, destination) = (self.id.clone(), self.destination());
            One { asked: Asked { id, destination, event }, gives, fails: self.stage.is_some() }
        };
        events(self.event, self.events.as_deref()).into_iter().zip(outputs).map(one).collect()
    }
}

impl One {
    /// What must be said of it, and the body.
    fn expected(&self) -> (&'static str, Option<&str>) {
        match self.gives.as_deref() {
            _ if self.fails => ("invalid: invalid_request", None),
            None | Some("null") => ("deliver", None),
            Some(object) if object.starts_with('{') => ("deliver", Some(object)),
            Some(_) => ("invalid: invalid_request", None),
        }
    }
}

#[test]
fn every_mapping_gives_the_body_it_gives_in_segment() {
    let all: Vec<Case<'_>> = cases(include_str!("../../fixtures/mapping.jsonl"));
    let (odd, sound): (Vec<_>, Vec<_>) = all.into_iter().partition(|case| case.stage.as_deref() == Some("mapping"));
    // What Segment notices only with an event may be refused at load, too.
    let (late, sound): (Vec<_>, Vec<_>) = sound.into_iter().partition(|case| case.stage.is_some());
    assert_eq!((sound.len(), late.len(), odd.len()), (414, 24, 53));
    let odd: Vec<String> = odd.iter().map(Case::destination).collect();
    assert_eq!(refused(&odd), (0..odd.len()).collect());

    let refused_late = refused(&late.iter().map(Case::destination).collect::<Vec<_>>());
    let late = late.iter().enumerate().filter(|(at, _)| !refused_late.contains(at)).map(|(_, case)| case);
    let ones: Vec<One> = sound.iter().chain(late).flat_map(Case::ones).collect();
    let asked: Vec<Asked> = ones.iter().map(|one| one.asked.clone()).collect();
    let told = explained(&asked);
    let (mut wrong, mut malformed) = (Vec::new(), Vec::new());
    for (one, told) in ones.iter().zip(told) {
        // Mappings may be given anything, explain only events.
        if told.reason.as_deref() == Some("malformed") {
            malformed.push(one.asked.id.as_str());
        } else if (told.words().as_str(), told.body()) != one.expected() {
            wrong.push(format!("{}: expected {:?}, found {}", one.asked.id, one.expected(), shown(&told)));
        }
    }
    holds(&wrong, ones.len());
    let expected = ["mapping/structure/040", "mapping/batch/007", "mapping/batch/007", "mapping/batch/007"];
    malformed.retain(|id| *id != "mapping/batch/009");
    assert_eq!(malformed, expected);
}

fn shown(told: &Told) -> String {
    format!("{} {:?}", told.words(), told.body())
}

//! Reads the tests of a configuration. That a test speaks of a destination, a mapping and a reason that exist is judged
//! here; what comes of it is found out by `check`.

use crate::event::json::BigIntegers;
use crate::route::Filtered;
use crate::route::destination::{Destination, Sends};

use super::super::field::{Fault, Field};
use super::super::json;
use super::super::raw::Value;
use super::super::section::{Section, named};
use super::super::similar::nearest;
use super::{ConfigTest, Expect, ExpectedBody, ExpectedRequest, TestTopic};

/// What a test may speak of.
pub(in super::super) struct Known<'a> {
    pub(in super::super) destinations: &'a [Destination],
    /// Some destinations are missing here since they are wrong, so nothing can be said of names that are not found.
    pub(in super::super) all: bool,
}

/// Why nothing is sent, besides what [`Filtered`] says (contract, sections 6 and 7).
const OTHER_REASONS: [&str; 3] = ["no_matching_mapping", "invalid_request", "malformed"];

const EVENT_HINT: &str = "write it as an object, `event: { type: track, event: Order }`, or as the text of one";

/// Reads the list; wrong ones were complained of and are left out.
pub(in super::super) fn read(field: &Field<'_>, known: &Known<'_>) -> Vec<ConfigTest> {
    field.list().into_iter().filter_map(|item| test(item, known)).collect()
}

fn test(field: Field<'_>, known: &Known<'_>) -> Option<ConfigTest> {
    let at = format!("{}:{}", field.source.file.display(), field.at.line);
    let section = Section::of(field)?;
    let name = section.field("name").text().map(|text| text.value);
    let topic = topic(&section.field("topic"));
    let event = event(&section);
    let destination = destination(&section, known);
    let mapping = mapping(&section.field("mapping"), (destination, known));
    let expect = expect(&section);
    section.finish();
    let destination = destination?.id.clone();
    Some(ConfigTest { name, at, event: event?, topic, destination, mapping, expect: expect? })
}

fn topic(field: &Field<'_>) -> TestTopic {
    let Some(text) = field.text() else { return TestTopic::default() };
    let topic = match text.value.as_str() {
        "events" => Ok(TestTopic::Events),
        "audiences" => Ok(TestTopic::Audiences),
        _ => Err(Fault::new(format!("{} is not a choice here", text.shown)).hint("write events or audiences")),
    };
    field.judge(topic).unwrap_or_default()
}

/// The bytes of the event. What stands there as a text may be anything, so that a malformed one can be tried too.
fn event(section: &Section<'_>) -> Option<Vec<u8>> {
    let field = section.field("event");
    match field.value {
        None => {
            section.missing("event", EVENT_HINT);
            None
        }
        Some(Value::Text(_)) => Some(field.language()?.value.into()),
        Some(Value::Map(_)) => Some(json::read(&field, BigIntegers::Exact)?.tree.text().into()),
        Some(_) => {
            field.complain(field.wrong("an event").hint(EVENT_HINT));
            None
        }
    }
}

fn destination<'k>(section: &Section<'_>, known: &Known<'k>) -> Option<&'k Destination> {
    let field = section.field("destination");
    if !field.is_given() {
        section.missing("destination", "name the destination the test is about by its id");
    }
    let text = field.text()?;
    let found = known.destinations.iter().find(|destination| destination.id.as_str() == text.value);
    if found.is_none() && known.all {
        let ids: Vec<&str> = known.destinations.iter().map(|destination| destination.id.as_str()).collect();
        field.complain(unknown(&format!("there is no destination {}", text.shown), (&text.value, &ids)));
    }
    found
}

fn mapping(field: &Field<'_>, (destination, known): (Option<&Destination>, &Known<'_>)) -> Option<String> {
    let text = field.text()?;
    let mappings = match &destination?.sends {
        Sends::Mappings(mappings) => mappings,
        Sends::Hooks(_) => {
            field.complain(Fault::new("the destination has no mappings").hint("leave `mapping` out"));
            return None;
        }
    };
    let names: Vec<&str> = mappings.iter().filter_map(|mapping| mapping.name.as_deref()).collect();
    if known.all && !names.contains(&text.value.as_str()) {
        let what = format!("the destination has no mapping {}", text.shown);
        field.complain(match names.is_empty() {
            true => Fault::new(what).hint("its only mapping has no name; leave `mapping` out"),
            false => unknown(&what, (&text.value, &names)),
        });
        return None;
    }
    Some(text.value)
}

/// The complaint about a word that is none of a list, with the nearest of it, or all if they are few.
fn unknown(what: &str, (word, known): (&str, &[&str])) -> Fault {
    const FEW: usize = 12;
    let hint = match nearest(word, known) {
        Some(word) => format!("did you mean `{word}`?"),
        None if known.len() <= FEW => format!("there is {}", known.join(", ")),
        None => "look it up in this file".to_owned(),
    };
    Fault::new(what).hint(hint)
}

fn expect(section: &Section<'_>) -> Option<Expect> {
    let field = section.field("expect");
    let hint = "write `expect: { request: { … } }` or `expect: { reason: … }`; `request: {}` is any request";
    if !field.is_given() {
        section.missing("expect", hint);
        return None;
    }
    let section = Section::of(field.clone())?;
    let (request_field, reason_field) = (section.field("request"), section.field("reason"));
    let expect = match (request_field.is_given(), reason_field.is_given()) {
        (true, false) => Section::of(request_field).map(|section| Expect::Request(request(section))),
        (false, true) => reason(&reason_field).map(Expect::Reason),
        (true, true) => {
            reason_field.complain(Fault::new("`request` and `reason` cannot both be expected").hint(hint));
            None
        }
        (false, false) => {
            field.complain(Fault::new("nothing is expected").hint(hint));
            None
        }
    };
    section.finish();
    expect
}

fn reason(field: &Field<'_>) -> Option<String> {
    let text = field.text()?;
    let mut reasons: Vec<&str> = Filtered::ALL.map(Filtered::label).into();
    reasons.extend(OTHER_REASONS);
    reasons.sort_unstable();
    reasons.dedup();
    let fault = || unknown(&format!("{} is not a reason", text.shown), (&text.value, &reasons));
    field.judge(if reasons.contains(&text.value.as_str()) { Ok(text.value.clone()) } else { Err(fault()) })
}

fn request(section: Section<'_>) -> ExpectedRequest {
    let text = |key| section.field(key).language().map(|text| text.value);
    let request = ExpectedRequest {
        method: text("method"),
        url: text("url"),
        headers: headers(&section.field("headers")),
        body: body(&section),
    };
    section.finish();
    request
}

fn headers(field: &Field<'_>) -> Vec<(String, String)> {
    let mut headers = Vec::new();
    for (name, field) in named(field) {
        if !field.is_given() {
            field.complain(Fault::new("has no value").hint("write the value that is expected"));
        }
        // A number or boolean is compared as it is spelled.
        let value = match field.value {
            Some(Value::Text(_)) => field.language(),
            _ => field.scalar(),
        };
        headers.extend(value.map(|text| (name.to_owned(), text.value)));
    }
    headers
}

fn body(section: &Section<'_>) -> Option<ExpectedBody> {
    let field = section.field("body");
    match field.value {
        None => section.has_nothing_at("body").then_some(ExpectedBody::None),
        Some(Value::Text(_)) => field.language().map(|text| ExpectedBody::Text(text.value)),
        Some(_) => json::read(&field, BigIntegers::Exact).map(|written| ExpectedBody::Json(written.tree)),
    }
}

//! The mappings of a destination of the type `webhooks_actions`: how many, what they are called, and the keys of one.
//! `request` reads what one sends, `batch` how several deliveries become one request.

mod batch;
mod request;

use std::collections::HashMap;
use std::sync::Arc;

use crate::event::json::BigIntegers;
use crate::route::actions::{MAX_MAPPINGS, SendMapping};
use crate::route::trigger::{Trigger, TriggerError};

use super::field::{Fault, Field};
use super::language::{self, Slip};
use super::raw::Value;
use super::section::Section;
use super::web_address::Reach;

/// What of its destination a mapping has to know.
pub(super) struct Terms<'a> {
    pub(super) reach: Reach<'a>,
    pub(super) big_integers: BigIntegers,
}

/// Characters a name may have.
const LONGEST_NAME: usize = 64;

/// A trigger, and what is easily mistaken for one.
const TRIGGER_HINT: &str = "say which events it wants, such as `trigger: type = \"track\"`, or `trigger: type = \"track\" and event = \"Order Completed\"`";

/// Keys of a destination, which people may write into a mapping.
const OF_DESTINATION: [&str; 19] = [
    "type",
    "paused",
    "timeout",
    "max_in_flight",
    "rate_limit",
    "spread",
    "give_up_after",
    "max_attempts",
    "retry_on",
    "breaker",
    "big_integers",
    "tls",
    "proxy",
    "allow_networks",
    "filters",
    "audiences",
    "audience_calls",
    "shared_secret",
    "shared_secret_file",
];

/// Keys of Segment's own form of a mapping, and of its settings.
const OF_SEGMENT: [(&str, &str); 8] = [
    ("subscribe", "write `trigger`"),
    ("mapping", "write what is in it here: url, method, headers and data are keys of the mapping"),
    ("fields", "write what is in it here: url, method, headers and data are keys of the mapping"),
    ("payload", "write `data`"),
    ("body", "write `data`"),
    ("partnerAction", "leave it out: there is only one action, to send"),
    ("actionSlug", "leave it out: there is only one action, to send"),
    ("globalHook", "write `url`"),
];

/// Reads the mappings; those that are wrong, which was complained of then, are left out.
pub(super) fn read(section: &Section<'_>, terms: &Terms<'_>) -> Vec<Arc<SendMapping>> {
    let field = section.field("mappings");
    if !field.is_given() {
        section.missing("mappings", "list at least one: `mappings: [{ trigger: type = \"track\", url: https://… }]`");
        return Vec::new();
    }
    let items = field.list();
    let is_list = matches!(field.value, Some(Value::List(_)));
    if is_list && !(1..=MAX_MAPPINGS).contains(&items.len()) {
        let fault = Fault::new(format!("there are {} mappings", items.len()));
        field.complain(fault.hint(format!("a destination has 1 to {MAX_MAPPINGS}")));
    }
    let several = items.len() > 1;
    let mut names = HashMap::new();
    let mut mappings = Vec::new();
    for item in items {
        let place = item.path.clone();
        let Some(section) = Section::of(item) else { continue };
        let name = name(&section.field("name"));
        if let Some(name) = &name
            && let Some(first) = names.insert(name.clone(), place)
        {
            let fault = Fault::new(format!("is the name of {first} already"));
            section.field("name").complain(fault.hint("give each mapping a name of its own"));
        }
        if several && !section.field("name").is_given() {
            section.missing(
                "name",
                "several mappings are told apart by their names: give each one, such as `name: orders`",
            );
        }
        mappings.extend(mapping(section, name, terms).map(Arc::new));
    }
    mappings
}

fn mapping(section: Section<'_>, name: Option<Arc<str>>, terms: &Terms<'_>) -> Option<SendMapping> {
    let enabled = section.field("enabled").flag().unwrap_or(true);
    let trigger = trigger(&section);
    let url = request::url(&section, terms);
    let method = request::method(&section, terms);
    let headers = request::headers(&section.field("headers"), terms);
    let data = request::data(&section, terms);
    let batch = batch::read(&section);
    let of_destination = OF_DESTINATION.map(|key| (key, "it belongs to the destination, beside `mappings`"));
    let mut hints: Vec<(&str, &str)> = of_destination.into_iter().chain(OF_SEGMENT).collect();
    hints.push(("id", "leave it out, or write it as `name`; an id of the destination stands beside `mappings`"));
    section.finish_with(&hints);
    Some(SendMapping { name, enabled, trigger: trigger?, url: url?, method: method?, headers, data: data?, batch })
}

/// A name: it becomes the value of a header in Kafka, and people read it.
fn name(field: &Field<'_>) -> Option<Arc<str>> {
    let text = field.text()?;
    let name = text.value.as_str();
    let is_visible = |c: char| !c.is_control() && !matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}');
    let is_right = (1..=LONGEST_NAME).contains(&name.chars().count())
        && name.chars().all(is_visible)
        && !name.starts_with(char::is_whitespace)
        && !name.ends_with(char::is_whitespace);
    let fault = || {
        let fault = Fault::new(format!("is no name of 1 to {LONGEST_NAME} visible characters on one line"));
        fault.hint("write a short one, such as `name: orders`; it begins and ends with no space")
    };
    field.judge(is_right.then(|| name.into()).ok_or_else(fault))
}

fn trigger(section: &Section<'_>) -> Option<Trigger> {
    let field = section.field("trigger");
    if !field.is_given() {
        section.missing("trigger", TRIGGER_HINT);
    }
    language::read(&field, |text| {
        let slip = |error: TriggerError| Slip { at: error.at, problem: error.problem, hint: error.hint };
        Trigger::parse(text).map_err(slip)
    })
}

//! The section `topics`: names that Kafka takes and that do not get in each other's way, and where
//! a new group begins. Whether the topics exist is asked elsewhere.

use crate::outcome::schedule::Tier;

use super::duration;
use super::field::{Fault, Field};
use super::resolved::{StartAt, Topics};
use super::section::{Harmless, Section};

/// Kafka's limit on a topic's name.
const MAX_NAME: usize = 249;

/// The longest tier name with its dot, `.604799999ms`, which a prefix must leave room for.
const MAX_TIER_SUFFIX: usize = 12;

pub(super) fn read(section: Option<Section<'_>>) -> Topics {
    let mut topics = Topics {
        events: "events".into(),
        audiences: "audiences".into(),
        deliveries: "webhooks.deliveries".into(),
        delays: "webhooks.delays".into(),
        dead_letters: "webhooks.dead-letters".into(),
        audience_records: "webhooks.audience-records".into(),
        memberships: "webhooks.memberships".into(),
        start_at: None,
    };
    let Some(section) = section else { return topics };
    for (key, name, longest) in [
        ("events", &mut topics.events, MAX_NAME),
        ("audiences", &mut topics.audiences, MAX_NAME),
        ("deliveries", &mut topics.deliveries, MAX_NAME),
        ("delays", &mut topics.delays, MAX_NAME - MAX_TIER_SUFFIX),
        ("dead_letters", &mut topics.dead_letters, MAX_NAME),
        ("audience_records", &mut topics.audience_records, MAX_NAME),
        ("memberships", &mut topics.memberships, MAX_NAME),
    ] {
        if let Some(given) = topic_name(&section.field(key), longest) {
            *name = given;
        }
    }
    topics.start_at = start_at(&section.field("start_at"));
    for (key, name) in [("replays", "webhooks.replays"), ("tokens", "webhooks.tokens")] {
        section.later(key, &Harmless::Text(name));
    }
    section.later("attempts", &Harmless::Nothing);
    keep_apart(&section, &topics);
    section.finish();
    topics
}

fn topic_name(field: &Field<'_>, longest: usize) -> Option<String> {
    let text = field.text()?;
    let name = &text.value;
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
    let valid = (1..=longest).contains(&name.len()) && name.bytes().all(allowed) && name != "." && name != "..";
    field.judge(valid.then(|| name.clone()).ok_or_else(|| {
        Fault::new(format!("{} is not a topic name", text.shown))
            .hint(format!("Kafka allows 1 to {longest} characters of a-z, A-Z, 0-9, dot, _ and - here"))
    }))
}

/// Complains of topics that are the same, or that Kafka cannot tell apart.
fn keep_apart(section: &Section<'_>, topics: &Topics) {
    let named = [
        ("events", &topics.events),
        ("audiences", &topics.audiences),
        ("deliveries", &topics.deliveries),
        ("delays", &topics.delays),
        ("dead_letters", &topics.dead_letters),
        ("audience_records", &topics.audience_records),
        ("memberships", &topics.memberships),
    ];
    for (index, (key, name)) in named.iter().enumerate() {
        let twin = named[..index].iter().find(|(_, other)| comparable(other) == comparable(name));
        if let Some((other, _)) = twin {
            // The default is not to blame, what was written is.
            let (blamed, other) = match section.field(key).is_given() {
                true => (key, other),
                false => (other, key),
            };
            let fault = Fault::new(format!("is the same topic as topics.{other}"));
            let fault = match named[..index].iter().any(|(_, other)| other == name) {
                true => fault,
                false => fault.hint("Kafka does not tell `.` and `_` apart"),
            };
            section.field(blamed).complain(fault);
        } else if is_delay(name, &topics.delays) {
            let fault = Fault::new("is the name of a delay topic");
            section.field(key).complain(fault.hint("change it, or topics.delays"));
        }
    }
}

/// Topics whose names differ in `.` and `_` only collide in Kafka's metrics, and it refuses them.
fn comparable(name: &str) -> String {
    name.replace('_', ".")
}

/// Whether a name would be taken for a delay topic, configured today or not.
fn is_delay(name: &str, prefix: &str) -> bool {
    let (name, prefix) = (comparable(name), comparable(prefix));
    let tier = name.strip_prefix(&prefix).and_then(|rest| rest.strip_prefix('.'));
    tier.is_some_and(|tier| duration::parse(tier).is_ok_and(|wait| Tier::new(wait).is_some()))
}

fn start_at(field: &Field<'_>) -> Option<StartAt> {
    let text = field.text()?;
    let start = match text.value.as_str() {
        "beginning" => Some(StartAt::Beginning),
        "now" => Some(StartAt::Now),
        time => time.parse().ok().map(StartAt::Time),
    };
    field.judge(start.ok_or_else(|| {
        Fault::new(format!("{} is not a place to start at", text.shown))
            .hint("write beginning, now, or a time such as 2026-01-31T08:00:00Z")
    }))
}

//! The calls Segment would send: of what a record says the identify call, of an identify call the track form, and an
//! identify call told once more. What was given stays as it was written, byte for byte within its member.

use super::object::{Object, Writer, quoted};
use super::record::{Change, ENTERED, EXITED, Form};
use super::{Kind, Source, Value, membership, source};

impl Change<'_> {
    /// The identify call Segment would send, always with a `messageId`.
    ///
    /// An identify call stays what it is. A track call's properties become traits, without the property that holds the
    /// key. A membership record becomes `type`, `messageId`, the ids, `timestamp` (Kafka's where it has none),
    /// `originalTimestamp`, `traits`, `context` with `personas`, `integrations`: those that were given, as they were.
    pub fn identify(&self, source: &Source) -> String {
        let message_id = || quoted(&membership::message_id(source, &self.key, &self.user));
        match &self.form {
            Form::Identify(call) => match message_id_of(call) {
                Some(_) => call.text().to_owned(),
                None => with_message_id(call, &message_id()),
            },
            Form::Track(call) => self.of_track(call, message_id),
            Form::Bare { record, audience_id } => {
                let mut out = Writer::new();
                out.member("type", r#""identify""#);
                out.member("messageId", &message_id_of(record).map_or_else(message_id, str::to_owned));
                for name in ["userId", "anonymousId"] {
                    copy(record, name, &mut out);
                }
                match record.get("timestamp") {
                    Some(given) => out.member("timestamp", given.raw),
                    None => out.member("timestamp", &quoted(&source::printed(source.millis))),
                }
                copy(record, "originalTimestamp", &mut out);
                let traits = record.get("traits").and_then(|traits| traits.object());
                out.member("traits", &self.traits(traits.as_ref()));
                out.member("context", &self.context(record, *audience_id));
                copy(record, "integrations", &mut out);
                out.end()
            }
        }
    }

    fn of_track(&self, call: &Object<'_>, message_id: impl FnOnce() -> String) -> String {
        let has_context = self.is_named_in(call);
        let mut out = Writer::new();
        out.member("type", r#""identify""#);
        if message_id_of(call).is_none() {
            out.member("messageId", &message_id());
        }
        let replaced = ["type", "event", "properties", "traits"];
        for member in call.members() {
            let is = |name: &str| member.name.is(name);
            let left_out = replaced.iter().any(|name| is(name))
                || is("context") && !has_context
                || is("messageId") && message_id_of(call).is_none();
            if !left_out {
                out.copy(&member);
            }
        }
        let properties = call.get("properties").and_then(|properties| properties.object());
        out.member("traits", &self.traits(properties.as_ref()));
        if !has_context {
            out.member("context", &self.context(call, None));
        }
        out.end()
    }

    /// Whether a call says in `context.personas` what it is about, and says the same.
    fn is_named_in(&self, call: &Object<'_>) -> bool {
        let context = call.get("context").and_then(|context| context.object());
        let Some(personas) = context.and_then(|context| context.get("personas")?.object()) else { return false };
        let text = |name| personas.get(name).and_then(|member| member.text()).unwrap_or_default();
        text("computation_key") == self.key && !text("computation_class").is_empty()
    }

    /// The traits that were given, and ours.
    fn traits(&self, given: Option<&Object<'_>>) -> String {
        let value = match self.value {
            Value::Member(true) => "true",
            Value::Member(false) => "false",
            Value::Trait(raw) => raw,
        };
        let of_a_track = matches!(self.form, Form::Track(_));
        let mut out = Writer::new();
        for member in given.into_iter().flat_map(Object::members) {
            let holds_the_key = of_a_track && member.name.is(self.kind.key_property());
            if !holds_the_key && !member.name.is(&self.key) {
                out.copy(&member);
            }
        }
        out.member(&self.key, value);
        out.end()
    }

    /// The context that was given, with what Engage says of the computation.
    fn context(&self, record: &Object<'_>, audience_id: Option<&str>) -> String {
        let given = record.get("context").and_then(|context| context.object());
        let personas = given.as_ref().and_then(|context| context.get("personas")?.object());
        // A call may know better: the step of a journey is a class of its own.
        let class = match &self.form {
            Form::Track(_) => personas.as_ref().and_then(|personas| personas.get("computation_class")),
            Form::Bare { .. } | Form::Identify(_) => None,
        };
        let class = class.and_then(|class| class.text()).filter(|class| !class.is_empty());
        let class = quoted(class.as_deref().unwrap_or(self.kind.label()));
        let mut ours = vec![("computation_class", class), ("computation_key", quoted(&self.key))];
        ours.extend(audience_id.map(|id| ("computation_id", id.to_owned())));
        let mut inner = Writer::new();
        for (name, raw) in &ours {
            inner.member(name, raw);
        }
        for member in personas.iter().flat_map(Object::members) {
            if !ours.iter().any(|(name, _)| member.name.is(name)) {
                inner.copy(&member);
            }
        }
        let mut out = Writer::new();
        for member in given.iter().flat_map(Object::members).filter(|member| !member.name.is("personas")) {
            out.copy(&member);
        }
        out.member("personas", &inner.end());
        out.end()
    }
}

/// The track form of an identify call about a key: for destinations that want to hear of audiences in that way.
///
/// The event has the name Engage gives it unless told otherwise. Traits become properties, after the one that holds the
/// key and its value; everything else stays. A text that is no object is left as it is.
pub fn as_track(identify: &str, key: &str, kind: Kind) -> String {
    let Ok(Some(call)) = Object::read(identify.as_bytes()) else { return identify.to_owned() };
    let traits = call.get("traits").and_then(|traits| traits.object());
    let value = traits.as_ref().and_then(|traits| traits.find(key)).map_or("null", |value| value.raw);
    let event = match (kind, value) {
        (Kind::Trait, _) => "Trait Computed",
        (Kind::Audience, "true") => ENTERED,
        (Kind::Audience, _) => EXITED,
    };
    let mut out = Writer::new();
    out.member("type", r#""track""#);
    out.member("event", &quoted(event));
    for member in call.members() {
        if !["type", "event", "traits", "properties"].iter().any(|name| member.name.is(name)) {
            out.copy(&member);
        }
    }
    out.member("properties", &properties(traits.as_ref(), (key, value), kind));
    out.end()
}

/// An identify call told once more: the same with `-again-` and a number behind its `messageId`, so that a receiver
/// that drops repeats takes it for another call. A text that is no object is left as it is.
pub fn again(identify: &str, offset: i64) -> String {
    let Ok(Some(call)) = Object::read(identify.as_bytes()) else { return identify.to_owned() };
    let old = call.get("messageId").and_then(|id| id.text()).unwrap_or_default();
    with_message_id(&call, &quoted(&format!("{old}-again-{offset}")))
}

fn properties(traits: Option<&Object<'_>>, (key, value): (&str, &str), kind: Kind) -> String {
    let mut out = Writer::new();
    out.member(kind.key_property(), &quoted(key));
    // An audience called "Audience Key" has no property but that one.
    if key != kind.key_property() {
        out.member(key, value);
    }
    for member in traits.into_iter().flat_map(Object::members) {
        if !member.name.is(key) && !member.name.is(kind.key_property()) {
            out.copy(&member);
        }
    }
    out.end()
}

/// The call with another `messageId`, where the old one stood or at the end.
fn with_message_id(call: &Object<'_>, raw: &str) -> String {
    let mut out = Writer::new();
    let mut written = false;
    for member in call.members() {
        if !member.name.is("messageId") {
            out.copy(&member);
        } else if !std::mem::replace(&mut written, true) {
            out.member("messageId", raw);
        }
    }
    if !written {
        out.member("messageId", raw);
    }
    out.end()
}

/// The `messageId` as written; none unless it is a text with characters.
fn message_id_of<'a>(call: &Object<'a>) -> Option<&'a str> {
    let given = call.get("messageId")?;
    given.text().filter(|text| !text.is_empty()).map(|_| given.raw)
}

fn copy(of: &Object<'_>, name: &str, out: &mut Writer) {
    if let Some(member) = of.get(name) {
        out.copy(&member);
    }
}

#[cfg(test)]
mod tests;

//! One JSON object, read without building anything of what lies deeper, and one written member by member.
//! Members keep their bytes; of equal names the last counts, as in JavaScript. What they mean is seen by `record`
//! and `call`.

use std::borrow::Cow;

use crate::event::json::{self, Literal, NotJson, Shape, Text};

/// An object as it was written.
#[derive(Clone, Debug)]
pub(super) struct Object<'a> {
    text: &'a str,
    members: Vec<Member<'a>>,
}

/// A member as it was written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Member<'a> {
    pub(super) name: Text<'a>,
    value: json::Value<'a>,
    /// Its value's text.
    pub(super) raw: &'a str,
}

impl<'a> Object<'a> {
    /// Reads an object; `None` if the text is JSON but no object.
    pub(super) fn read(bytes: &'a [u8]) -> Result<Option<Self>, NotJson> {
        let text = std::str::from_utf8(bytes).map_err(|error| NotJson::NotUtf8 { at: error.valid_up_to() })?;
        let mut members = Vec::new();
        let shape = json::members(bytes, |name, value| members.push(Member { name, value, raw: value.raw(text) }))?;
        Ok((shape == Shape::Object).then_some(Self { text, members }))
    }

    /// The text it was read from.
    pub(super) fn text(&self) -> &'a str {
        self.text
    }

    /// Its members, in the order of the text.
    pub(super) fn members(&self) -> impl Iterator<Item = Member<'a>> {
        self.members.iter().copied()
    }

    /// The member of a name; `None` if it is absent or `null`.
    pub(super) fn get(&self, name: &str) -> Option<Member<'a>> {
        self.find(name).filter(|member| !member.is_null())
    }

    /// The member of a name, `null` or not.
    pub(super) fn find(&self, name: &str) -> Option<Member<'a>> {
        self.members.iter().rev().find(|member| member.name.is(name)).copied()
    }
}

impl<'a> Member<'a> {
    /// What it means, if it is a text.
    pub(super) fn text(&self) -> Option<Cow<'a, str>> {
        match self.value {
            json::Value::Text(text) => Some(text.decode()),
            _ => None,
        }
    }

    /// What it is, if it is `true` or `false`.
    pub(super) fn boolean(&self) -> Option<bool> {
        match self.value {
            json::Value::Literal(Literal::True) => Some(true),
            json::Value::Literal(Literal::False) => Some(false),
            _ => None,
        }
    }

    /// Its members, if it is an object.
    pub(super) fn object(&self) -> Option<Object<'a>> {
        match self.value {
            // What lies in a text that was read can be read.
            json::Value::Object(raw) => Object::read(raw.as_bytes()).ok().flatten(),
            _ => None,
        }
    }

    fn is_null(&self) -> bool {
        matches!(self.value, json::Value::Literal(Literal::Null))
    }
}

/// An object that is being written.
#[derive(Debug)]
pub(super) struct Writer(String);

impl Writer {
    pub(super) fn new() -> Self {
        Self("{".to_owned())
    }

    /// Adds a member with the text of its value.
    pub(super) fn member(&mut self, name: &str, raw: &str) {
        self.named(&quoted(name), raw);
    }

    /// Adds a member as it stands in another object.
    pub(super) fn copy(&mut self, member: &Member<'_>) {
        self.named(&format!("\"{}\"", member.name.inner()), member.raw);
    }

    /// The text.
    pub(super) fn end(mut self) -> String {
        self.0.push('}');
        self.0
    }

    fn named(&mut self, quoted: &str, raw: &str) {
        if self.0.len() > 1 {
            self.0.push(',');
        }
        self.0.push_str(quoted);
        self.0.push(':');
        self.0.push_str(raw);
    }
}

/// A text as `JSON.stringify` prints it.
pub(super) fn quoted(text: &str) -> String {
    // serde_json escapes what JavaScript escapes, and in the same way.
    serde_json::to_string(text).expect("a text is always JSON")
}

/// A list of texts as `JSON.stringify` prints it.
pub(super) fn list(texts: &[&str]) -> String {
    serde_json::to_string(texts).expect("texts are always JSON")
}

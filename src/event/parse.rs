//! An event as everything behind needs it: call type, message id, `integrations` object, borrowed from the bytes.
//! Decides what is no event and why (contract 6). Agrees with `json` on what is JSON, since it reads
//! with the same scanner. What the `integrations` object means is left to `route`.

use std::borrow::Cow;

use super::json::{self, NotJson, Shape, Text, Value};

/// A Segment call, borrowed from the bytes of its record.
#[derive(Clone, Debug)]
pub struct Event<'a> {
    /// Which call it is.
    pub call: Call,
    /// `messageId`, if it is a text; a lone surrogate in it reads as U+FFFD.
    pub message_id: Option<Cow<'a, str>>,
    /// The `integrations` object as written; none if it is absent or not an object.
    pub integrations: Option<&'a str>,
}

/// The calls of Segment's specification, and `delete`, which user deletion sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Call {
    /// A page was seen.
    Page,
    /// A screen of an app was seen.
    Screen,
    /// Who a user is.
    Identify,
    /// What a user did.
    Track,
    /// Two ids are one user.
    Alias,
    /// A user belongs to a group.
    Group,
    /// A user is to be deleted.
    Delete,
    /// A type Segment does not know; no destination supports it.
    Other,
}

impl Call {
    /// The name as it stands in `type`; `other` for [`Call::Other`].
    pub fn name(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Screen => "screen",
            Self::Identify => "identify",
            Self::Track => "track",
            Self::Alias => "alias",
            Self::Group => "group",
            Self::Delete => "delete",
            Self::Other => "other",
        }
    }

    /// The call a `type` names; letter case counts.
    pub fn from_type(name: &str) -> Self {
        match name {
            "page" => Self::Page,
            "screen" => Self::Screen,
            "identify" => Self::Identify,
            "track" => Self::Track,
            "alias" => Self::Alias,
            "group" => Self::Group,
            "delete" => Self::Delete,
            _ => Self::Other,
        }
    }
}

/// Why a record is no event; the texts are for people and hold nothing of the record.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// The record has no value, or one without bytes.
    #[error("the record has no value")]
    Empty,
    /// The value is not JSON; the reason is never [`NotJson::TooDeep`].
    #[error("the value is {0}")]
    NotJson(NotJson),
    /// The value is nested deeper than [`json::MAX_DEPTH`] levels, the event being the first.
    #[error("the event is nested deeper than {} levels", json::MAX_DEPTH)]
    TooDeep,
    /// The value is JSON, but no object.
    #[error("the value is not a JSON object")]
    NotAnObject,
    /// There is no `type`.
    #[error("`type` is missing")]
    TypeMissing,
    /// `type` is not a text.
    #[error("`type` is not a text")]
    TypeNotText,
    /// `type` is the empty text.
    #[error("`type` is empty")]
    TypeEmpty,
}

impl From<NotJson> for Malformed {
    fn from(error: NotJson) -> Self {
        match error {
            NotJson::TooDeep => Self::TooDeep,
            NotJson::NotUtf8 { .. } | NotJson::Syntax { .. } => Self::NotJson(error),
        }
    }
}

impl<'a> Event<'a> {
    /// Reads an event in one pass; of equal keys the last counts, as in JavaScript.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Malformed> {
        if bytes.is_empty() {
            return Err(Malformed::Empty);
        }
        let mut call = None;
        let mut message_id = None;
        let mut integrations = None;
        let shape = json::members(bytes, |key, value| {
            if key.is("type") {
                call = Some(value);
            } else if key.is("messageId") {
                message_id = Some(value);
            } else if key.is("integrations") {
                integrations = Some(value);
            }
        })?;
        if shape == Shape::Other {
            return Err(Malformed::NotAnObject);
        }
        Ok(Self {
            call: read_call(call)?,
            message_id: message_id.and_then(text_of).map(|text| text.decode()),
            integrations: integrations.and_then(object_of),
        })
    }
}

fn read_call(value: Option<Value<'_>>) -> Result<Call, Malformed> {
    match value {
        None => Err(Malformed::TypeMissing),
        Some(Value::Text(text)) => match &*text.decode() {
            "" => Err(Malformed::TypeEmpty),
            name => Ok(Call::from_type(name)),
        },
        Some(_) => Err(Malformed::TypeNotText),
    }
}

fn text_of(value: Value<'_>) -> Option<Text<'_>> {
    match value {
        Value::Text(text) => Some(text),
        _ => None,
    }
}

fn object_of(value: Value<'_>) -> Option<&str> {
    match value {
        Value::Object(raw) => Some(raw),
        _ => None,
    }
}

#[cfg(test)]
mod tests;

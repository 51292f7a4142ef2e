//! The body a mapping gives: an object, or nothing (Segment: fields of the `send` action). Owns what counts as which, and
//! the values that keep the items of batches apart. Putting several into one body is `batch`'s.

use bytes::Bytes;

use super::part::failure;
use super::source::{Source, Text};
use crate::event::json::{BigIntegers, Tree};
use crate::route::actions;
use crate::route::mapping::Mapping;

/// Where the body comes from.
pub(super) enum Data {
    /// The event.
    Event,
    /// The same for all events, or nothing.
    Fixed(Result<Option<Bytes>, Box<str>>),
    /// Made of each event.
    Each(Mapping),
}

/// The way to a value inside the data.
pub(super) type Key = Box<[Box<str>]>;

/// The values found at keys, as JSON; none where there is none.
pub(super) type Values = Box<[Option<String>]>;

/// The text of the data, where there is any, and the values found in it.
type Found<'a> = (Option<Text<'a>>, Values);

impl Data {
    pub(super) fn new(data: &actions::Data, big: BigIntegers) -> Self {
        match data {
            actions::Data::WholeEvent => Self::Event,
            actions::Data::Nothing => Self::Fixed(Ok(None)),
            actions::Data::Mapped(mapping) => match mapping.constant() {
                Some(constant) => Self::Fixed(body(Some(constant.text())).map(|text| text.map(Bytes::from))),
                None => Self::Each(mapping.clone().with_big_integers(big)),
            },
        }
    }

    /// The data of an event, with the values at these keys. Where it is the same for all events no value is looked for.
    pub(super) fn of<'a>(&self, source: &Source<'a>, keys: &[Key]) -> Result<Found<'a>, Box<str>> {
        match self {
            Self::Fixed(fixed) => Ok((fixed.clone()?.map(Text::Fixed), Values::default())),
            Self::Event => {
                let text = source.text()?;
                if !is_object(text.as_bytes()) {
                    return Err("the value is no event: it is no object".into());
                }
                let values = if keys.is_empty() { Values::default() } else { values(Some(source.tree()?), keys) };
                Ok((Some(text), values))
            }
            Self::Each(mapping) if keys.is_empty() => {
                let text = mapping.text(source.tree()?).map_err(|failed| failure("data", &failed))?;
                Ok((body(text)?.map(|text| Text::Made(text.into())), Values::default()))
            }
            Self::Each(mapping) => {
                let tree = mapping.resolve(source.tree()?).map_err(|failed| failure("data", &failed))?;
                let text = body(tree.as_ref().map(Tree::text))?;
                Ok((text.map(|text| Text::Made(text.into())), values(tree.as_ref(), keys)))
            }
        }
    }
}

/// What is sent of resolved data: an object. What is missing or null, and an empty text, is no body; all else is refused.
fn body(text: Option<String>) -> Result<Option<String>, Box<str>> {
    match text {
        None => Ok(None),
        Some(text) if is_object(text.as_bytes()) => Ok(Some(text)),
        Some(text) if text == "null" || text == "\"\"" => Ok(None),
        Some(text) => {
            let kind = match text.as_bytes().first() {
                Some(b'[') => "a list",
                Some(b'"') => "a text",
                Some(b't' | b'f') => "true or false",
                _ => "a number",
            };
            Err(format!("data: is {kind}, and must be an object").into())
        }
    }
}

/// Whether a text of JSON without white space around it is an object.
fn is_object(text: &[u8]) -> bool {
    text.first() == Some(&b'{')
}

fn values(data: Option<&Tree>, keys: &[Key]) -> Values {
    let value = |key: &Key| {
        let value = key.iter().try_fold(data?, |value, name| value.member(name));
        value.map(Tree::text)
    };
    keys.iter().map(value).collect()
}

//! One part of a mapping's request: read once where it does not depend on the event, else for each. What a part must look
//! like is said by `address`, `headers` and here, for the method.

use std::borrow::Cow;

use super::source::Source;
use crate::attempt::client::Method;
use crate::event::json::{BigIntegers, Tree};
use crate::route::mapping::{Mapping, MappingFailed};

/// Makes a part of what its mapping gave; an error says what is wrong, and shows nothing of an event.
type Read<T> = fn(Option<&Tree>) -> Result<T, Box<str>>;

/// A part of a request.
pub(super) enum Part<T> {
    /// The same for all events. One that cannot be sent is told at each attempt: the configuration should have refused it.
    Fixed(Result<T, Box<str>>),
    /// Made of each event.
    Each { mapping: Mapping, name: &'static str, read: Read<T> },
}

impl<T: Clone> Part<T> {
    /// The part of a request that these mappings describe, called `name` in a configuration.
    pub(super) fn new((name, mapping): (&'static str, Mapping), big: BigIntegers, read: Read<T>) -> Self {
        match mapping.constant() {
            Some(constant) => Self::Fixed(read(Some(constant))),
            None => Self::Each { mapping: mapping.with_big_integers(big), name, read },
        }
    }

    /// The part for an event.
    pub(super) fn of(&self, source: &Source<'_>) -> Result<Cow<'_, T>, Box<str>> {
        match self {
            Self::Fixed(Ok(part)) => Ok(Cow::Borrowed(part)),
            Self::Fixed(Err(error)) => Err(error.clone()),
            Self::Each { mapping, name, read } => {
                let resolved = mapping.resolve(source.tree()?).map_err(|failed| failure(name, &failed))?;
                read(resolved.as_ref()).map(Cow::Owned)
            }
        }
    }
}

/// What to say when a mapping cannot be applied.
pub(super) fn failure(part: &str, failed: &MappingFailed) -> Box<str> {
    let MappingFailed { path, problem } = failed;
    let separator = if path.is_empty() { "" } else { "." };
    format!("{part}{separator}{path}: {problem}").into()
}

/// The method, exactly as it is sent (Segment: fields of the `send` action).
pub(super) fn method(resolved: Option<&Tree>) -> Result<Method, Box<str>> {
    match resolved {
        None | Some(Tree::Null) => Err("method: there is none".into()),
        Some(Tree::Text(text)) => Method::read(text).ok_or_else(|| {
            // A word of capitals is no secret.
            let is_word = text.len() <= 10 && text.bytes().all(|byte| byte.is_ascii_uppercase());
            let shown = if is_word && !text.is_empty() { format!("{text} ") } else { String::new() };
            format!("method: {shown}is none of POST, PUT and PATCH").into()
        }),
        Some(_) => Err("method: is no text".into()),
    }
}

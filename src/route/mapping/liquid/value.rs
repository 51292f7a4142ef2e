//! What a template calculates with: JavaScript's values, borrowed from the event or the template where possible.
//! How they turn into text and numbers is `convert`'s, how they compare `compare`'s.

use std::ops::Deref;
use std::rc::Rc;

use crate::event::json::{Members, Number, Tree};

/// A value. What lasts as long as `'e` belongs to the event or to the template.
#[derive(Clone, Debug)]
pub(super) enum Value<'e> {
    /// What is not there; unlike `null` it has no JSON text.
    Undefined,
    Null,
    Bool(bool),
    Number(f64),
    /// A number of the event with so many digits that a double may not hold them: printed as written.
    Digits(&'e Number),
    Text(Text<'e>),
    List(List<'e>),
    Object(&'e Members),
    Keyword(Keyword),
}

/// A word of the template that compares in its own way; printed it is nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keyword {
    Nil,
    Empty,
    Blank,
}

/// A text.
#[derive(Clone, Debug)]
pub(super) enum Text<'e> {
    Borrowed(&'e str),
    Made(Rc<str>),
}

/// A list.
#[derive(Clone, Debug)]
pub(super) enum List<'e> {
    Borrowed(&'e [Tree]),
    Made(Rc<[Value<'e>]>),
}

/// Digits beyond which an integer may have no double of its own.
const SURE_DIGITS: usize = 15;

impl<'e> Value<'e> {
    /// What keywords stand for when nothing is compared: nil for null, the others for an empty text.
    pub(super) fn settled(self) -> Self {
        match self {
            Self::Keyword(Keyword::Nil) => Self::Null,
            Self::Keyword(Keyword::Empty | Keyword::Blank) => Self::from(""),
            other => other,
        }
    }

    /// Its number, if it is one.
    pub(super) fn number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Digits(number) => Some(number.value()),
            _ => None,
        }
    }

    /// Neither `null` nor missing; a keyword is always there.
    pub(super) fn is_there(&self) -> bool {
        !matches!(self, Self::Undefined | Self::Null)
    }

    /// Liquid's truth: all but false, nil and what is missing.
    pub(super) fn is_true(&self) -> bool {
        !matches!(self, Self::Undefined | Self::Null | Self::Bool(false) | Self::Keyword(Keyword::Nil))
    }

    /// JavaScript's truth: zero and the empty text are false as well, a keyword is true.
    pub(super) fn is_true_in_javascript(&self) -> bool {
        match self {
            Self::Undefined | Self::Null => false,
            Self::Bool(value) => *value,
            Self::Number(_) | Self::Digits(_) => self.number().is_some_and(|number| number != 0.0 && !number.is_nan()),
            Self::Text(text) => !text.is_empty(),
            Self::List(_) | Self::Object(_) | Self::Keyword(_) => true,
        }
    }

    /// A list of values that were made.
    pub(super) fn list(values: Vec<Self>) -> Self {
        Self::List(List::Made(values.into()))
    }
}

impl<'e> From<&'e Tree> for Value<'e> {
    fn from(tree: &'e Tree) -> Self {
        match tree {
            Tree::Null => Self::Null,
            Tree::Bool(value) => Self::Bool(*value),
            Tree::Number(number) if number.as_str().len() > SURE_DIGITS => Self::Digits(number),
            Tree::Number(number) => Self::Number(number.value()),
            Tree::Text(text) => Self::from(text.as_str()),
            Tree::List(elements) => Self::List(List::Borrowed(elements)),
            Tree::Object(members) => Self::Object(members),
        }
    }
}

impl<'e> From<&'e str> for Value<'e> {
    fn from(text: &'e str) -> Self {
        Self::Text(Text::Borrowed(text))
    }
}

impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        Self::Text(Text::Made(text.into()))
    }
}

impl From<f64> for Value<'_> {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            Self::Borrowed(text) => text,
            Self::Made(text) => text,
        }
    }
}

impl<'e> List<'e> {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Borrowed(elements) => elements.len(),
            Self::Made(elements) => elements.len(),
        }
    }

    pub(super) fn get(&self, index: usize) -> Option<Value<'e>> {
        match self {
            Self::Borrowed(elements) => elements.get(index).map(Value::from),
            Self::Made(elements) => elements.get(index).cloned(),
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Value<'e>> {
        (0..self.len()).filter_map(|index| self.get(index))
    }
}

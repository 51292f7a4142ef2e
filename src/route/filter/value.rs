//! Values of a condition and how they compare: strictly, without turning one type into another. Where they come from is
//! `evaluate`'s, what functions make of them `function`'s.

use std::borrow::Cow;
use std::cmp::Ordering;

use crate::event::json::{self, Tree};

/// A value, borrowed from the event or the condition where that is possible.
#[derive(Clone, Debug)]
pub(super) enum Value<'a> {
    /// Also what is missing.
    Null,
    Bool(bool),
    Number(Number<'a>),
    Text(Cow<'a, str>),
    List(&'a [Tree]),
    Object(&'a json::Members),
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Number<'a> {
    Written(&'a json::Number),
    Made(f64),
}

impl<'a> From<&'a Tree> for Value<'a> {
    fn from(tree: &'a Tree) -> Self {
        match tree {
            Tree::Null => Self::Null,
            Tree::Bool(value) => Self::Bool(*value),
            Tree::Number(number) => Self::Number(Number::Written(number)),
            Tree::Text(text) => Self::Text(Cow::Borrowed(text)),
            Tree::List(elements) => Self::List(elements),
            Tree::Object(members) => Self::Object(members),
        }
    }
}

impl Value<'_> {
    /// Its type; FQL has no name for objects.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "bool",
            Self::Number(_) => "number",
            Self::Text(_) => "string",
            Self::List(_) => "list",
            Self::Object(_) => "object",
        }
    }

    /// Whether both are the same value of the same type; objects with their keys in the same order.
    pub(super) fn equals(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Number(a), Self::Number(b)) => a.compare(*b) == Some(Ordering::Equal),
            (Self::Text(a), Self::Text(b)) => a == b,
            (Self::List(a), Self::List(b)) => a.len() == b.len() && a.iter().zip(*b).all(|(a, b)| same(a, b)),
            (Self::Object(a), Self::Object(b)) => {
                a.len() == b.len() && a.iter().zip(b.iter()).all(|((k, a), (l, b))| k == l && same(a, b))
            }
            _ => false,
        }
    }
}

fn same(a: &Tree, b: &Tree) -> bool {
    Value::from(a).equals(&Value::from(b))
}

impl Number<'_> {
    pub(super) fn value(self) -> f64 {
        match self {
            Self::Written(number) => number.value(),
            Self::Made(value) => value,
        }
    }

    /// As JavaScript prints it.
    pub(super) fn text(self) -> String {
        match self {
            Self::Written(number) => number.as_str().to_owned(),
            Self::Made(value) => Tree::from(value).text(),
        }
    }

    /// Integers beyond what a double holds are compared digit by digit.
    pub(super) fn compare(self, other: Number<'_>) -> Option<Ordering> {
        let by_value = self.value().partial_cmp(&other.value());
        match (self, other, by_value) {
            // Rounding keeps the order, so only what fell together has to be looked at.
            (Self::Written(a), Number::Written(b), Some(Ordering::Equal)) => {
                let (a, b) = (a.as_str(), b.as_str());
                let is_integer = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
                if !is_integer(a) || !is_integer(b) {
                    return by_value;
                }
                let by_digits = a.len().cmp(&b.len()).then(a.cmp(b));
                Some(if a.starts_with('-') { by_digits.reverse() } else { by_digits })
            }
            _ => by_value,
        }
    }
}

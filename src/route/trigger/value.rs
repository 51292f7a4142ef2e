//! What stands on the right of an operator, and which test it makes with the field on the left.
//! Refuses what Segment compares with something else than is written; the order of the words is `parse`'s.

use super::condition::{Order, Part, Test};
use super::fault::Fault;
use super::path::Kind;

/// A value as a trigger has it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Value<'a> {
    Text(&'a str),
    Number(f64),
    Bool(bool),
    Null,
}

/// A field, an operator and a value as written, for error texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Written {
    pub(super) field: String,
    pub(super) operator: String,
    pub(super) value: String,
}

impl Value<'_> {
    /// The test that such a comparison is.
    pub(super) fn test(self, kind: Kind, order: Order, written: Written) -> Result<Test, Fault> {
        let is_equality = matches!(order, Order::Equal | Order::NotEqual);
        match self {
            Self::Text(text) => match order {
                Order::Equal => Ok(Test::Is(text.into())),
                Order::NotEqual => Ok(Test::IsNot(text.into())),
                _ => Err(Fault::TextInOrder(written)),
            },
            Self::Number(_) if kind != Kind::Member => Err(Fault::NumberOnTextField(written)),
            Self::Number(number) => Ok(Test::Number(order, number)),
            Self::Bool(_) if !is_equality => Err(Fault::BooleanInOrder(written)),
            // Of all text fields Segment lets only `userId` be a boolean.
            Self::Bool(_) if matches!(kind, Kind::Type | Kind::Event | Kind::Name) => {
                Err(Fault::BooleanOnTextField(written))
            }
            Self::Bool(_) if order == Order::NotEqual => Err(Fault::BooleanNotEquals(written)),
            Self::Bool(value) => Ok(Test::Bool(value)),
            Self::Null if !is_equality => Err(Fault::NullInOrder(written)),
            Self::Null if matches!(kind, Kind::Type | Kind::Event) => Err(Fault::NullOnTextField(written)),
            Self::Null if order == Order::Equal => Ok(Test::NotThere),
            Self::Null => Ok(Test::There),
        }
    }
}

/// The functions of the language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function {
    Contains,
    Match,
}

impl Function {
    pub(super) fn of(name: &str) -> Option<Self> {
        match name {
            "contains" => Some(Self::Contains),
            "match" => Some(Self::Match),
            _ => None,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Contains => "contains",
            Self::Match => "match",
        }
    }

    /// Which part of a text the argument names.
    pub(super) fn part(self, argument: &str, field: &str) -> Result<(Part, Box<str>), Fault> {
        let glob = || Fault::Glob { field: field.to_owned(), pattern: argument.to_owned() };
        match self {
            Self::Contains => Ok((Part::Anywhere, argument.into())),
            Self::Match if argument.matches('*').count() != 1 || argument.contains(['?', '[']) => Err(glob()),
            Self::Match => match (argument.strip_suffix('*'), argument.strip_prefix('*')) {
                (Some(start), _) => Ok((Part::Start, start.into())),
                (None, Some(end)) => Ok((Part::End, end.into())),
                (None, None) => Err(glob()),
            },
        }
    }
}

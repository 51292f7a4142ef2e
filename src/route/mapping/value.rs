//! What directives hand to each other while a mapping is applied: a JSON value or nothing, borrowed from the event
//! and the mapping wherever that is possible. Cheap to clone. What JavaScript makes of a value is `javascript`'s,
//! printing it `print`'s.

use std::borrow::Cow;
use std::rc::Rc;

use crate::event::json::{Number, Tree, array_index};

use super::budget::{self, Budget};
use super::{MappingFailed, javascript};

/// A value, or nothing.
#[derive(Clone, Debug)]
pub(super) enum Value<'a> {
    /// JavaScript's `undefined`: dropped from objects, null in lists.
    Missing,
    /// A part of the event or of the mapping.
    Tree(&'a Tree),
    /// A number that was made.
    Number(Number),
    /// A text that was made.
    Text(Rc<str>),
    /// A list that was made.
    List(Rc<Vec<Value<'a>>>),
    /// An object that was made: members in JavaScript's order, each key once.
    Object(Rc<Vec<(Key<'a>, Value<'a>)>>),
}

/// The key of a member.
pub(super) type Key<'a> = Cow<'a, str>;

const TRUE: &Tree = &Tree::Bool(true);
const FALSE: &Tree = &Tree::Bool(false);
const NULL: &Tree = &Tree::Null;

/// What kind of value it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Missing,
    Null,
    Bool,
    Number,
    Text,
    List,
    Object,
}

impl<'a> Value<'a> {
    /// A text that was made.
    pub(super) fn from_text(text: &str) -> Self {
        Self::Text(text.into())
    }

    /// A count.
    pub(super) fn from_count(count: usize) -> Self {
        match Tree::from(count as f64) {
            Tree::Number(number) => Self::Number(number),
            _ => Self::Missing,
        }
    }

    /// A copy of a tree that does not live long enough to be borrowed.
    pub(super) fn owned(tree: &Tree) -> Self {
        match tree {
            Tree::Null => Self::Tree(NULL),
            Tree::Bool(true) => Self::Tree(TRUE),
            Tree::Bool(false) => Self::Tree(FALSE),
            Tree::Number(number) => Self::Number(number.clone()),
            Tree::Text(text) => Self::from_text(text),
            Tree::List(elements) => {
                let mut list = Vec::with_capacity(elements.len());
                for element in elements {
                    list.push(Self::owned(element));
                }
                Self::List(Rc::new(list))
            }
            Tree::Object(members) => {
                let mut object = Vec::with_capacity(members.len());
                for (key, value) in members.iter() {
                    object.push((Cow::Owned(key.to_owned()), Self::owned(value)));
                }
                Self::Object(Rc::new(object))
            }
        }
    }

    pub(super) fn kind(&self) -> Kind {
        match self {
            Self::Missing => Kind::Missing,
            Self::Number(_) => Kind::Number,
            Self::Text(_) => Kind::Text,
            Self::List(_) => Kind::List,
            Self::Object(_) => Kind::Object,
            Self::Tree(tree) => Kind::of(tree),
        }
    }

    /// The text, if it is one.
    pub(super) fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Tree(Tree::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// The number, if it is one.
    pub(super) fn as_number(&self) -> Option<&Number> {
        match self {
            Self::Number(number) | Self::Tree(Tree::Number(number)) => Some(number),
            _ => None,
        }
    }

    /// The elements of a list.
    pub(super) fn elements(&self) -> Option<Vec<Self>> {
        match self {
            Self::List(elements) => Some(elements.to_vec()),
            Self::Tree(Tree::List(elements)) => Some(elements.iter().map(Self::Tree).collect()),
            _ => None,
        }
    }

    /// The members of an object.
    pub(super) fn members(&self) -> Option<Vec<(Key<'a>, Self)>> {
        match self {
            Self::Object(members) => Some(members.to_vec()),
            Self::Tree(Tree::Object(members)) => {
                Some(members.iter().map(|(key, value)| (Cow::Borrowed(key), Self::Tree(value))).collect())
            }
            _ => None,
        }
    }

    /// What `value && value[key]` gives, but for what JavaScript inherits from prototypes: that is missing.
    pub(super) fn member(&self, key: &str) -> Self {
        match self {
            Self::Missing => Self::Missing,
            Self::Tree(Tree::Object(members)) => members.get(key).map_or(Self::Missing, Self::Tree),
            Self::Object(members) => {
                let member = members.iter().find(|(name, _)| name == key);
                member.map_or(Self::Missing, |(_, value)| value.clone())
            }
            Self::Tree(Tree::List(elements)) => element(elements, key, |found| found.map_or(Self::Missing, Self::Tree)),
            Self::List(elements) => element(elements, key, |found| found.cloned().unwrap_or(Self::Missing)),
            Self::Text(text) => self.character(text, key),
            Self::Tree(Tree::Text(text)) => self.character(text, key),
            Self::Tree(Tree::Null | Tree::Bool(false)) => self.clone(),
            Self::Tree(Tree::Bool(true)) => Self::Missing,
            Self::Number(number) | Self::Tree(Tree::Number(number)) if number.as_str() == "0" => self.clone(),
            Self::Number(_) | Self::Tree(Tree::Number(_)) => Self::Missing,
        }
    }

    /// A member of a text; the empty text is falsy, so it stands for all of its members.
    fn character(&self, text: &str, key: &str) -> Self {
        if text.is_empty() {
            return self.clone();
        }
        if key == "length" {
            return Self::from_count(javascript::length(text));
        }
        let unit = array_index(key).and_then(|index| javascript::units(text).nth(usize::try_from(index).ok()?));
        unit.map_or(Self::Missing, |unit| Self::from_text(&unit))
    }

    /// Without the members that are missing. What was made may have so many levels here, lest each `@transform` adds
    /// to what the one before it gave.
    pub(super) fn cleaned(self, levels: usize, budget: &Budget) -> Result<Self, MappingFailed> {
        budget.spend(budget::VALUE)?;
        let Some(levels) = levels.checked_sub(1) else {
            return Err(MappingFailed::new("makes a value of too many levels"));
        };
        // Plain loops, here and wherever a value is followed to its depths: their frames are small.
        match &self {
            Self::Object(members) => {
                let mut present = Vec::with_capacity(members.len());
                for (key, value) in members.iter().filter(|(_, value)| value.kind() != Kind::Missing) {
                    present.push((key.clone(), value.clone().cleaned(levels, budget)?));
                }
                Ok(Self::Object(Rc::new(present)))
            }
            Self::List(elements) => {
                let mut cleaned = Vec::with_capacity(elements.len());
                for element in elements.iter() {
                    cleaned.push(element.clone().cleaned(levels, budget)?);
                }
                Ok(Self::List(Rc::new(cleaned)))
            }
            _ => Ok(self),
        }
    }
}

/// A member of a list: an element or the length.
fn element<'v, 'a, T>(elements: &'v [T], key: &str, found: impl Fn(Option<&'v T>) -> Value<'a>) -> Value<'a> {
    if key == "length" {
        return Value::from_count(elements.len());
    }
    found(array_index(key).and_then(|index| elements.get(usize::try_from(index).ok()?)))
}

impl Kind {
    pub(super) fn of(tree: &Tree) -> Self {
        match tree {
            Tree::Null => Self::Null,
            Tree::Bool(_) => Self::Bool,
            Tree::Number(_) => Self::Number,
            Tree::Text(_) => Self::Text,
            Tree::List(_) => Self::List,
            Tree::Object(_) => Self::Object,
        }
    }

    /// For people.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Missing => "nothing",
            Self::Null => "null",
            Self::Bool => "true or false",
            Self::Number => "a number",
            Self::Text => "a text",
            Self::List => "a list",
            Self::Object => "an object",
        }
    }
}

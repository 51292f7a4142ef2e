//! What names stand for: what the template has set, then the members of the event; and the keys of a value, with
//! Liquid's `size`, `first` and `last`.

use std::collections::HashMap;

use super::budget::Budget;
use super::convert::units;
use super::failure::Failure;
use super::value::{List, Text, Value};

/// The names of one rendering.
#[derive(Debug)]
pub(super) struct Scope<'e> {
    /// By `assign` and `capture`.
    pub(super) variables: HashMap<&'e str, Value<'e>>,
    /// By `increment` and `decrement`. They lie over the event, below the variables.
    pub(super) counters: HashMap<&'e str, f64>,
    root: Value<'e>,
}

impl<'e> Scope<'e> {
    pub(super) fn new(root: Value<'e>) -> Self {
        Self { variables: HashMap::new(), counters: HashMap::new(), root }
    }

    /// The number a counter starts with.
    pub(super) fn count(&self, name: &str) -> f64 {
        let of_event = || self.member(name).and_then(|value| value.number());
        self.counters.get(name).copied().or_else(of_event).unwrap_or(0.0)
    }

    /// What a path beginning with a name leads to.
    pub(super) fn look_up(&self, keys: &[Value<'e>], budget: &mut Budget) -> Result<Value<'e>, Failure> {
        let Some((first, rest)) = keys.split_first() else {
            return Ok(Value::Undefined);
        };
        let name = first.key(budget)?;
        let variable = self.variables.get(&*name).cloned();
        let found = variable.or_else(|| self.counters.get(&*name).copied().map(Value::Number));
        let value = match found.or_else(|| self.member(&name)) {
            Some(value) => value,
            // LiquidJS then asks an empty object, whose size is zero.
            None if &*name == "size" => Value::Number(0.0),
            None => Value::Undefined,
        };
        descend(value, rest, budget)
    }

    /// A member of the event itself; a text and a list have members too.
    fn member(&self, name: &str) -> Option<Value<'e>> {
        own_member(&self.root, name)
    }
}

/// What the keys of a value lead to.
pub(super) fn descend<'e>(value: Value<'e>, keys: &[Value<'e>], budget: &mut Budget) -> Result<Value<'e>, Failure> {
    keys.iter().try_fold(value, |value, key| {
        budget.steps(1)?;
        property(&value, key, budget)
    })
}

fn property<'e>(value: &Value<'e>, key: &Value<'e>, budget: &mut Budget) -> Result<Value<'e>, Failure> {
    if let (Value::List(list), Some(index)) = (value, key.number()) {
        return Ok(element(list, index));
    }
    // What is null stays null however deep one asks.
    if matches!(value, Value::Null) {
        return Ok(Value::Null);
    }
    let key = key.key(budget)?;
    if let Some(member) = own_member(value, &key) {
        return Ok(member);
    }
    Ok(match (value, &*key) {
        (Value::List(list), "size") => count(list.len()),
        (Value::List(list), "first") => element(list, 0.0),
        (Value::List(list), "last") => element(list, -1.0),
        (Value::Text(text), "size") => count(units(text)),
        (Value::Object(members), "size") => count(members.len()),
        _ => Value::Undefined,
    })
}

/// What JavaScript calls a value's own property.
fn own_member<'e>(value: &Value<'e>, key: &str) -> Option<Value<'e>> {
    match value {
        Value::Object(members) => members.get(key).map(Value::from),
        Value::List(list) if key == "length" => Some(count(list.len())),
        Value::List(list) => list.get(index(key)?),
        Value::Text(text) if key == "length" => Some(count(units(text))),
        Value::Text(text) => unit(text, index(key)?),
        _ => None,
    }
}

/// An element, counted from the end when the index is negative.
pub(super) fn element<'e>(list: &List<'e>, index: f64) -> Value<'e> {
    let index = if index < 0.0 { index + list.len() as f64 } else { index };
    if index < 0.0 || index.fract() != 0.0 {
        return Value::Undefined;
    }
    list.get(index as usize).unwrap_or(Value::Undefined)
}

/// A position as JavaScript prints it.
fn index(key: &str) -> Option<usize> {
    let is_plain = key == "0" || !key.starts_with(['0', '+']);
    key.parse().ok().filter(|_| is_plain)
}

/// The character at a position counted in UTF-16 units. Half a character is the replacement character.
fn unit<'e>(text: &Text<'e>, index: usize) -> Option<Value<'e>> {
    let mut at = 0;
    for c in text.chars() {
        if at == index && c.len_utf16() == 1 {
            return Some(Value::from(c.to_string()));
        }
        at += c.len_utf16();
        if at > index {
            return Some(Value::from("\u{fffd}"));
        }
    }
    None
}

fn count<'e>(count: usize) -> Value<'e> {
    Value::Number(count as f64)
}

//! Filters on lists, of which Segment leaves those that neither sort nor loop. Another value counts as a list of one.
//! What Segment disables is `refused`'s; making a list of a text is `replace`'s.

use super::super::budget::Budget;
use super::super::compare::equal;
use super::super::convert::units;
use super::super::evaluate::Evaluation;
use super::super::expression;
use super::super::failure::Failure;
use super::super::node::Operand;
use super::super::scope::{Scope, descend, element};
use super::super::value::{List, Value};
use super::text::starts_with;
use super::{Call, Filter, Made};

pub(super) fn named(name: &str) -> Option<Filter> {
    Some(match name {
        "join" => join,
        "first" => |call| end(call, 0.0),
        "last" => |call| end(call, -1.0),
        "size" => size,
        "sum" => sum,
        "compact" => compact,
        "push" => push,
        "unshift" => unshift,
        "pop" => pop,
        "shift" => shift,
        "slice" => slice,
        "where" => where_,
        _ => return None,
    })
}

fn join<'e>(call: &mut Call<'_, 'e>) -> Made<'e> {
    let list = Value::List(call.list()?);
    let separator = match call.argument(0).settled() {
        Value::Undefined | Value::Null => " ".into(),
        separator => separator.text(call.budget)?.to_string(),
    };
    let mut out = String::new();
    list.join(&separator, &mut out, call.budget)?;
    Ok(Value::from(out))
}

/// The first or last element or character.
fn end<'e>(call: &mut Call<'_, 'e>, index: f64) -> Made<'e> {
    Ok(match call.value.clone().settled() {
        Value::List(list) => element(&list, index),
        Value::Text(text) => {
            let end = if index < 0.0 { text.chars().next_back() } else { text.chars().next() };
            Value::from(end.map(String::from).unwrap_or_default())
        }
        Value::Object(members) => match members.get("length").map(Value::from).and_then(|length| length.number()) {
            // It looks like a list to JavaScript.
            Some(length) => {
                let index = Value::Number(if index < 0.0 { length - 1.0 } else { 0.0 });
                let key = index.key(call.budget)?;
                members.get(&key).map_or(Value::Undefined, Value::from)
            }
            None => Value::from(""),
        },
        _ => Value::from(""),
    })
}

fn size<'e>(call: &mut Call<'_, 'e>) -> Made<'e> {
    let length = match &call.value {
        Value::List(list) => Value::Number(list.len() as f64),
        Value::Text(text) => Value::Number(units(text) as f64),
        Value::Object(members) => members.get("length").map_or(Value::Undefined, Value::from),
        _ => Value::Undefined,
    };
    Ok(if length.is_true_in_javascript() { length } else { Value::Number(0.0) })
}

/// Of the elements, or of a property of each; what is no number adds nothing.
fn sum<'e>(call: &mut Call<'_, 'e>) -> Made<'e> {
    let property = call.argument(0);
    let mut keys: Vec<Value<'e>> = Vec::new();
    if property.is_true_in_javascript() {
        let path = property.text(call.budget)?;
        keys.extend(path.split('.').map(|key| Value::from(key.to_owned())));
    }
    let mut sum = 0.0;
    for element in call.list()?.iter() {
        sum += descend(element, &keys, call.budget)?.to_number_or_zero(call.budget)?;
    }
    Ok(Value::Number(sum))
}

fn compact<'e>(call: &mut Call<'_, 'e>) -> Made<'e> {
    let mut elements = call.elements()?;
    elements.retain(|element| element.clone().settled().is_there());
    Ok(Value::list(elements))
}

fn push<'e>(call: &mut Call<'_, 'e>) -> Made<'e> {
    let mut elements = call.elements()?;
    elements.push(call.argument(0));
    Ok(Value::list(elements))
}

fn unshift<'e>(call: &mut Call<'_, 'e>) -> Made<'e> {
    let mut elements = call.elements()?;
    elements.insert(0, call.argument(0));
    Ok(Value::list(elements))
}

fn pop<'e>(call: &mut Call<'_, 'e>) -> Made<'e> {
    let mut elements = call.elements()?;
    elements.pop();
    Ok(Value::list(elements))
}

fn shift<'e>(call: &mut Call<'_, 'e>) -> Made<'e> {
    let mut elements = call.elements()?;
    elements.drain(..elements.len().min(1));
    Ok(Value::list(elements))
}

/// So many elements or characters from a place on, which is counted from the end when negative.
fn slice<'e>(call: &mut Call<'_, 'e>) -> Made<'e> {
    let begin = call.argument_number(0, f64::NAN)?;
    let length = call.argument_number(1, 1.0)?;
    let value = call.value.clone().settled();
    match value {
        Value::Undefined | Value::Null => Ok(Value::list(Vec::new())),
        Value::List(list) => slice_of_list(call, &list, (begin, length)),
        _ => {
            let text = call.text()?;
            let begin = if begin < 0.0 { text.chars().count() as f64 + begin } else { begin };
            if begin < 0.0 || length < 0.0 {
                return Ok(Value::from(""));
            }
            let rest = &text[starts_with(&text, begin).len()..];
            call.made(starts_with(rest, length).to_owned())
        }
    }
}

fn slice_of_list<'e>(call: &mut Call<'_, 'e>, list: &List<'e>, (begin, length): (f64, f64)) -> Made<'e> {
    let begin = if begin < 0.0 { list.len() as f64 + begin } else { begin };
    if begin < 0.0 || length < 0.0 {
        return Ok(Value::list(Vec::new()));
    }
    // What is no number becomes zero here.
    let range = begin as usize..(begin + length) as usize;
    let kept = call.elements()?.into_iter().take(range.end).skip(range.start);
    Ok(Value::list(kept.collect()))
}

/// The elements whose property is true, or equal to the second argument.
fn where_<'e>(call: &mut Call<'_, 'e>) -> Made<'e> {
    let property = call.argument_text(0)?;
    let path = expression::path(&property).map_err(|_| Failure::NotAPath)?;
    let wanted = call.argument(1);
    let mut kept = Vec::new();
    for element in call.list()?.iter() {
        let value = match &path {
            Some(path) => of_element(element.clone(), path, call.budget)?,
            None => Value::Undefined,
        };
        let is_wanted = match &wanted {
            Value::Undefined => value.is_true(),
            wanted => equal(&value, wanted, call.budget)?,
        };
        if is_wanted {
            kept.push(element);
        }
    }
    Ok(Value::list(kept))
}

/// What a path leads to where the element stands for the event.
fn of_element<'a>(element: Value<'a>, path: &'a Operand, budget: &mut Budget) -> Result<Value<'a>, Failure> {
    let scope = Scope::new(element);
    Evaluation { scope: &scope, budget, at: &mut 0 }.operand(path)
}

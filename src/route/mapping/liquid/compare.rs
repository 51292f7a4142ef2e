//! How values compare: Liquid's operators over JavaScript's `===`, `<` and `indexOf`. Their order in an expression is
//! `expression`'s.

use std::cmp::Ordering;

use super::budget::Budget;
use super::convert::is_space;
use super::failure::Failure;
use super::value::{Keyword, Value};

/// An order that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// `==`
pub(super) fn equal(left: &Value<'_>, right: &Value<'_>, budget: &mut Budget) -> Result<bool, Failure> {
    budget.steps(1)?;
    Ok(match (left, right) {
        (Value::Keyword(keyword), other) | (other, Value::Keyword(keyword)) => is(*keyword, other),
        (Value::List(left), Value::List(right)) => {
            if left.len() != right.len() {
                return Ok(false);
            }
            for (left, right) in left.iter().zip(right.iter()) {
                if !equal(&left, &right, budget)? {
                    return Ok(false);
                }
            }
            true
        }
        (Value::Text(left), Value::Text(right)) => {
            budget.bytes(left.len().min(right.len()))?;
            **left == **right
        }
        // Two objects are equal only if they are one and the same.
        (Value::Object(left), Value::Object(right)) => std::ptr::eq(*left, *right),
        (Value::Bool(left), Value::Bool(right)) => left == right,
        (Value::Undefined, Value::Undefined) | (Value::Null, Value::Null) => true,
        (left, right) => left.number().is_some() && left.number() == right.number(),
    })
}

/// Whether a value is what a keyword means.
fn is(keyword: Keyword, value: &Value<'_>) -> bool {
    match (keyword, value) {
        (Keyword::Nil, _) => matches!(value, Value::Undefined | Value::Null | Value::Keyword(Keyword::Nil)),
        (Keyword::Blank, Value::Undefined | Value::Null | Value::Bool(false) | Value::Keyword(Keyword::Nil)) => true,
        (Keyword::Blank, Value::Text(text)) => text.chars().all(is_space),
        (_, Value::Text(text)) => text.is_empty(),
        (_, Value::List(list)) => list.len() == 0,
        (_, Value::Object(members)) => members.is_empty(),
        _ => false,
    }
}

/// `<`, `<=`, `>`, `>=`; keywords have no order.
pub(super) fn in_order(
    left: &Value<'_>,
    order: Order,
    right: &Value<'_>,
    budget: &mut Budget,
) -> Result<bool, Failure> {
    if matches!(left, Value::Keyword(_)) || matches!(right, Value::Keyword(_)) {
        return Ok(false);
    }
    // Lists and objects are compared as their texts.
    let is_text = |value: &Value<'_>| matches!(value, Value::Text(_) | Value::List(_) | Value::Object(_));
    let found = if is_text(left) && is_text(right) {
        let (left, right) = (left.key(budget)?, right.key(budget)?);
        budget.bytes(left.len().min(right.len()))?;
        Some(left.encode_utf16().cmp(right.encode_utf16()))
    } else {
        left.to_number(budget)?.partial_cmp(&right.to_number(budget)?)
    };
    Ok(found.is_some_and(|found| match order {
        Order::Less => found == Ordering::Less,
        Order::LessOrEqual => found != Ordering::Greater,
        Order::Greater => found == Ordering::Greater,
        Order::GreaterOrEqual => found != Ordering::Less,
    }))
}

/// `contains`: an element of a list, or a part of a text.
pub(super) fn contains(whole: &Value<'_>, part: &Value<'_>, budget: &mut Budget) -> Result<bool, Failure> {
    match whole.clone().settled() {
        Value::List(list) => {
            for element in list.iter() {
                if equal(&element, part, budget)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        Value::Text(text) => {
            let part = part.clone().settled().key(budget)?;
            budget.bytes(text.len())?;
            Ok(text.contains(&*part))
        }
        _ => Ok(false),
    }
}

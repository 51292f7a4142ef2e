//! The functions of conditions (Segment: FQL, functions). What the description leaves open is answered as by Segment's
//! published matcher (`tsub`): what takes texts answers null, or false, for anything else.

use std::borrow::Cow;

use super::evaluate::{Evaluation, Failure};
use super::expression::{One, Two};
use super::glob;
use super::value::{Number, Value};
use crate::event::json::Tree;

/// A function of one value.
pub(super) fn of_one<'a>(one: One, value: Value<'a>, evaluation: &Evaluation<'_>) -> Result<Value<'a>, Failure> {
    match one {
        One::Length => Ok(Value::Number(Number::Made(length(&value)))),
        One::Typeof => Ok(Value::Text(Cow::Borrowed(value.kind()))),
        One::Bool => bool(&value).map(Value::Bool),
        One::String => string(value, evaluation),
        One::Number => number(value),
        One::Lowercase => of_text(value, evaluation, str::to_lowercase),
        One::Uppercase => of_text(value, evaluation, str::to_uppercase),
        One::Snakecase => of_text(value, evaluation, |text| text.replace(' ', "_")),
        One::Kebabcase => of_text(value, evaluation, |text| text.replace(' ', "-")),
        One::Titlecase => of_text(value, evaluation, titlecase),
    }
}

/// A function of two values; all of them answer yes or no.
pub(super) fn of_two(
    two: Two,
    first: &Value<'_>,
    second: &Value<'_>,
    evaluation: &Evaluation<'_>,
) -> Result<bool, Failure> {
    let (Value::Text(text), Value::Text(other)) = (first, second) else { return Ok(false) };
    match two {
        Two::Contains => {
            evaluation.spend(text.len() + other.len())?;
            Ok(text.contains(&**other))
        }
        Two::Match => glob::matches(other, text, evaluation),
    }
}

/// Bytes of a text, elements of a list, nothing of null; of anything else what equals no number.
fn length(value: &Value<'_>) -> f64 {
    match value {
        Value::Null => 0.0,
        Value::Text(text) => text.len() as f64,
        Value::List(elements) => elements.len() as f64,
        Value::Bool(_) | Value::Number(_) | Value::Object(_) => f64::NAN,
    }
}

fn of_text<'a>(
    value: Value<'a>,
    evaluation: &Evaluation<'_>,
    change: impl FnOnce(&str) -> String,
) -> Result<Value<'a>, Failure> {
    let Value::Text(text) = value else { return Ok(Value::Null) };
    evaluation.spend(text.len())?;
    Ok(Value::Text(Cow::Owned(change(&text))))
}

/// Each word with a capital, the rest as it is.
fn titlecase(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut begins = true;
    for letter in text.chars() {
        if begins {
            out.extend(letter.to_uppercase());
        } else {
            out.push(letter);
        }
        begins = letter.is_whitespace();
    }
    out
}

/// Nothing, zero, an empty list and the text `false` are false. Segment does not say; a text that means neither has no answer.
fn bool(value: &Value<'_>) -> Result<bool, Failure> {
    match value {
        Value::Null => Ok(false),
        Value::Bool(value) => Ok(*value),
        Value::Number(number) => Ok(number.value() != 0.0),
        Value::List(elements) => Ok(!elements.is_empty()),
        Value::Text(text) if text == "true" => Ok(true),
        Value::Text(text) if text == "false" || text.is_empty() => Ok(false),
        Value::Text(_) | Value::Object(_) => Err(cannot("bool", value)),
    }
}

/// What is missing stays missing; a list gives its JSON text.
fn string<'a>(value: Value<'a>, evaluation: &Evaluation<'_>) -> Result<Value<'a>, Failure> {
    let text = match value {
        Value::Null | Value::Text(_) => return Ok(value),
        Value::Bool(value) => value.to_string(),
        Value::Number(number) => number.text(),
        Value::List(elements) => Tree::List(elements.to_vec()).text(),
        Value::Object(_) => return Err(cannot("string", &value)),
    };
    evaluation.spend(text.len())?;
    Ok(Value::Text(Cow::Owned(text)))
}

/// What is missing stays missing; a text must be a number as people write it.
fn number(value: Value<'_>) -> Result<Value<'_>, Failure> {
    match &value {
        Value::Null | Value::Number(_) => Ok(value),
        Value::Text(text) => {
            // Rust would also read `inf` and `nan`.
            let is_plain = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
            let number = text.parse().ok().filter(|number: &f64| is_plain && number.is_finite());
            number.map(|number| Value::Number(Number::Made(number))).ok_or_else(|| cannot("number", &value))
        }
        Value::Bool(_) | Value::List(_) | Value::Object(_) => Err(cannot("number", &value)),
    }
}

fn cannot(function: &'static str, value: &Value<'_>) -> Failure {
    Failure::NotConvertible { function, kind: value.kind() }
}

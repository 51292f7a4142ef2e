//! Filters that calculate, with JavaScript's doubles. What is no number counts as zero; an argument that is missing
//! makes the result `NaN`.

use super::super::convert::number_text;
use super::super::failure::Failure;
use super::super::value::Value;
use super::{Call, Filter, Made};

/// Up to here a double holds every integer (2^53 - 1).
const MAX_SAFE_INTEGER: f64 = 9_007_199_254_740_991.0;

pub(super) fn named(name: &str) -> Option<Filter> {
    Some(match name {
        "abs" => |call| with_one(call, f64::abs),
        "ceil" => |call| with_one(call, f64::ceil),
        "floor" => |call| with_one(call, f64::floor),
        "plus" => |call| with_two(call, |left, right| left + right),
        "minus" => |call| with_two(call, |left, right| left - right),
        "times" => |call| with_two(call, |left, right| left * right),
        "modulo" => |call| with_two(call, |left, right| (left % right + right) % right),
        "at_least" => |call| with_all(call, f64::max),
        "at_most" => |call| with_all(call, f64::min),
        "divided_by" => divided_by,
        "round" => round,
        "to_integer" => to_integer,
        _ => return None,
    })
}

fn with_one<'e>(call: &mut Call<'_, 'e>, calculate: fn(f64) -> f64) -> Made<'e> {
    Ok(Value::Number(calculate(value(call)?)))
}

fn with_two<'e>(call: &mut Call<'_, 'e>, calculate: fn(f64, f64) -> f64) -> Made<'e> {
    Ok(Value::Number(calculate(value(call)?, argument(call, 0)?)))
}

fn with_all<'e>(call: &mut Call<'_, 'e>, calculate: fn(f64, f64) -> f64) -> Made<'e> {
    let mut result = value(call)?;
    for index in 0..call.arguments.len() {
        result = calculate(result, argument(call, index)?);
    }
    Ok(Value::Number(result))
}

/// Asked for by a second argument, the result is an integer.
fn divided_by<'e>(call: &mut Call<'_, 'e>) -> Made<'e> {
    let quotient = value(call)? / argument(call, 0)?;
    let is_integer = call.arguments.len() > 1 && argument(call, 1)? != 0.0;
    Ok(Value::Number(if is_integer { quotient.floor() } else { quotient }))
}

/// To so many decimals, halves away from zero: of the decimal text, so that 1.005 to two is 1.01.
fn round<'e>(call: &mut Call<'_, 'e>) -> Made<'e> {
    let number = value(call)?;
    let places = if call.arguments.is_empty() { 0.0 } else { argument(call, 0)? };
    let scaled = shifted(number.abs(), places);
    // Also what became no number.
    if scaled.is_nan() || scaled > MAX_SAFE_INTEGER {
        return Ok(Value::Number(number));
    }
    let rounded = shifted(scaled.round(), -places);
    Ok(Value::Number(if number < 0.0 { -rounded } else { rounded }))
}

/// Moves the point of a number by so many places, which only whole numbers can say.
fn shifted(number: f64, places: f64) -> f64 {
    let text = number_text(number);
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent = exponent.parse::<f64>().unwrap_or(f64::NAN) + places;
    // An exponent that is no integer makes no number, neither here nor in JavaScript.
    format!("{mantissa}e{}", number_text(exponent)).parse().unwrap_or(f64::NAN)
}

/// JavaScript's `Number`: fractions stay, and what is no number is `NaN`.
fn to_integer<'e>(call: &mut Call<'_, 'e>) -> Made<'e> {
    call.value.to_number(call.budget).map(Value::Number)
}

fn value(call: &mut Call<'_, '_>) -> Result<f64, Failure> {
    call.value.to_number_or_zero(call.budget)
}

fn argument(call: &mut Call<'_, '_>, index: usize) -> Result<f64, Failure> {
    match call.arguments.get(index) {
        Some(argument) => argument.to_number_or_zero(call.budget),
        None => Ok(f64::NAN),
    }
}

//! The filters that print dates. What is no date passes unchanged. Without a time zone in the filter, dates are printed
//! in UTC. `parse` reads dates, `moment` knows their parts, `format` prints them.

mod calendar;
mod composed;
mod format;
mod iso;
mod moment;
mod parse;
mod token;

use super::super::failure::Failure;
use super::super::refused::{CLOCK, is_now};
use super::super::value::{Text, Value};
use super::{Call, Filter, Made};
use moment::{Moment, Zone};

/// LiquidJS's own.
const FORMAT: &str = "%A, %B %-e, %Y at %-l:%M %P %z";

pub(super) fn named(name: &str) -> Option<Filter> {
    Some(match name {
        "date" => date,
        "date_to_xmlschema" => |call| fixed(call, "%Y-%m-%dT%H:%M:%S%:z"),
        "date_to_rfc822" => |call| fixed(call, "%a, %d %b %Y %H:%M:%S %z"),
        "date_to_string" => |call| day(call, "%b"),
        "date_to_long_string" => |call| day(call, "%B"),
        _ => return None,
    })
}

fn date<'e>(call: &mut Call<'_, 'e>) -> Made<'e> {
    let zone = match call.argument(1) {
        Value::Undefined | Value::Null => Zone::Utc,
        Value::Text(name) => Zone::named(&name).ok_or(Failure::NoSuchTimeZone)?,
        minutes => Zone::Minutes(minutes.to_number(call.budget)?),
    };
    let Some(moment) = moment(call, zone)? else {
        return Ok(call.value.clone());
    };
    let format = match call.argument(0).settled() {
        Value::Undefined | Value::Null => Text::Borrowed(FORMAT),
        format => format.text(call.budget)?,
    };
    format::format(&moment, &format, call.budget).map(Value::from)
}

fn fixed<'e>(call: &mut Call<'_, 'e>, format: &str) -> Made<'e> {
    match moment(call, Zone::Utc)? {
        Some(moment) => format::format(&moment, format, call.budget).map(Value::from),
        None => Ok(call.value.clone()),
    }
}

/// `05 Mar 2024`, or with an ordinal: `5th Mar 2024`, `Mar 5th, 2024`.
fn day<'e>(call: &mut Call<'_, 'e>, month: &str) -> Made<'e> {
    let is = |value: Value<'e>, word: &str| matches!(value, Value::Text(text) if &*text == word);
    let format = if !is(call.argument(0), "ordinal") {
        format!("%d {month} %Y")
    } else if is(call.argument(1), "US") {
        format!("{month} %-d%q, %Y")
    } else {
        format!("%-d%q {month} %Y")
    };
    fixed(call, &format)
}

/// The moment a value stands for: seconds since 1970, or a text as JavaScript reads it.
fn moment(call: &mut Call<'_, '_>, zone: Zone) -> Result<Option<Moment>, Failure> {
    let value = call.value.clone().settled();
    let millis = match value {
        Value::Undefined | Value::Null | Value::Object(_) => return Ok(None),
        Value::Bool(value) => f64::from(u8::from(value)),
        Value::Number(_) | Value::Digits(_) => value.to_number(call.budget)? * 1000.0,
        Value::Text(text) if is_now(&text) => return Err(Failure::Refused(CLOCK.problem)),
        Value::Text(text) if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) => {
            text.parse().unwrap_or(f64::NAN) * 1000.0
        }
        other => {
            let text = other.key(call.budget)?;
            call.budget.bytes(text.len())?;
            match parse::parse(&text) {
                Some(millis) => millis,
                None => return Ok(None),
            }
        }
    };
    Ok(Moment::new(millis, zone))
}

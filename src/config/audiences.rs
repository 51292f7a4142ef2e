//! Which audiences a destination wants to hear of, and by which call. Keys are not checked: Engage makes them, and
//! what is given is used as it is.

use std::collections::BTreeSet;

use crate::route::audiences::{AudienceCalls, Audiences};

use super::field::{Fault, Field};
use super::raw::Value;

/// `all`, `none` or a list of keys; an empty list is `none`.
pub(super) fn audiences(field: &Field<'_>) -> Option<Audiences> {
    match field.value? {
        Value::List(_) => {
            let keys: BTreeSet<Box<str>> = field.list().iter().filter_map(key).collect();
            Some(if keys.is_empty() { Audiences::None } else { Audiences::Keys(keys) })
        }
        Value::Text(_) => {
            let text = field.text()?;
            let choice = match text.value.as_str() {
                "all" => Ok(Audiences::All),
                "none" => Ok(Audiences::None),
                _ => Err(not_a_choice(&text.shown, "write all, none or a list of keys: [order_completed_last_30days]")),
            };
            field.judge(choice)
        }
        other => {
            field.complain(field.expected("all, none or a list of keys", other));
            None
        }
    }
}

/// `identify` or `track`.
pub(super) fn calls(field: &Field<'_>) -> Option<AudienceCalls> {
    let text = field.text()?;
    field.judge(match text.value.as_str() {
        "identify" => Ok(AudienceCalls::Identify),
        "track" => Ok(AudienceCalls::Track),
        _ => Err(not_a_choice(&text.shown, "write identify or track")),
    })
}

fn key(field: &Field<'_>) -> Option<Box<str>> {
    if !field.is_given() {
        field.complain(Fault::new("is missing"));
    }
    let text = field.text()?;
    let empty = || Fault::new("is empty").hint("write the audience's key");
    field.judge(if text.value.is_empty() { Err(empty()) } else { Ok(text.value.into()) })
}

fn not_a_choice(shown: &str, hint: &str) -> Fault {
    Fault::new(format!("{shown} is not a choice here")).hint(hint)
}

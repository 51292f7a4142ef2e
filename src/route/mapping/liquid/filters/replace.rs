//! Filters that take parts out of a text, put others in their place, or cut it at them. Parts are plain texts, never
//! patterns.

use super::super::failure::Failure;
use super::super::value::{Text, Value};
use super::{Call, Filter, Made};

pub(super) fn named(name: &str) -> Option<Filter> {
    Some(match name {
        "replace" => replace,
        "replace_first" => replace_first,
        "replace_last" => replace_last,
        "remove" => remove,
        "remove_first" => remove_first,
        "remove_last" => remove_last,
        "split" => split,
        _ => return None,
    })
}

/// Which of the places a part is found at.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    First,
    Last,
}

fn replace<'e>(call: &mut Call<'_, 'e>) -> Made<'e> {
    let new = call.argument_text(1)?;
    everywhere(call, &new)
}

fn remove<'e>(call: &mut Call<'_, 'e>) -> Made<'e> {
    everywhere(call, "")
}

fn replace_first<'e>(call: &mut Call<'_, 'e>) -> Made<'e> {
    let new = call.argument_text(1)?;
    once(call, Place::First, &new)
}

fn replace_last<'e>(call: &mut Call<'_, 'e>) -> Made<'e> {
    let new = call.argument_text(1)?;
    once(call, Place::Last, &new)
}

fn remove_first<'e>(call: &mut Call<'_, 'e>) -> Made<'e> {
    once(call, Place::First, "")
}

fn remove_last<'e>(call: &mut Call<'_, 'e>) -> Made<'e> {
    once(call, Place::Last, "")
}

/// Puts something in the place of the first argument; of an empty one, between all characters.
fn everywhere<'e>(call: &mut Call<'_, 'e>, new: &str) -> Made<'e> {
    let (text, old) = (call.text()?, call.argument_text(0)?);
    let pieces = pieces(call, &text, &old)?;
    // Known before it is made, since it may be the product of two long texts.
    call.budget.bytes(text.len().saturating_add(pieces.len().saturating_mul(new.len())))?;
    Ok(Value::from(pieces.join(new)))
}

fn once<'e>(call: &mut Call<'_, 'e>, place: Place, new: &str) -> Made<'e> {
    let (text, old) = (call.text()?, call.argument_text(0)?);
    let found = if place == Place::First { text.find(&*old) } else { text.rfind(&*old) };
    match found {
        Some(at) => call.made([&text[..at], new, &text[at + old.len()..]].concat()),
        None => Ok(Value::Text(text)),
    }
}

/// A list of what stands between the separators, without empty ends.
fn split<'e>(call: &mut Call<'_, 'e>) -> Made<'e> {
    let (text, separator) = (call.text()?, call.argument_text(0)?);
    call.budget.bytes(text.len())?;
    Ok(match &text {
        Text::Borrowed(text) => list(pieces(call, text, &separator)?, Value::from),
        Text::Made(text) => list(pieces(call, text, &separator)?, |piece| Value::from(piece.to_owned())),
    })
}

fn list<'t, 'e>(mut pieces: Vec<&'t str>, value: impl Fn(&'t str) -> Value<'e>) -> Value<'e> {
    while pieces.pop_if(|piece| piece.is_empty()).is_some() {}
    Value::list(pieces.into_iter().map(value).collect())
}

fn pieces<'t>(call: &mut Call<'_, '_>, text: &'t str, separator: &str) -> Result<Vec<&'t str>, Failure> {
    let most = if separator.is_empty() { text.len() } else { text.len() / separator.len() + 1 };
    call.budget.steps(most)?;
    if !separator.is_empty() {
        return Ok(text.split(separator).collect());
    }
    let ends = text.char_indices().map(|(at, c)| (at, at + c.len_utf8()));
    Ok(ends.map(|(begin, end)| &text[begin..end]).collect())
}

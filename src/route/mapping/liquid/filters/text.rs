//! Filters that add to a text, change its letters, shorten it, or count its words.
//! Replacing is `replace`'s, white space `space`'s.

use super::super::convert::{is_space, units};
use super::super::value::Value;
use super::{Call, Filter, Made};

pub(super) fn named(name: &str) -> Option<Filter> {
    Some(match name {
        "append" => append,
        "prepend" => prepend,
        "upcase" => upcase,
        "downcase" => downcase,
        "capitalize" => capitalize,
        "truncate" => truncate,
        "truncatewords" => truncate_words,
        "number_of_words" => number_of_words,
        _ => return None,
    })
}

fn append<'e>(call: &mut Call<'_, 'e>) -> Made<'e> {
    let (text, added) = (call.text()?, call.argument_text(0)?);
    call.made([&*text, &*added].concat())
}

fn prepend<'e>(call: &mut Call<'_, 'e>) -> Made<'e> {
    let (text, added) = (call.text()?, call.argument_text(0)?);
    call.made([&*added, &*text].concat())
}

fn upcase<'e>(call: &mut Call<'_, 'e>) -> Made<'e> {
    let text = call.text()?.to_uppercase();
    call.made(text)
}

fn downcase<'e>(call: &mut Call<'_, 'e>) -> Made<'e> {
    let text = call.text()?.to_lowercase();
    call.made(text)
}

fn capitalize<'e>(call: &mut Call<'_, 'e>) -> Made<'e> {
    let text = call.text()?;
    let mut rest = text.chars();
    let mut capitalized = String::with_capacity(text.len());
    match rest.next() {
        // JavaScript sees two halves here, neither of which is a letter.
        Some(first) if first.len_utf16() > 1 => capitalized.push(first),
        Some(first) => capitalized.extend(first.to_uppercase()),
        None => {}
    }
    capitalized.push_str(&rest.as_str().to_lowercase());
    call.made(capitalized)
}

/// Keeps so many characters, those of the ellipsis among them.
fn truncate<'e>(call: &mut Call<'_, 'e>) -> Made<'e> {
    let text = call.text()?;
    let most = call.argument_number(0, 50.0)?;
    let ellipsis = ellipsis(call)?;
    if units(&text) as f64 <= most || starts_with(&text, most).len() >= text.len() {
        return Ok(call.value.clone());
    }
    let kept = starts_with(&text, (most - ellipsis.chars().count() as f64).max(0.0));
    call.made([kept, &ellipsis].concat())
}

/// The first characters of a text; a part of one counts as one.
pub(super) fn starts_with(text: &str, count: f64) -> &str {
    let end = if count > 0.0 { text.char_indices().nth(count.ceil() as usize).map(|(at, _)| at) } else { Some(0) };
    &text[..end.unwrap_or(text.len())]
}

fn truncate_words<'e>(call: &mut Call<'_, 'e>) -> Made<'e> {
    let text = call.text()?;
    let most = call.argument_number(0, 15.0)?;
    let most = if most <= 0.0 { 1.0 } else { most };
    let ellipsis = ellipsis(call)?;
    let words = words(text.trim_start_matches(is_space));
    call.budget.steps(words.len())?;
    // What is no number keeps nothing, and nothing stands for it.
    let mut kept = words[..words.len().min(most as usize)].join(" ");
    if words.len() as f64 >= most {
        kept.push_str(&ellipsis);
    }
    call.made(kept)
}

fn ellipsis<'e>(call: &mut Call<'_, 'e>) -> Result<String, super::Failure> {
    match call.argument(1) {
        Value::Undefined => Ok("...".to_owned()),
        given => given.text(call.budget).map(|text| text.to_string()),
    }
}

/// What stands between white space; an empty word at either end of a text that has white space there.
fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = text;
    while let Some(end) = rest.find(is_space) {
        words.push(&rest[..end]);
        rest = rest[end..].trim_start_matches(is_space);
    }
    words.push(rest);
    words
}

/// Words between white space; asked for, each Chinese, Japanese or Korean character counts as one.
fn number_of_words<'e>(call: &mut Call<'_, 'e>) -> Made<'e> {
    let text = call.text()?;
    let text = text.trim_matches(is_space);
    let plain = || if text.is_empty() { 0 } else { words(text).len() };
    let characters = text.chars().filter(|c| is_cjk(*c)).count();
    let beside = || text.split(|c| is_cjk(c) || is_space(c)).filter(|word| !word.is_empty()).count();
    let count = match call.argument(0) {
        Value::Text(mode) if &*mode == "cjk" => characters + beside(),
        Value::Text(mode) if &*mode == "auto" && characters > 0 => characters + beside(),
        _ => plain(),
    };
    Ok(Value::Number(count as f64))
}

fn is_cjk(c: char) -> bool {
    matches!(c,
        '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{3400}'..='\u{4dbf}' | '\u{3040}'..='\u{30ff}'
        | '\u{ac00}'..='\u{d7af}')
}

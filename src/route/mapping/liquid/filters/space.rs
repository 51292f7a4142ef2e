//! Filters on white space, at the ends of a text and within.
//! White space is JavaScript's, see `convert`.

use std::collections::HashSet;

use super::super::convert::is_space;
use super::super::failure::Failure;
use super::{Call, Filter, Made};

pub(super) fn named(name: &str) -> Option<Filter> {
    Some(match name {
        "strip" => strip,
        "lstrip" => strip_begin,
        "rstrip" => strip_end,
        "strip_newlines" => strip_newlines,
        "squish" => squish,
        "normalize_whitespace" => normalize,
        _ => return None,
    })
}

fn strip<'e>(call: &mut Call<'_, 'e>) -> Made<'e> {
    let (text, stripped) = (call.text()?, stripped(call)?);
    call.made(text.trim_matches(|c| stripped.has(c)).to_owned())
}

fn strip_begin<'e>(call: &mut Call<'_, 'e>) -> Made<'e> {
    let (text, stripped) = (call.text()?, stripped(call)?);
    call.made(text.trim_start_matches(|c| stripped.has(c)).to_owned())
}

fn strip_end<'e>(call: &mut Call<'_, 'e>) -> Made<'e> {
    let (text, stripped) = (call.text()?, stripped(call)?);
    call.made(text.trim_end_matches(|c| stripped.has(c)).to_owned())
}

/// What is taken away: white space, or the characters of the argument.
enum Stripped {
    Space,
    These(HashSet<char>),
}

impl Stripped {
    fn has(&self, c: char) -> bool {
        match self {
            Self::Space => is_space(c),
            Self::These(characters) => characters.contains(&c),
        }
    }
}

fn stripped(call: &mut Call<'_, '_>) -> Result<Stripped, Failure> {
    if !call.argument(0).is_true_in_javascript() {
        return Ok(Stripped::Space);
    }
    Ok(Stripped::These(call.argument_text(0)?.chars().collect()))
}

fn strip_newlines<'e>(call: &mut Call<'_, 'e>) -> Made<'e> {
    let text = call.text()?;
    call.made(text.replace("\r\n", "").replace('\n', ""))
}

fn squish<'e>(call: &mut Call<'_, 'e>) -> Made<'e> {
    let text = call.text()?;
    call.made(single_spaces(text.trim_matches(is_space)))
}

fn normalize<'e>(call: &mut Call<'_, 'e>) -> Made<'e> {
    let text = call.text()?;
    call.made(single_spaces(&text))
}

fn single_spaces(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if !is_space(c) {
            out.push(c);
        } else if !out.ends_with(' ') {
            out.push(' ');
        }
    }
    out
}

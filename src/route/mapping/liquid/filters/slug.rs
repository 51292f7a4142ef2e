//! The filter `slugify`: what is no letter, mark or digit becomes a hyphen.
//! Which characters those are beyond what the standard library knows is `letters`'s.

mod letters;

use super::super::convert::is_space;
use super::{Call, Made};
use letters::is_letter_mark_or_digit;

/// A mode of `slugify`, by what it keeps.
type Kept = fn(char) -> bool;

pub(super) fn slugify<'e>(call: &mut Call<'_, 'e>) -> Made<'e> {
    let text = call.text()?;
    let mode = match call.argument(0) {
        super::Value::Undefined => "default".to_owned(),
        mode => mode.text(call.budget)?.to_string(),
    };
    let slug = match &*mode {
        "latin" => hyphenated(&without_accents(&text), is_letter_mark_or_digit),
        mode => kept_in(mode).map_or_else(|| text.to_string(), |kept| hyphenated(&text, kept)),
    };
    let is_cased = call.argument(1).is_true_in_javascript();
    call.made(if is_cased { slug } else { slug.to_lowercase() })
}

fn kept_in(mode: &str) -> Option<Kept> {
    Some(match mode {
        "raw" => |c| !is_space(c),
        "default" => is_letter_mark_or_digit,
        "pretty" => |c| is_letter_mark_or_digit(c) || "._~!$&'()+,;=@".contains(c),
        "ascii" => |c| c.is_ascii_alphanumeric(),
        // `none`, and every word that is no mode.
        _ => return None,
    })
}

/// One hyphen for each row of other characters, none at either end.
fn hyphenated(text: &str, kept: Kept) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let is_kept = kept(c);
        let end = rest.find(|c| kept(c) != is_kept).unwrap_or(rest.len());
        out.push_str(if is_kept { &rest[..end] } else { "-" });
        rest = &rest[end..];
    }
    let out = out.strip_prefix('-').unwrap_or(&out);
    out.strip_suffix('-').unwrap_or(out).to_owned()
}

/// Small letters of western Europe without their accents.
fn without_accents(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let plain = match c {
            'à'..='å' => "a",
            'æ' => "ae",
            'ç' => "c",
            'è'..='ë' => "e",
            'ì'..='ï' => "i",
            'ð' => "d",
            'ñ' => "n",
            'ò'..='ö' | 'ø' => "o",
            'ù'..='ü' => "u",
            'ý' | 'ÿ' => "y",
            'ß' => "ss",
            'œ' => "oe",
            'þ' => "th",
            'ẞ' => "SS",
            'Œ' => "OE",
            'Þ' => "TH",
            other => {
                out.push(other);
                continue;
            }
        };
        out.push_str(plain);
    }
    out
}

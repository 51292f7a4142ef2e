//! Filters that escape a text for an address, as JavaScript's `encodeURIComponent` and `encodeURI` do, and back.
//! Escapes for markup are `html`'s, names made of texts `slug`'s.

use super::super::failure::Failure;
use super::super::value::Value;
use super::{Call, Filter, Made};

pub(super) fn named(name: &str) -> Option<Filter> {
    Some(match name {
        "url_encode" => |call| encoded(call, "-_.!~*'()", Space::Plus),
        "cgi_escape" => |call| encoded(call, "-_.~", Space::Plus),
        "uri_escape" => |call| encoded(call, "-_.!~*'();/?:@&=+$,#[]", Space::Escaped),
        "url_decode" => url_decode,
        _ => return None,
    })
}

/// How a space is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Space {
    Plus,
    Escaped,
}

/// Letters, digits and the given characters stay.
fn encoded<'e>(call: &mut Call<'_, 'e>, kept: &str, space: Space) -> Made<'e> {
    let text = call.text()?;
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || kept.as_bytes().contains(&byte) {
            out.push(char::from(byte));
        } else if byte == b' ' && space == Space::Plus {
            out.push('+');
        } else {
            out.push('%');
            for half in [byte >> 4, byte & 0xf] {
                out.push(char::from_digit(u32::from(half), 16).unwrap_or('0').to_ascii_uppercase());
            }
        }
    }
    call.made(out)
}

fn url_decode<'e>(call: &mut Call<'_, 'e>) -> Made<'e> {
    let text = call.text()?;
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'+' => out.push(b' '),
            b'%' => {
                let mut digit = || bytes.next().and_then(|byte| char::from(byte).to_digit(16));
                let (Some(high), Some(low)) = (digit(), digit()) else {
                    return Err(Failure::NotUrlEncoded);
                };
                out.push(u8::try_from(high * 16 + low).unwrap_or_default());
            }
            other => out.push(other),
        }
    }
    call.budget.bytes(out.len())?;
    String::from_utf8(out).map(Value::from).map_err(|_| Failure::NotUrlEncoded)
}

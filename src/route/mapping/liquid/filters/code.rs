//! Filters that encode a text as base64, and digests of it in hexadecimal.
//! Escapes for addresses are `url`'s, for markup `html`'s.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use super::super::failure::Failure;
use super::super::value::Value;
use super::{Call, Filter, Made};

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

pub(super) fn named(name: &str) -> Option<Filter> {
    Some(match name {
        "base64_encode" => base64_encode,
        "base64_decode" => base64_decode,
        "sha256" => sha256,
        "hmac_sha256" => hmac_sha256,
        _ => return None,
    })
}

fn base64_encode<'e>(call: &mut Call<'_, 'e>) -> Made<'e> {
    let text = call.text()?;
    let mut out = String::with_capacity(text.len().div_ceil(3) * 4);
    for three in text.as_bytes().chunks(3) {
        let bits = three.iter().chain(&[0; 2]).take(3).fold(0, |bits, byte| bits << 8 | usize::from(*byte));
        for place in 0..4 {
            let letter = ALPHABET[bits >> (18 - 6 * place) & 0x3f];
            out.push(if place > three.len() { '=' } else { char::from(letter) });
        }
    }
    call.made(out)
}

/// Bytes that are no UTF-8 become replacement characters.
fn base64_decode<'e>(call: &mut Call<'_, 'e>) -> Made<'e> {
    let text = call.text()?;
    let letters = text.bytes().filter(|byte| !matches!(byte, b'\t' | b'\n' | b'\x0c' | b'\r' | b' '));
    let letters: Vec<u8> = letters.collect();
    let mut letters = letters.as_slice();
    if letters.len().is_multiple_of(4) {
        for _ in 0..2 {
            letters = letters.strip_suffix(b"=").unwrap_or(letters);
        }
    }
    if letters.len() % 4 == 1 {
        return Err(Failure::NotBase64);
    }
    let mut out = Vec::with_capacity(letters.len() / 4 * 3 + 2);
    for four in letters.chunks(4) {
        let mut bits = 0;
        for place in 0..4 {
            let value = match four.get(place) {
                Some(letter) => ALPHABET.iter().position(|known| known == letter).ok_or(Failure::NotBase64)?,
                None => 0,
            };
            bits = bits << 6 | value;
        }
        out.extend((1..four.len()).map(|place| (bits >> (24 - 8 * place) & 0xff) as u8));
    }
    call.made(String::from_utf8_lossy(&out).into_owned())
}

fn sha256<'e>(call: &mut Call<'_, 'e>) -> Made<'e> {
    let text = call.text()?;
    Ok(Value::from(hex::encode(Sha256::digest(text.as_bytes()))))
}

fn hmac_sha256<'e>(call: &mut Call<'_, 'e>) -> Made<'e> {
    let (text, key) = (call.text()?, call.argument_text(0)?);
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).expect("HMAC takes keys of any length");
    mac.update(text.as_bytes());
    Ok(Value::from(hex::encode(mac.finalize().into_bytes())))
}

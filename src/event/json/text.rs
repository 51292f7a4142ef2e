//! Strings: finding their end, decoding them, printing them as JavaScript does.
//! A string is remembered as it stands in the text together with what its escapes amount to; nothing is
//! copied before somebody asks. One escape is the business of `escape`, where a string may stand that of `scan`.

use std::borrow::Cow;

use super::NotJson;
use super::escape::Escape;

/// A string as it stands in the text.
#[derive(Clone, Copy, Debug)]
pub struct Text<'a> {
    /// Offset of the opening quote.
    start: usize,
    /// What stands between the quotes.
    inner: &'a str,
    form: Form,
}

/// How far a string is from the text JavaScript prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// No escape at all.
    Plain,
    /// Every escape is the one JavaScript prints.
    Printed,
    /// Some escape is written otherwise.
    Other,
}

impl<'a> Text<'a> {
    /// The string whose opening quote is at `start`.
    #[inline]
    pub(super) fn read(text: &'a str, start: usize) -> Result<Self, NotJson> {
        let bytes = text.as_bytes();
        let mut form = Form::Plain;
        let mut at = skip_plain(bytes, start + 1);
        loop {
            match bytes.get(at) {
                Some(b'"') => break,
                Some(b'\\') => {
                    let escape = Escape::read(&bytes[at..]).ok_or(NotJson::Syntax { at })?;
                    form = match (form, escape.as_printed) {
                        (Form::Plain | Form::Printed, true) => Form::Printed,
                        _ => Form::Other,
                    };
                    at = skip_plain(bytes, at + escape.len);
                }
                _ => return Err(NotJson::Syntax { at }),
            }
        }
        let inner = &text[start + 1..at];
        Ok(Self { start, inner, form })
    }

    /// Offset of the opening quote.
    #[inline]
    pub(super) fn start(&self) -> usize {
        self.start
    }

    /// Offset after the closing quote.
    #[inline]
    pub(super) fn end(&self) -> usize {
        self.start + self.inner.len() + 2
    }

    /// Whether JavaScript prints the string exactly as it stands.
    #[inline]
    pub(super) fn is_as_printed(&self) -> bool {
        self.form != Form::Other
    }

    /// What stands between the quotes, escapes and all.
    #[inline]
    pub fn inner(&self) -> &'a str {
        self.inner
    }

    /// What the string means. A lone surrogate, which JavaScript can hold and UTF-8 cannot, becomes U+FFFD.
    pub fn decode(&self) -> Cow<'a, str> {
        if self.form == Form::Plain {
            return Cow::Borrowed(self.inner);
        }
        let mut out = String::with_capacity(self.inner.len());
        for piece in self.pieces() {
            match piece {
                Piece::Plain(run) => out.push_str(run),
                Piece::Char(char) => out.push(char),
                Piece::Lone(_) => out.push(char::REPLACEMENT_CHARACTER),
            }
        }
        Cow::Owned(out)
    }

    /// Whether the string means `other`.
    #[inline]
    pub fn is(&self, other: &str) -> bool {
        match self.form {
            Form::Plain => self.inner == other,
            Form::Printed | Form::Other => self.decode() == other,
        }
    }

    /// Appends the string with its quotes as `JSON.stringify` prints it (ECMA-262, QuoteJSONString).
    pub(super) fn print(&self, out: &mut Vec<u8>) {
        out.push(b'"');
        if self.is_as_printed() {
            out.extend_from_slice(self.inner.as_bytes());
        } else {
            for piece in self.pieces() {
                match piece {
                    Piece::Plain(run) => out.extend_from_slice(run.as_bytes()),
                    Piece::Char(char) => print_char(char, out),
                    Piece::Lone(unit) => print_unit(unit, out),
                }
            }
        }
        out.push(b'"');
    }

    fn pieces(&self) -> Pieces<'a> {
        Pieces { rest: self.inner }
    }
}

/// Appends a text with quotes as `JSON.stringify` prints it.
pub fn quote(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    let mut rest = text;
    while !rest.is_empty() {
        let (plain, special) = rest.split_at(skip_plain(rest.as_bytes(), 0));
        out.extend_from_slice(plain.as_bytes());
        let mut chars = special.chars();
        if let Some(char) = chars.next() {
            print_char(char, out);
        }
        rest = chars.as_str();
    }
    out.push(b'"');
}

/// A run without escapes, or what one escape (or a pair of them) means.
enum Piece<'a> {
    Plain(&'a str),
    Char(char),
    Lone(u16),
}

struct Pieces<'a> {
    rest: &'a str,
}

impl<'a> Iterator for Pieces<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        if self.rest.is_empty() {
            return None;
        }
        let run = skip_plain(self.rest.as_bytes(), 0);
        if run > 0 {
            let (plain, rest) = self.rest.split_at(run);
            self.rest = rest;
            return Some(Piece::Plain(plain));
        }
        let escape = Escape::read(self.rest.as_bytes())?;
        self.rest = &self.rest[escape.len..];
        Some(match escape.meaning {
            Ok(char) => Piece::Char(char),
            Err(unit) => Piece::Lone(unit),
        })
    }
}

fn print_char(char: char, out: &mut Vec<u8>) {
    match char {
        '"' => out.extend_from_slice(b"\\\""),
        '\\' => out.extend_from_slice(b"\\\\"),
        '\u{8}' => out.extend_from_slice(b"\\b"),
        '\u{c}' => out.extend_from_slice(b"\\f"),
        '\n' => out.extend_from_slice(b"\\n"),
        '\r' => out.extend_from_slice(b"\\r"),
        '\t' => out.extend_from_slice(b"\\t"),
        '\0'..='\u{1f}' => print_unit(char as u16, out),
        _ => out.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes()),
    }
}

/// A unit as an escape with lower-case digits (ECMA-262, UnicodeEscape).
fn print_unit(unit: u16, out: &mut Vec<u8>) {
    out.extend_from_slice(b"\\u");
    for shift in [12, 8, 4, 0] {
        out.push(b"0123456789abcdef"[usize::from(unit >> shift & 0xf)]);
    }
}

/// The offset of the first quote, backslash or control character from `at` on, or the length.
///
/// Eight bytes at a time: each of the three tests sets the top bit of the bytes it finds. A borrow may
/// set it for later bytes too, never for an earlier one, so the first that is set is right.
#[inline]
fn skip_plain(bytes: &[u8], mut at: usize) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const TOPS: u64 = ONES << 7;
    let zero_bytes = |x: u64| x.wrapping_sub(ONES) & !x;
    while let Some(&chunk) = bytes.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
        let x = u64::from_le_bytes(chunk);
        let quotes = zero_bytes(x ^ (ONES * b'"' as u64));
        let backslashes = zero_bytes(x ^ (ONES * b'\\' as u64));
        let controls = x.wrapping_sub(ONES * 0x20) & !x;
        let found = (quotes | backslashes | controls) & TOPS;
        if found != 0 {
            return at + (found.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    while let Some(&byte) = bytes.get(at) {
        if byte < 0x20 || byte == b'"' || byte == b'\\' {
            break;
        }
        at += 1;
    }
    at
}

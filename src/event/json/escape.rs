//! One escape inside a string: what it means, and whether JavaScript prints it so (ECMA-262, QuoteJSONString).
//! Joins surrogates that stand as a pair and keeps those that stand alone. Finding escapes in a string, and
//! printing characters, is left to `text`.

/// One escape, or two that make up one character.
pub(super) struct Escape {
    /// Bytes it takes, from the backslash.
    pub(super) len: usize,
    /// A character, or a surrogate without partner.
    pub(super) meaning: Result<char, u16>,
    /// Whether JavaScript prints it just so.
    pub(super) as_printed: bool,
}

impl Escape {
    /// The escape at the start of `bytes`; none if it is no escape JSON knows.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let short = |char, as_printed| Escape { len: 2, meaning: Ok(char), as_printed };
        Some(match bytes.get(1)? {
            b'"' => short('"', true),
            b'\\' => short('\\', true),
            b'b' => short('\u{8}', true),
            b'f' => short('\u{c}', true),
            b'n' => short('\n', true),
            b'r' => short('\r', true),
            b't' => short('\t', true),
            b'/' => short('/', false),
            b'u' => return Self::read_unicode(bytes),
            _ => return None,
        })
    }

    fn read_unicode(bytes: &[u8]) -> Option<Self> {
        let unit = hex_unit(bytes)?;
        if let 0xd800..=0xdbff = unit
            && let Some(low @ 0xdc00..=0xdfff) = bytes.get(6..).and_then(hex_unit)
        {
            let high = u32::from(unit) - 0xd800;
            let code = 0x1_0000 + (high << 10) + (u32::from(low) - 0xdc00);
            return Some(Self { len: 12, meaning: Ok(char::from_u32(code)?), as_printed: false });
        }
        let escaped_by_javascript = match unit {
            0x08 | 0x09 | 0x0a | 0x0c | 0x0d => false,
            0x00..=0x1f | 0xd800..=0xdfff => true,
            _ => false,
        };
        let lower_case = !bytes[2..6].iter().any(u8::is_ascii_uppercase);
        Some(Self {
            len: 6,
            meaning: char::from_u32(u32::from(unit)).ok_or(unit),
            as_printed: escaped_by_javascript && lower_case,
        })
    }
}

/// The number in a `\u` escape with its four digits, if `bytes` begin with one.
fn hex_unit(bytes: &[u8]) -> Option<u16> {
    let digits = bytes.strip_prefix(b"\\u")?.get(..4)?;
    digits.iter().try_fold(0, |unit, &digit| {
        let value = char::from(digit).to_digit(16)?;
        Some(unit << 4 | u16::try_from(value).ok()?)
    })
}

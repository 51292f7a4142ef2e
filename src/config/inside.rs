//! Where on its line a place inside a text stands, seen through the quotes and escapes of YAML.
//! What is wrong there is known to whoever read the text.

/// Characters from the beginning of a text as the file spells it to the byte `at` of what it means.
///
/// None where that cannot be told.
pub(super) fn columns(spelled: &str, at: usize) -> Option<u64> {
    let mut chars = spelled.chars();
    let quote = match spelled.chars().next() {
        Some(quote @ ('"' | '\'')) => {
            chars.next();
            Some(quote)
        }
        _ => None,
    };
    let mut columns = u64::from(quote.is_some());
    let mut bytes = 0;
    while bytes < at {
        let (taken, meant) = match (chars.next()?, quote) {
            ('\\', Some('"')) => escaped(&mut chars)?,
            ('\'', Some('\'')) => {
                chars.next().filter(|next| *next == '\'')?;
                (2, 1)
            }
            ('"', Some('"')) => return None,
            (char, _) => (1, char.len_utf8()),
        };
        columns += taken;
        bytes += meant;
    }
    (bytes == at).then_some(columns)
}

/// The characters an escape has, and the bytes of what it means; its backslash was taken already.
fn escaped(chars: &mut std::str::Chars<'_>) -> Option<(u64, usize)> {
    let digits = match chars.next()? {
        'x' => 2,
        'u' => 4,
        'U' => 8,
        'N' | '_' => return Some((2, 2)),
        'L' | 'P' => return Some((2, 3)),
        _ => return Some((2, 1)),
    };
    let code = u32::from_str_radix(chars.as_str().get(..digits)?, 16).ok()?;
    chars.nth(digits - 1)?;
    // Half of a pair is no character by itself.
    Some((2 + digits as u64, char::from_u32(code)?.len_utf8()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_and_escapes_are_counted_as_they_stand() {
        for (spelled, at, expected) in [
            ("event = 1", 0, Some(0)),
            ("event = 1", 6, Some(6)),
            ("ü = 1", 3, Some(2)),
            ("'event'", 0, Some(1)),
            ("'it''s'", 3, Some(5)),
            (r#""a = \"b\" c""#, 4, Some(5)),
            (r#""a = \"b\" c""#, 8, Some(11)),
            (r#""\u00fc\x41b""#, 3, Some(11)),
            (r#""\u00fc\x41b""#, 1, None),
            (r#""\ud83d\ude00b""#, 4, None),
            (r#""a""#, 1, Some(2)),
            (r#""a""#, 2, None),
            ("'a'", 2, None),
            ("a", 2, None),
            ("", 0, Some(0)),
        ] {
            assert_eq!(columns(spelled, at), expected, "{spelled} {at}");
        }
    }
}

//! The escapes of a quoted text in a template: as in JavaScript, with octal numbers.
//! Where a quoted text ends is `cursor`'s.

/// The text between the quotes. Without a closing quote the last character is lost, as in LiquidJS.
pub(super) fn read(quoted: &str) -> String {
    let characters: Vec<char> = quoted.chars().collect();
    let Some(inner) = characters.get(1..characters.len().saturating_sub(1)) else {
        return String::new();
    };
    // In UTF-16, since two escapes may make one character.
    let mut units = Vec::with_capacity(inner.len());
    let mut rest = inner;
    while let [first, behind @ ..] = rest {
        let (unit, left) = match (first, behind) {
            ('\\', [kind, behind @ ..]) => escaped(*kind, behind),
            _ => (Unit::Character(*first), behind),
        };
        match unit {
            Unit::Character(c) => units.extend_from_slice(c.encode_utf16(&mut [0; 2])),
            Unit::Code(code) => units.push(code),
        }
        rest = left;
    }
    String::from_utf16_lossy(&units)
}

enum Unit {
    Character(char),
    Code(u16),
}

/// What an escape stands for, and what is left behind it.
fn escaped(kind: char, behind: &[char]) -> (Unit, &[char]) {
    let character = |c| (Unit::Character(c), behind);
    match kind {
        'b' => character('\u{8}'),
        'f' => character('\u{c}'),
        'n' => character('\n'),
        'r' => character('\r'),
        't' => character('\t'),
        'v' => character('\u{b}'),
        'u' => {
            let (code, left) = digits(0, behind, (16, 4));
            (Unit::Code(code), left)
        }
        '0'..='7' => {
            let first = kind.to_digit(8).unwrap_or_default();
            let (code, left) = digits(first, behind, (8, 2));
            (Unit::Code(code), left)
        }
        other => character(other),
    }
}

/// Goes on with a number by so many digits of the base at most.
fn digits(first: u32, behind: &[char], (base, most): (u32, usize)) -> (u16, &[char]) {
    let mut value = first;
    let mut count = 0;
    while let Some(digit) = behind.get(count).and_then(|c| c.to_digit(base)).filter(|_| count < most) {
        value = value * base + digit;
        count += 1;
    }
    // Four hexadecimal or three octal digits always fit.
    (u16::try_from(value).unwrap_or(u16::MAX), &behind[count..])
}

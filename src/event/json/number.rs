//! Numbers: their grammar, and the text JavaScript prints for them (ECMA-262, Number::toString).
//! Most numbers are recognised as printed from their digits alone; the rest are printed and compared.
//! What becomes of integers a double cannot hold is the caller's choice, [`BigIntegers`].

use super::{BigIntegers, NotJson};

/// A number as it stands in the text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Number<'a> {
    /// Offset of its first byte.
    pub(super) start: usize,
    /// The number, byte for byte.
    pub(super) raw: &'a str,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Digits only, perhaps after a minus.
    Integer,
    /// With a point, without an exponent.
    Decimal,
    /// With an exponent.
    Exponent,
}

/// Significant digits with which any decimal survives being a double and printed again (IEEE 754: 15).
const SAFE_DIGITS: usize = 15;

/// 2^53, up to which every integer is a double of its own.
const LAST_EXACT: &str = "9007199254740992";

impl<'a> Number<'a> {
    /// The number that begins at `start`.
    #[inline]
    pub(super) fn read(text: &'a str, start: usize) -> Result<Self, NotJson> {
        let bytes = text.as_bytes();
        let mut kind = Kind::Integer;
        let mut at = start;
        if bytes.get(at) == Some(&b'-') {
            at += 1;
        }
        at = match bytes.get(at) {
            Some(b'0') => at + 1,
            _ => digits(bytes, at)?,
        };
        if bytes.get(at) == Some(&b'.') {
            kind = Kind::Decimal;
            at = digits(bytes, at + 1)?;
        }
        if let Some(b'e' | b'E') = bytes.get(at) {
            kind = Kind::Exponent;
            at += 1;
            if let Some(b'+' | b'-') = bytes.get(at) {
                at += 1;
            }
            at = digits(bytes, at)?;
        }
        let raw = &text[start..at];
        Ok(Self { start, raw, kind })
    }

    /// What JavaScript prints for it; none if that is what stands there.
    #[inline]
    pub(super) fn rewritten(&self, big: BigIntegers) -> Option<String> {
        if self.is_surely_as_printed(big) {
            return None;
        }
        self.printed_otherwise()
    }

    /// Whether the digits alone tell that nothing changes.
    ///
    /// Two decimals of at most 15 significant digits are never the same double, so the shortest text of
    /// such a double is that decimal, unless it has zeros to lose or needs an exponent.
    #[inline]
    fn is_surely_as_printed(&self, big: BigIntegers) -> bool {
        let digits = self.raw.strip_prefix('-').unwrap_or(self.raw);
        match self.kind {
            Kind::Integer if is_beyond_exact(digits) => big == BigIntegers::Exact,
            Kind::Integer => self.raw != "-0",
            Kind::Decimal => {
                let needs_exponent = digits.starts_with("0.000000");
                digits.len() <= SAFE_DIGITS + 1 && !digits.ends_with('0') && !needs_exponent
            }
            Kind::Exponent => false,
        }
    }

    #[cold]
    fn printed_otherwise(&self) -> Option<String> {
        let value: f64 = self.raw.parse().unwrap_or(f64::NAN);
        let printed = javascript_number(value);
        (printed != self.raw).then_some(printed)
    }
}

/// The text `JSON.stringify` prints for a number: the shortest that reads back as the same double, with
/// an exponent below 1e-6 and from 1e21 on; `null` for what is not finite.
pub fn javascript_number(value: f64) -> String {
    if !value.is_finite() {
        return "null".to_owned();
    }
    if value == 0.0 {
        return "0".to_owned();
    }
    let (digits, exponent) = shortest_digits(value.abs());
    let sign = if value < 0.0 { "-" } else { "" };
    format!("{sign}{}", place_point(&digits, exponent))
}

/// The fewest digits that read back as the same double, the nearest of them; the value is d.ddd × 10^exponent.
///
/// Of two that are equally near ECMA-262 wants the even one, while Rust's exponent form takes the upper.
fn shortest_digits(value: f64) -> (String, i32) {
    let (upper, exponent) = split_exponent_form(&format!("{value:e}"));
    let (rest, last) = upper.split_at(upper.len() - 1);
    let even = match last {
        "3" => "2",
        "5" => "4",
        "7" => "6",
        "9" => "8",
        _ => return (upper, exponent),
    };
    let lower = format!("{rest}{even}");
    if is_exactly(value, &format!("{lower}5")) && reads_as(value, &lower, exponent) {
        return (lower, exponent);
    }
    (upper, exponent)
}

/// Whether `digits` are all digits the value has, none left out.
fn is_exactly(value: f64, digits: &str) -> bool {
    /// No double has more digits (IEEE 754: 767).
    const ALL: usize = 767;
    let begins = |precision: usize| split_exponent_form(&format!("{value:.precision$e}")).0;
    // The short form settles it nearly always; the long one is exact.
    begins(digits.len() - 1) == digits && begins(ALL).trim_end_matches('0') == digits
}

fn reads_as(value: f64, digits: &str, exponent: i32) -> bool {
    let (first, rest) = digits.split_at(1);
    format!("{first}.{rest}e{exponent}").parse() == Ok(value)
}

/// The digits and the exponent of d.ddde-7.
fn split_exponent_form(form: &str) -> (String, i32) {
    let (mantissa, exponent) = form.split_once('e').unwrap_or((form, "0"));
    let digits = mantissa.chars().filter(|&c| c != '.').collect();
    (digits, exponent.parse().unwrap_or(0))
}

/// Puts the decimal point where ECMA-262 wants it; the value is d.ddd × 10^exponent.
fn place_point(digits: &str, exponent: i32) -> String {
    let count = i32::try_from(digits.len()).unwrap_or(i32::MAX);
    let zeros = |n: i32| "0".repeat(usize::try_from(n).unwrap_or(0));
    match exponent {
        0..=20 if count <= exponent + 1 => format!("{digits}{}", zeros(exponent + 1 - count)),
        0..=20 => {
            let (whole, fraction) = digits.split_at(usize::try_from(exponent + 1).unwrap_or(1));
            format!("{whole}.{fraction}")
        }
        -6..=-1 => format!("0.{}{digits}", zeros(-exponent - 1)),
        _ => {
            let (first, rest) = digits.split_at(1);
            let point = if rest.is_empty() { "" } else { "." };
            format!("{first}{point}{rest}e{exponent:+}")
        }
    }
}

/// The offset after one or more digits.
#[inline]
fn digits(bytes: &[u8], start: usize) -> Result<usize, NotJson> {
    let mut at = start;
    while let Some(b'0'..=b'9') = bytes.get(at) {
        at += 1;
    }
    if at == start {
        return Err(NotJson::Syntax { at });
    }
    Ok(at)
}

/// Whether an integer, given by its digits, lies beyond 2^53.
fn is_beyond_exact(digits: &str) -> bool {
    digits.len() > LAST_EXACT.len() || digits.len() == LAST_EXACT.len() && digits > LAST_EXACT
}

#[cfg(test)]
mod tests {
    use super::javascript_number;

    #[test]
    fn of_two_equally_near_texts_the_even_one_is_printed() {
        // What Node prints; each of these doubles lies exactly between two shortest texts.
        for (written, printed) in [
            ("669076401985394.194", "669076401985394.2"),
            ("-120421735.004738718e7", "-1204217350047387.2"),
            ("954197446250601.25", "954197446250601.2"),
            ("585444163597561.25", "585444163597561.2"),
            ("585444163597561.75", "585444163597561.8"),
        ] {
            assert_eq!(javascript_number(written.parse().unwrap()), printed);
        }
    }

    #[test]
    fn the_ends_of_the_range_are_printed_as_in_javascript() {
        for (value, printed) in [
            (f64::MAX, "1.7976931348623157e+308"),
            (f64::MIN_POSITIVE, "2.2250738585072014e-308"),
            (f64::from_bits(1), "5e-324"),
            (1e21, "1e+21"),
            (1e20, "100000000000000000000"),
            (1e-6, "0.000001"),
            (1e-7, "1e-7"),
            (-0.0, "0"),
            (f64::INFINITY, "null"),
            (f64::NAN, "null"),
        ] {
            assert_eq!(javascript_number(value), printed);
        }
    }
}

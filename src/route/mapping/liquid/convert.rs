//! How values become text and numbers: Liquid's printing, and JavaScript's own conversions where LiquidJS leaves it to
//! them (ECMA-262, ToNumber and ToString).

use super::budget::Budget;
use super::failure::Failure;
use super::value::{Keyword, Text, Value};
use crate::event::json::javascript_number;

/// What JavaScript prints for an object.
const OBJECT: &str = "[object Object]";

impl<'e> Value<'e> {
    /// What Liquid prints: nothing for nil and what is missing, the elements of a list one after the other.
    pub(super) fn print(&self, out: &mut String, budget: &mut Budget) -> Result<(), Failure> {
        match self {
            Self::List(list) => {
                budget.steps(list.len())?;
                list.iter().try_for_each(|element| element.print(out, budget))
            }
            Self::Undefined | Self::Null | Self::Keyword(_) => Ok(()),
            _ => self.print_in_javascript(out, budget),
        }
    }

    /// The text Liquid prints, borrowed where it is one already.
    pub(super) fn text(&self, budget: &mut Budget) -> Result<Text<'e>, Failure> {
        if let Self::Text(text) = self {
            budget.bytes(text.len())?;
            return Ok(text.clone());
        }
        let mut out = String::new();
        self.print(&mut out, budget)?;
        Ok(Text::Made(out.into()))
    }

    /// What `String(value)` gives, also for keywords, which are objects to JavaScript.
    pub(super) fn print_in_javascript(&self, out: &mut String, budget: &mut Budget) -> Result<(), Failure> {
        let before = out.len();
        match self {
            Self::Undefined => out.push_str("undefined"),
            Self::Null => out.push_str("null"),
            Self::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
            Self::Number(number) => out.push_str(&number_text(*number)),
            Self::Digits(number) => out.push_str(number.as_str()),
            Self::Object(_) | Self::Keyword(_) => out.push_str(OBJECT),
            Self::Text(text) => {
                budget.bytes(text.len())?;
                out.push_str(text);
                return Ok(());
            }
            Self::List(_) => return self.join(",", out, budget),
        }
        budget.bytes(out.len() - before)
    }

    /// The elements of a list with something between them; what is not there is an empty text.
    pub(super) fn join(&self, separator: &str, out: &mut String, budget: &mut Budget) -> Result<(), Failure> {
        let Self::List(list) = self else {
            return self.print_in_javascript(out, budget);
        };
        budget.steps(list.len())?;
        for (index, element) in list.iter().enumerate() {
            if index > 0 {
                budget.bytes(separator.len())?;
                out.push_str(separator);
            }
            if element.is_there() {
                element.print_in_javascript(out, budget)?;
            }
        }
        Ok(())
    }

    /// The key under which JavaScript looks something up.
    pub(super) fn key(&self, budget: &mut Budget) -> Result<Text<'e>, Failure> {
        if let Self::Text(text) = self {
            return Ok(text.clone());
        }
        let mut out = String::new();
        self.print_in_javascript(&mut out, budget)?;
        Ok(Text::Made(out.into()))
    }

    /// JavaScript's number: NaN where there is none.
    pub(super) fn to_number(&self, budget: &mut Budget) -> Result<f64, Failure> {
        Ok(match self {
            Self::Undefined | Self::Object(_) => f64::NAN,
            Self::Null | Self::Keyword(Keyword::Nil | Keyword::Empty | Keyword::Blank) => 0.0,
            Self::Bool(value) => f64::from(u8::from(*value)),
            Self::Number(number) => *number,
            Self::Digits(number) => number.value(),
            Self::Text(text) => {
                budget.bytes(text.len())?;
                read_number(text)
            }
            Self::List(_) => {
                let mut text = String::new();
                self.join(",", &mut text, budget)?;
                read_number(&text)
            }
        })
    }

    /// The number Liquid's filters calculate with: zero where there is none.
    pub(super) fn to_number_or_zero(&self, budget: &mut Budget) -> Result<f64, Failure> {
        let number = self.to_number(budget)?;
        Ok(if number.is_nan() { 0.0 } else { number })
    }
}

/// What JavaScript prints for a number.
pub(super) fn number_text(number: f64) -> String {
    if number.is_nan() {
        "NaN".to_owned()
    } else if number.is_infinite() {
        if number > 0.0 { "Infinity" } else { "-Infinity" }.to_owned()
    } else {
        javascript_number(number)
    }
}

/// The number a text is to JavaScript.
fn read_number(text: &str) -> f64 {
    let text = text.trim_matches(is_space);
    if text.is_empty() {
        return 0.0;
    }
    for (prefix, base) in [("0x", 16), ("0X", 16), ("0o", 8), ("0O", 8), ("0b", 2), ("0B", 2)] {
        if let Some(digits) = text.strip_prefix(prefix) {
            return read_digits(digits, base);
        }
    }
    match text.strip_prefix(['+', '-']).unwrap_or(text) {
        "Infinity" if text.starts_with('-') => f64::NEG_INFINITY,
        "Infinity" => f64::INFINITY,
        // Rust also reads words (`inf`, `nan`), JavaScript only figures.
        figures if figures.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-')) => {
            text.parse().unwrap_or(f64::NAN)
        }
        _ => f64::NAN,
    }
}

fn read_digits(digits: &str, base: u32) -> f64 {
    let mut value = if digits.is_empty() { f64::NAN } else { 0.0 };
    for digit in digits.chars() {
        value = value * f64::from(base) + digit.to_digit(base).map_or(f64::NAN, f64::from);
    }
    value
}

/// White space to JavaScript.
pub(super) fn is_space(c: char) -> bool {
    matches!(c, '\u{feff}') || c.is_whitespace() && c != '\u{85}'
}

/// The length of a text to JavaScript, in UTF-16 units.
pub(super) fn units(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.chars().map(char::len_utf16).sum() }
}

//! How a value is read as a text, with its variables replaced. What a `$` means that begins none depends on whether people
//! or Segment's languages are spoken to; replacing itself is `interpolate`'s.

use super::super::complaint::quoted;
use super::super::interpolate::{Dollar, Pieces, interpolate};
use super::super::raw::Value;
use super::{Fault, Field};

/// A text with its variables replaced.
pub(in super::super) struct Text {
    /// What is meant. Never to be shown where `has_variables`.
    pub(in super::super) value: String,
    /// What was written, as a complaint may show it, unless it is a secret.
    pub(in super::super) shown: String,
    pub(in super::super) has_variables: bool,
    /// Where its parts were written.
    pub(in super::super) pieces: Pieces,
}

impl Field<'_> {
    /// A text; numbers and the like are refused, since YAML may have changed them.
    pub(in super::super) fn text(&self) -> Option<Text> {
        match self.value? {
            Value::Text(text) => self.replaced(text, Dollar::Refused),
            other => {
                let fault = self.expected("text", other);
                self.complain(match other {
                    Value::Number(_) | Value::Flag(_) => fault.hint("put the value in quotes"),
                    _ => fault,
                });
                None
            }
        }
    }

    /// A text, or a number or boolean as it was spelled.
    pub(in super::super) fn scalar(&self) -> Option<Text> {
        let plain = |text: &str| Text {
            value: text.to_owned(),
            shown: quoted(text),
            has_variables: false,
            pieces: Pieces::default(),
        };
        match self.value? {
            Value::Number(text) => Some(plain(text)),
            Value::Flag(flag) => Some(plain(if *flag { "true" } else { "false" })),
            _ => self.text(),
        }
    }

    /// A text in one of Segment's languages: a `$` that begins no variable stands for itself.
    pub(in super::super) fn language(&self) -> Option<Text> {
        match self.value? {
            Value::Text(text) => self.replaced(text, Dollar::Kept),
            // Says that it is no text.
            _ => self.text(),
        }
    }

    pub(super) fn replaced(&self, text: &str, dollar: Dollar) -> Option<Text> {
        let result = interpolate(text, dollar, self.source.surroundings.environment);
        let made = self.judge(result.map_err(|error| Fault::new(error.to_string()).hint(error.hint())))?;
        let shown = quoted(text);
        Some(Text { value: made.text, shown, has_variables: made.has_variables, pieces: made.pieces })
    }
}

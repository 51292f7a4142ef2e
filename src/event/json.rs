//! JSON text as JavaScript prints it: what `JSON.stringify(JSON.parse(x))` gives, over bytes, without a tree.
//! `scan` owns the grammar and drives a visitor; `text` and `number` own the two scalars with rules of
//! their own; `edit` copies what is right already and replaces the rest; `reorder` rewrites texts whose
//! keys are not in JavaScript's order; `members` reads one object, `values` tells all there is, `tree` builds a whole
//! value for those who change it.
//! What makes an event is left to `parse`.

mod edit;
mod escape;
mod keys;
mod levels;
mod members;
mod number;
mod reorder;
mod scan;
mod text;
mod tree;
mod values;

use std::borrow::Cow;

pub use keys::array_index;
pub use levels::Container;
pub use members::{Shape, Value, members};
pub use number::javascript_number;
pub use scan::Literal;
pub use text::{Text, quote};
pub use tree::{Members, Number, Tree};
pub use values::{Reader, Scalar, values};

/// Levels of arrays and objects a text may have, the outermost being the first.
pub const MAX_DEPTH: usize = 1000;

/// What happens to integers beyond ±2^53.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum BigIntegers {
    /// Kept digit by digit, so that no id is corrupted (our deviation).
    #[default]
    Exact,
    /// Rounded as JavaScript does.
    JavaScript,
}

/// Why bytes are refused as JSON; offsets count bytes from 0.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotJson {
    /// The bytes are not UTF-8.
    #[error("not UTF-8 at byte {at}")]
    NotUtf8 {
        /// First byte that belongs to no character.
        at: usize,
    },
    /// The text departs from RFC 8259.
    #[error("not JSON at byte {at}")]
    Syntax {
        /// First byte that cannot stand where it is; the length where the text ends early.
        at: usize,
    },
    /// Arrays and objects are nested deeper than [`MAX_DEPTH`].
    #[error("nested deeper than {MAX_DEPTH} levels")]
    TooDeep,
}

/// The text `JSON.stringify(JSON.parse(input))` prints, borrowed when the input is that text already.
///
/// A receiver that parses a body and prints it again, as Segment documents for checking `X-Signature`,
/// then sees the very bytes that were signed. With [`BigIntegers::Exact`] integers beyond ±2^53 stay as
/// written. A number beyond the range of a double becomes `null`, as in JavaScript. Time is linear in the
/// length, whatever the keys.
pub fn javascript_text(input: &[u8], big: BigIntegers) -> Result<Cow<'_, [u8]>, NotJson> {
    let text = utf8(input)?;
    match edit::edit(text, big)? {
        edit::Edited::AsItWas => Ok(Cow::Borrowed(input)),
        edit::Edited::Rewritten(out) => Ok(Cow::Owned(out)),
        edit::Edited::KeysOutOfOrder => {
            let out = reorder::reorder(text, big)?;
            Ok(if out == input { Cow::Borrowed(input) } else { Cow::Owned(out) })
        }
    }
}

fn utf8(input: &[u8]) -> Result<&str, NotJson> {
    std::str::from_utf8(input).map_err(|error| NotJson::NotUtf8 { at: error.valid_up_to() })
}

#[cfg(test)]
mod tests;

//! The brackets that are open while a text is read, one bit per level and no allocation.
//! Owns how deep a text may be. Which bracket may stand where is left to `scan`.

use super::{MAX_DEPTH, NotJson};

/// The two kinds of value that hold others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Container {
    /// `[…]`
    Array,
    /// `{…}`
    Object,
}

/// The open brackets, one bit each: set for an object.
#[derive(Default)]
pub(super) struct Levels {
    bits: [u64; MAX_DEPTH.div_ceil(64)],
    depth: usize,
}

impl Levels {
    /// A bracket opens; fails beyond [`MAX_DEPTH`].
    pub(super) fn push(&mut self, container: Container) -> Result<(), NotJson> {
        if self.depth == MAX_DEPTH {
            return Err(NotJson::TooDeep);
        }
        let bit = 1 << (self.depth % 64);
        let word = &mut self.bits[self.depth / 64];
        match container {
            Container::Object => *word |= bit,
            Container::Array => *word &= !bit,
        }
        self.depth += 1;
        Ok(())
    }

    /// The innermost bracket closes.
    pub(super) fn pop(&mut self) -> Option<Container> {
        let container = self.innermost();
        self.depth = self.depth.saturating_sub(1);
        container
    }

    /// What the next value stands in; none outside all brackets.
    #[inline]
    pub(super) fn innermost(&self) -> Option<Container> {
        let at = self.depth.checked_sub(1)?;
        let object = self.bits[at / 64] >> (at % 64) & 1 == 1;
        Some(if object { Container::Object } else { Container::Array })
    }
}

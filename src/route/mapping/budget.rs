//! How much one application of a mapping may still make. Repeated texts and objects can grow with every level of a
//! mapping, so all that is made is paid for here. What costs how much is said where it is made.

use std::cell::Cell;

use super::MappingFailed;

/// Bytes that are left.
#[derive(Debug)]
pub(super) struct Budget(Cell<usize>);

/// What a value costs besides its text, in bytes.
pub(super) const VALUE: usize = 16;

impl Budget {
    pub(super) fn new(bytes: usize) -> Self {
        Self(Cell::new(bytes))
    }

    /// Takes what is about to be made.
    #[inline]
    pub(super) fn spend(&self, bytes: usize) -> Result<(), MappingFailed> {
        match self.0.get().checked_sub(bytes) {
            Some(left) => {
                self.0.set(left);
                Ok(())
            }
            None => Err(exhausted()),
        }
    }
}

#[cold]
fn exhausted() -> MappingFailed {
    MappingFailed::new(format!("makes more than {} MiB of one event", super::MAX_WORK >> 20))
}

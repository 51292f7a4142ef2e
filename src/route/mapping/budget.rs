//! How much one application of a mapping may still make. Repeated texts and objects can grow with every level of a
//! mapping, so all that is made is paid for here. What costs how much is said where it is made.

use std::cell::Cell;

use super::MappingFailed;
use super::liquid::{Allowance, Liquid, LiquidFailed};
use crate::event::json::Tree;

/// Bytes that are left, and what is left to all templates together.
#[derive(Debug)]
pub(super) struct Budget {
    bytes: Cell<usize>,
    liquid: Cell<Allowance>,
}

/// What a value costs besides its text, in bytes.
pub(super) const VALUE: usize = 16;

impl Budget {
    pub(super) fn new(bytes: usize) -> Self {
        Self { bytes: Cell::new(bytes), liquid: Cell::default() }
    }

    /// Takes what is about to be made.
    #[inline]
    pub(super) fn spend(&self, bytes: usize) -> Result<(), MappingFailed> {
        match self.bytes.get().checked_sub(bytes) {
            Some(left) => {
                self.bytes.set(left);
                Ok(())
            }
            None => Err(exhausted()),
        }
    }
}

impl Budget {
    /// Renders a template within what the others of this application have left.
    pub(super) fn render(&self, template: &Liquid, event: &Tree) -> Result<String, LiquidFailed> {
        let mut allowance = self.liquid.get();
        let text = template.render(event, &mut allowance);
        self.liquid.set(allowance);
        text
    }
}

#[cold]
fn exhausted() -> MappingFailed {
    MappingFailed::new(format!("makes more than {} MiB of one event", super::MAX_WORK >> 20))
}

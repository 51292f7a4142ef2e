//! How much one rendering may do. Takes the place of LiquidJS's limits of time and memory, which Segment sets to 500 ms
//! and 100 MB: the core has no clock, and the same event must always come to the same end.

use super::failure::Failure;

/// Values looked at: of the order of what takes half a second in JavaScript.
const STEPS: usize = 5_000_000;

/// Bytes of text read and made by filters and output, all told. A third of Segment's, and a thousand times Segment's
/// largest event.
const BYTES: usize = 32 << 20;

/// What is left to one rendering.
#[derive(Clone, Copy, Debug)]
pub(super) struct Budget {
    steps: usize,
    bytes: usize,
}

impl Budget {
    pub(super) fn new() -> Self {
        Self { steps: STEPS, bytes: BYTES }
    }

    /// Takes steps, before they are made.
    pub(super) fn steps(&mut self, count: usize) -> Result<(), Failure> {
        self.steps = self.steps.checked_sub(count).ok_or(Failure::TooManySteps)?;
        Ok(())
    }

    /// Takes bytes, before they are read or made.
    pub(super) fn bytes(&mut self, count: usize) -> Result<(), Failure> {
        self.bytes = self.bytes.checked_sub(count).ok_or(Failure::TooMuchText)?;
        Ok(())
    }
}

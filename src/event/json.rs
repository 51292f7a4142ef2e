//! JSON text as JavaScript prints it.

/// What happens to integers beyond ±2^53.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum BigIntegers {
    /// Kept digit by digit, so that no id is corrupted (our deviation).
    #[default]
    Exact,
    /// Rounded as JavaScript does.
    JavaScript,
}

//! One try.
pub mod signature;

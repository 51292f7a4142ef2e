//! One try.

pub mod address;

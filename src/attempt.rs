//! One try.

//! The event.
pub mod json;

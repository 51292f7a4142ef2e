//! The route.
pub mod destination;

//! The route.
pub mod destination;
pub mod integrations;

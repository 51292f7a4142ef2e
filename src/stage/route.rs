//! Route: source records become deliveries. No HTTP, no state; a source record is done when all it became is confirmed.

pub mod core;

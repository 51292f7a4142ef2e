//! Outcomes.
pub mod schedule;

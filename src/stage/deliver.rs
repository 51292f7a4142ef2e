//! Deliver: deliveries become attempts, attempts become settled.

pub mod core;

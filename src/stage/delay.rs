//! Delay: what waits in the tiers returns to the deliveries topic when it is due. Never does HTTP, so no receiver can hold
//! a tier up.

pub mod core;
pub mod credit;

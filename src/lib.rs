//! kafka-webhooks: Segment webhook destinations, fed from Kafka.

pub mod attempt;
pub mod clock;
pub mod config;
pub mod delivery;
pub mod event;
pub mod kafka;
pub mod metrics;
pub mod outcome;
pub mod route;
pub mod settle;
pub mod stage;

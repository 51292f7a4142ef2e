//! kafka-webhooks: Segment webhook destinations, fed from Kafka.

pub mod attempt;
pub mod config;
pub mod event;
pub mod outcome;
pub mod route;

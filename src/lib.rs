//! kafka-webhooks: Segment webhook destinations, fed from Kafka.

pub mod admin;
pub mod app;
pub mod attempt;
pub mod cli;
pub mod clock;
pub mod config;
pub mod delivery;
pub mod event;
pub mod kafka;
pub mod log;
pub mod metrics;
pub mod outcome;
pub mod route;
pub mod settle;
pub mod shutdown;
pub mod stage;

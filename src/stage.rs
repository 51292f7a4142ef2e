//! The stages: route, diff, deliver, delay. Each is a consumer group with its own client; all run in one process by default.
//! A stage has a core that decides on plain data (and is simulated) and a driver that connects the core with Kafka,
//! HTTP and the clocks.

mod burst;
pub mod delay;
pub mod deliver;
pub mod diff;
pub mod route;

pub mod driver;
pub mod notice;
mod outbox;

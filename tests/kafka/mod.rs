//! A real Apache Kafka for tests: one broker in KRaft mode, from the jars Maven fetches by name.
//!
//! Test binaries take this in with `#[path = "../kafka/mod.rs"] mod kafka;`. Owned here: how the broker is
//! had, started, hurt and ended (`jars`, `properties`, `process`, `server`), topics made without the program
//! under test (`topics`), and records put and read by a stranger (`kcat`). Which tests run on it is left to
//! them. Every call blocks; async tests call from `tokio::task::spawn_blocking`, or accept the wait.

// Each test binary uses its own part of this.
#![allow(dead_code, unused_imports, reason = "shared between test binaries, none of which uses all of it")]

mod jars;
pub(crate) mod kcat;
mod process;
mod program;
mod properties;
mod server;
mod topics;

pub(crate) use process::ServerProcess;
pub(crate) use program::ProgramError;
pub(crate) use server::{ApacheKafka, KafkaError};

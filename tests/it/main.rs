//! The integration tests, one binary so that everything is linked once.
//! Each file completes the sentence "the consumer …" or names the edge it looks at.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking, its support too")]

#[path = "../kafka/mod.rs"]
mod kafka;
#[allow(dead_code, unreachable_pub, missing_docs, reason = "not every test needs all of it")]
mod support;

mod addresses;
mod delivers;
mod filters;
mod hooks;
mod http_edges;
mod malformed;
mod refused_writes;
mod retries;
mod start_at;
mod survives_kill_9;

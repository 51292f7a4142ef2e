//! The integration tests, one binary so that everything is linked once.
//! Each file completes the sentence "the consumer …" or names the edge it looks at.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking, its support too")]

#[allow(dead_code, unreachable_pub, missing_docs, reason = "not every test needs all of it")]
mod support;

mod http_edges;

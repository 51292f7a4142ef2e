//! The integration tests, one binary so that everything is linked once.
//! Each file completes the sentence "the consumer …" or names the edge it looks at.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking, its support too")]

#[path = "../kafka/mod.rs"]
mod kafka;
#[allow(dead_code, unreachable_pub, missing_docs, reason = "not every test needs all of it")]
mod support;
#[path = "../verify/mod.rs"]
mod verify;

mod actions;
mod addresses;
mod agrees;
mod audiences;
mod commands;
mod compose;
mod conserves;
mod delivers;
mod dev;
mod drops_copies;
mod explains;
mod faults;
mod filters;
mod flow;
mod hooks;
mod http_edges;
mod isolates;
mod kcat_user;
mod logs;
mod malformed;
mod outages;
mod refused_writes;
mod requests;
mod retries;
mod scales;
mod spread;
mod start_at;
mod steps;
mod stops;
mod survives_kill_9;
mod table;
mod tells_the_truth;
mod topic_commands;
mod watched;

//! The consumer loses nothing when its replicas are killed, restarted and suspended, and repeats little.
//! Apache Kafka only, where sessions may be so short that a replica is missed soon. On a busy machine some end by themselves;
//! those are counted.
//!
//! Each run prints its seed and what it came to. With `KAFKA_WEBHOOKS_TEST_FAULTS=full` the runs are as long as a night.

mod crashes;
mod kills;
mod many;
mod restarts;
mod trial;
mod zombies;

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::support::size;

/// Runs with several replicas each take turns: together they would only measure the machine.
fn by_turns() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

//! The consumer loses nothing while what it lives on fails: the broker, the network, Kafka's answers, the topics,
//! descriptors, memory, processors, the clock. It goes on by itself, and says meanwhile what is wrong.
//!
//! Each run prints its seed, what was counted and how long it took to recover, and fails when nothing went wrong. With
//! `KAFKA_WEBHOOKS_TEST_FAULTS=full` the faults come as often as a night allows.

mod broker;
mod clock;
mod network;
mod protocol;
mod resources;
mod scene;
mod topics;

//! The edge towards Kafka. No type of the Kafka client leaves it.
//! Owns consuming, producing, offsets and how a delivery looks as a record; what is consumed and produced, and when
//! an offset may pass, is decided by the stages and `settle`.

pub mod admin;
pub mod client;
pub mod consumer;
pub mod embedded;
pub mod envelope;
pub mod lookup;
pub mod offsets;
pub mod partitioner;
pub mod plan;
pub mod producer;
pub mod record;
pub mod snapshot;
pub mod table;
pub mod tail;
mod troubles;

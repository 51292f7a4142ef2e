//! What the integration tests share: a Kafka (embedded, or Apache where the environment says so), the real program as a
//! child process, and a receiver that misbehaves on demand. Expectations stay in the tests.

pub mod cluster;
pub mod program;
pub mod receiver;
pub mod topics;
pub mod wait;

//! What the integration tests share: a receiver that misbehaves on demand.
//! Expectations stay in the tests.

pub mod receiver;

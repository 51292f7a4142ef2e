//! What the integration tests share: a Kafka (embedded, or Apache where the environment says so), the real program as a
//! child process, and a receiver that misbehaves on demand. Expectations stay in the tests.

pub mod again;
pub mod audiences;
pub mod cluster;
pub mod commits;
pub mod fleet;
pub mod kinds;
pub mod load;
pub mod oracle;
pub mod program;
pub mod prometheus;
pub mod proxy;
pub mod receiver;
pub mod settings;
pub mod states;
pub mod timeline;
pub mod topics;
pub mod wait;

use std::io::Write as _;

/// Ends a test that the Kafka of this run cannot do, and says so where the test runner hides nothing.
pub fn skipped(test: &str) {
    note(&format!("{test}: skipped, for it needs KAFKA_WEBHOOKS_TEST_KAFKA=apache"));
}

/// Says something where the test runner hides nothing: seeds and figures of a run that drew lots.
pub fn note(text: &str) {
    // There is nobody to tell when standard error is closed.
    drop(std::io::stderr().write_all(format!("{text}\n").as_bytes()));
}

/// The size of a run: a short one for every change, or the full one.
pub fn size<T>(short: T, full: T) -> T {
    if std::env::var("KAFKA_WEBHOOKS_TEST_FAULTS").is_ok_and(|faults| faults == "full") { full } else { short }
}

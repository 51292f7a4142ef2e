//! From what somebody wrote to what is meant, in one step that either succeeds or names every
//! mistake. `raw` is the file as a tree, `field` and `section` read values from it, one file per
//! section gives them meaning, `resolved` is the result. Whether Kafka or a receiver can be
//! reached is not asked here.

pub mod complaint;
pub mod resolved;
pub mod testing;

mod audiences;
mod connection;
mod destination;
mod destinations;
mod duration;
mod field;
mod file;
mod fingerprint;
mod flow;
mod headers;
mod hooks;
mod http;
mod interpolate;
mod kafka;
mod kafka_properties;
mod networks;
mod process;
mod raw;
mod retries;
mod secret;
mod section;
mod similar;
mod topics;
mod web_address;

#[cfg(test)]
mod tests;

use std::path::Path;

pub use complaint::{Complaint, Complaints, Position};
pub use resolved::{Admin, Config, Http, Kafka, Retries, Shutdown, StartAt, Topics};

use complaint::Ledger;
use field::{Field, Source};
use section::{Harmless, Section};

/// What surrounds the file.
pub struct Surroundings<'a> {
    /// Answers the name of an environment variable with its value.
    pub environment: &'a dyn Fn(&str) -> Option<String>,
    /// The soft limit of open files; `http.max_in_flight` defaults to half of it, at most 2000.
    pub file_descriptors: u64,
    /// Replaces `kafka.brokers`: the option `--brokers` or the variable `KAFKA_BROKERS`.
    pub brokers: Option<String>,
}

/// Reads and checks the configuration in a file, and the files it names.
///
/// # Errors
///
/// Every mistake there is, with its place and a remedy.
pub fn load(path: &Path, surroundings: &Surroundings<'_>) -> Result<Config, Complaints> {
    let ledger = Ledger::default();
    let node = file::tree(path, &ledger);
    resolve(path, node, ledger, surroundings)
}

/// The same for text that is in memory already; complaints name it by `path`, and relative paths in it start there.
///
/// # Errors
///
/// Every mistake there is, with its place and a remedy.
pub fn load_text(path: &Path, text: &str, surroundings: &Surroundings<'_>) -> Result<Config, Complaints> {
    let ledger = Ledger::default();
    let node = file::tree_of(text, path, &ledger);
    resolve(path, node, ledger, surroundings)
}

/// Reads a duration as the file writes it, for the command line; the error is a text for people.
pub fn duration(text: &str) -> Result<std::time::Duration, String> {
    duration::parse(text).map_err(|error| format!("{error}; {}", duration::EXAMPLES))
}

fn resolve(
    path: &Path,
    node: Option<raw::Node>,
    ledger: Ledger,
    surroundings: &Surroundings<'_>,
) -> Result<Config, Complaints> {
    let config = node.and_then(|node| {
        let source = Source { file: path, surroundings, ledger: &ledger };
        Section::of(Field::root(source, &node)).map(|root| whole(root, surroundings))
    });
    ledger.close(path, config)
}

/// Reads the root; where something is wrong a default stands in, and the ledger has the complaint.
fn whole(root: Section<'_>, surroundings: &Surroundings<'_>) -> Config {
    let kafka = kafka::read(root.section("kafka"), surroundings);
    let topics = topics::read(root.section("topics"));
    let retries = retries::read(root.section("retries"));
    let http = http::read(root.section("http"), surroundings);
    let admin = process::admin(root.section("admin"));
    let shutdown = process::shutdown(root.section("shutdown"));
    root.later("token_key_file", &Harmless::Nothing);
    root.later("tests", &Harmless::EmptyList);
    let defaults = destination::Defaults { http: &http, retries: &retries };
    let destinations = destinations::read(&root, &defaults);
    root.finish();
    let tests = Vec::new();
    let mut config = Config { kafka, topics, retries, http, admin, shutdown, destinations, tests, hash: String::new() };
    config.hash = fingerprint::of(&config);
    config
}

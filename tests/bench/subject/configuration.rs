//! The program's configuration for a measurement, as a person would write it: what is not said is the program's default.
//! Where it lies and who reads it is left to `subject`.

use std::fmt::Write as _;

use crate::endpoint::Endpoint;
use crate::topics::Topics;

use super::SECRET;

/// Requests under way at once where a scenario does not say otherwise; of program and yardsticks alike.
pub(crate) const IN_FLIGHT: usize = 100;

/// A destination of the program.
pub(crate) struct Destination<'a> {
    pub(crate) id: &'a str,
    pub(crate) endpoint: &'a Endpoint,
    pub(crate) in_flight: usize,
    /// What else its section says, such as `rate_limit: 10`.
    pub(crate) terms: &'a str,
    /// What its one mapping says, where it is of the Actions kind.
    pub(crate) mapping: Option<&'a str>,
}

impl<'a> Destination<'a> {
    /// No breaker: everything is attempted, for where that is what is measured.
    pub(crate) const UNBROKEN: &'static str = "breaker: { after: 0 }";

    /// One of which the file says nothing but who and where.
    pub(crate) fn usual(id: &'a str, endpoint: &'a Endpoint) -> Self {
        Self { id, endpoint, in_flight: IN_FLIGHT, terms: "", mapping: None }
    }
}

pub(super) fn text(topics: &Topics, destinations: &[Destination<'_>]) -> String {
    let (name, brokers) = (topics.name(), topics.brokers());
    let mut text = format!(
        "kafka: {{ brokers: \"{brokers}\", group: {name} }}\n\
         topics:\n  events: {}\n  deliveries: {}\n  delays: {}\n  dead_letters: {}\n  audiences: {}\n  audience_records: {}\n  memberships: {}\n  start_at: beginning\n\
         retries: {{ tiers: [{}] }}\n\
         http: {{ max_in_flight: 2000, allow_networks: [127.0.0.0/8] }}\n\
         admin: {{ listen: \"127.0.0.1:0\" }}\ndestinations:\n",
        topics.events(),
        topics.deliveries(),
        topics.delays(),
        topics.dead_letters(),
        topics.audiences(),
        topics.audience_records(),
        topics.memberships(),
        topics.layout().tiers.join(", "),
    );
    for Destination { id, endpoint, in_flight, terms, mapping } in destinations {
        let url = endpoint.url();
        let sends = match mapping {
            None => format!("type: webhooks, url: \"{url}\""),
            Some(mapping) => format!("type: webhooks_actions, mappings: [{{ url: \"{url}\", {mapping} }}]"),
        };
        let written =
            writeln!(text, "  - {{ id: {id}, {sends}, shared_secret: {SECRET}, max_in_flight: {in_flight}, {terms} }}");
        written.expect("writing to a string cannot fail");
    }
    text
}

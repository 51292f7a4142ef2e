//! What replicas logged, kept beyond their end and shown as one timeline when a test fails: rebalances, commits and what
//! went wrong, and of the attempts only those of deliveries that came twice.
//! What a delivery is and whether it may come twice is `oracle`'s.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Instant, SystemTime};

use super::oracle::{Ledger, Request, is_good};
use super::program::Program;

/// Deliveries of one destination that are shown.
const SHOWN: usize = 3;
/// The lines at debug level that tell of one delivery each.
const EACH: [&str; 3] = ["\"attempt succeeded\"", "\"attempt failed\"", "\"delivery waits\""];

/// The logs of replicas, by the order in which they were started.
pub struct Timeline {
    ledger: Ledger,
    logs: Mutex<Vec<Arc<Mutex<String>>>>,
}

impl Timeline {
    pub fn new(ledger: Ledger) -> Self {
        Self { ledger, logs: Mutex::default() }
    }

    /// Keeps what a replica logs from now on.
    pub fn keep(&self, replica: &Program) {
        self.logs.lock().unwrap().push(replica.log_to_keep());
    }

    fn text(&self) -> String {
        let mut repeated = BTreeMap::new();
        self.ledger.look(&mut 0, |request| {
            let of_one: &mut Vec<Request> =
                repeated.entry((request.destination.clone(), request.delivery.clone())).or_default();
            of_one.push(request.clone());
        });
        repeated.retain(|_, requests| requests.iter().filter(|request| is_good(request.status)).count() > 1);
        let mut shown: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        let mut lines = Vec::new();
        for ((destination, delivery), requests) in &repeated {
            let of_destination = shown.entry(destination).or_default();
            if of_destination.len() < SHOWN {
                of_destination.push(delivery);
                let at = requests.iter().map(|request| format!("{} ({})", time(request.at), request.status));
                lines.push(format!("{destination} got {delivery} at {}", at.collect::<Vec<_>>().join(", ")));
            }
        }
        lines.insert(
            0,
            format!("{} deliveries came twice; some of them, and what the replicas logged:", repeated.len()),
        );
        let shown: Vec<&str> = shown.into_values().flatten().collect();
        let is_shown = |line: &&str| {
            !EACH.iter().any(|each| line.contains(each)) || shown.iter().any(|delivery| line.contains(delivery))
        };
        let mut logged = Vec::new();
        for (replica, log) in self.logs.lock().unwrap().iter().enumerate() {
            let log = log.lock().unwrap();
            // A line of JSON begins with its time.
            logged.extend(log.lines().filter(is_shown).map(|line| (line.to_owned(), replica)));
        }
        logged.sort();
        lines.extend(logged.into_iter().map(|(line, replica)| format!("#{replica} {line}")));
        lines.join("\n")
    }
}

impl Drop for Timeline {
    fn drop(&mut self) {
        if std::thread::panicking() {
            #[expect(clippy::print_stderr, reason = "the test runner shows it with the test that failed")]
            {
                eprintln!("{}", self.text());
            }
        }
    }
}

/// The wall-clock time of an instant, as log lines have it.
fn time(at: Instant) -> String {
    jiff::Timestamp::try_from(SystemTime::now() - at.elapsed())
        .map_or_else(|error| error.to_string(), |at| at.to_string())
}

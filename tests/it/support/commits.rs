//! Watches what a group commits while a test runs, so that it can be held against what was settled by then.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::oracle::{Request, is_good};
use super::program::Setup;
use super::topics;

/// The committed offset of each partition, as Kafka said before a moment.
#[derive(Clone, Debug)]
pub struct Sample {
    pub at: Instant,
    pub offsets: BTreeMap<i32, i64>,
}

/// A thread that asks again and again.
pub struct Commits {
    stop: Sender<()>,
    thread: JoinHandle<Vec<Sample>>,
}

impl Commits {
    /// Begins to watch what the deliver stage commits.
    pub fn watch(setup: &Setup) -> Self {
        let (brokers, group) = (setup.brokers(), setup.group("deliver"));
        let (topic, partitions) = (setup.topic("deliveries"), setup.partitions);
        let (stop, stopped) = channel();
        let thread = std::thread::spawn(move || {
            let mut samples = Vec::new();
            while stopped.recv_timeout(Duration::from_millis(50)) == Err(RecvTimeoutError::Timeout) {
                let offsets = topics::committed(&brokers, &group, &topic, partitions);
                samples.push(Sample { at: Instant::now(), offsets });
            }
            samples
        });
        Self { stop, thread }
    }

    /// Ends, and answers what was seen.
    pub fn finish(self) -> Vec<Sample> {
        let _ = self.stop.send(());
        self.thread.join().unwrap()
    }
}

/// No committed offset ever went back.
pub fn never_went_back(samples: &[Sample]) {
    for pair in samples.windows(2) {
        for (partition, offset) in &pair[0].offsets {
            let later = pair[1].offsets.get(partition);
            assert!(later >= Some(offset), "partition {partition} went back from {offset} to {later:?}");
        }
    }
}

/// What lies in the topics of one destination.
#[derive(Clone, Copy)]
pub struct Records<'a> {
    pub deliveries: &'a [topics::Seen],
    pub tiers: &'a [topics::Seen],
}

/// No committed offset ever passed a delivery that had not been answered with a 2xx by then, and none has failed for good.
///
/// Of a delivery that waited in a tier, after a failure or because it was handed back behind others, the record before may
/// be passed as soon as it waits there; such are left out.
pub fn never_passed_what_was_not_settled(samples: &[Sample], records: Records<'_>, requests: &[Request]) {
    let Records { deliveries: records, tiers } = records;
    let waited: BTreeSet<&str> = tiers.iter().filter_map(|record| record.header("delivery-id")).collect();
    let mut settled: BTreeMap<&str, Instant> = BTreeMap::new();
    for request in requests {
        let good = is_good(request.status).then_some(request.answered_at);
        if let Some(at) = good {
            let first = settled.entry(&request.delivery).or_insert(at);
            *first = at.min(*first);
        }
    }
    let failed = |id: &str| requests.iter().any(|request| request.delivery == id && !is_good(request.status));
    let mut sound = 0;
    for record in records {
        let id = record.header("delivery-id").unwrap_or_default();
        let passed = samples
            .iter()
            .find(|sample| sample.offsets.get(&record.partition).is_some_and(|committed| *committed > record.offset));
        let Some(passed) = passed else { continue };
        let at = settled.get(id);
        if at.is_none_or(|at| *at > passed.at) {
            assert!(
                failed(id) || waited.contains(id),
                "{}@{} was passed before {id} was settled",
                record.partition,
                record.offset
            );
        }
        sound += 1;
    }
    assert!(sound > 0, "nothing was passed, so nothing is proven");
}

//! What happened in a run, as the receivers and the topics have it, without anything the consumer counts.

use std::collections::{BTreeMap, BTreeSet};

use super::scene::{self, GONE, Scene, TOLD};
use crate::support::oracle::Request;
use crate::support::topics::Seen;

/// Whose malformed records are.
pub(super) const NOBODY: &str = "none";

/// By destination; under an empty name where a figure has none.
pub(super) type Counts = BTreeMap<String, usize>;

/// A delivery: whose it is, and its id.
type Delivery = (String, String);

#[derive(Debug, Default)]
pub(super) struct Truth {
    /// Deliveries that a receiver saw, or that are dead or wait.
    pub(super) created: Counts,
    /// Deliveries that were answered with 2xx.
    pub(super) delivered: Counts,
    /// Those of them that came once only.
    pub(super) at_once: Counts,
    pub(super) dead: Counts,
    pub(super) waiting: Counts,
    /// Requests. Those to the one that is gone are told by its dead letters.
    pub(super) attempts: Counts,
    /// Requests of a delivery beyond its first.
    pub(super) retried: Counts,
    /// How often deliveries of the one that is gone waited, as its dead letters tell.
    pub(super) waits_of_gone: usize,
    /// Calls that told of an audience or a trait.
    pub(super) told: usize,
}

impl Truth {
    /// Of a scene that is quiet.
    pub(super) fn of(scene: &Scene) -> Self {
        let (dead, waiting) = (scene.setup.read("dead-letters"), scene.setup.waiting());
        let requests = scene.ledger.all();
        let own = |request: &Request| (request.destination.clone(), request.delivery.clone());
        let kept = dead.iter().chain(&waiting).map(|record| (home(record), id(record)));
        // What is malformed becomes a dead letter without ever being a delivery.
        let created: BTreeSet<Delivery> =
            requests.iter().map(own).chain(kept).filter(|(home, _)| home != NOBODY).collect();
        let good = requests.iter().filter(|request| (200..300).contains(&request.status));
        // Once each: what is answered after we have given up waiting comes again.
        let good: BTreeSet<Delivery> = good.map(own).collect();
        let mut tries: BTreeMap<Delivery, usize> = BTreeMap::new();
        requests.iter().for_each(|request| *tries.entry(own(request)).or_default() += 1);
        let again = tries.iter().flat_map(|(delivery, count)| std::iter::repeat_n(delivery, count - 1));
        let told = requests.iter().filter(|request| request.destination == TOLD && is_call(request));
        let of_gone =
            |header| dead.iter().filter(|letter| home(letter) == GONE).map(|letter| number(letter, header)).sum();
        let mut attempts = counted(requests.iter().map(|request| request.destination.clone()));
        attempts.insert(GONE.to_owned(), of_gone("attempts"));
        let truth = Self {
            created: homes(&created),
            delivered: homes(&good),
            at_once: homes(good.iter().filter(|delivery| tries[*delivery] == 1)),
            dead: counted(dead.iter().map(home)),
            waiting: counted(waiting.iter().map(home)),
            attempts,
            retried: homes(again),
            waits_of_gone: of_gone("hops"),
            told: told.map(own).collect::<BTreeSet<_>>().len(),
        };
        truth.adds_up(scene.acknowledged.len());
        truth
    }

    /// Each acknowledged event is somewhere, once for each destination.
    fn adds_up(&self, events: usize) {
        for destination in scene::ids() {
            let expected = if destination == TOLD { events + self.told } else { events };
            assert_eq!(self.created.get(destination), Some(&expected), "{destination}");
        }
    }
}

/// How often each name comes.
pub(super) fn counted(names: impl Iterator<Item = String>) -> Counts {
    let mut counts = Counts::new();
    names.for_each(|name| *counts.entry(name).or_default() += 1);
    counts
}

fn homes<'a>(deliveries: impl IntoIterator<Item = &'a Delivery>) -> Counts {
    counted(deliveries.into_iter().map(|(home, _)| home.clone()))
}

/// Whose a record is; what is malformed is nobody's.
fn home(record: &Seen) -> String {
    if record.header("reason") == Some("malformed") { NOBODY.to_owned() } else { record.key_text() }
}

fn id(record: &Seen) -> String {
    record.header("delivery-id").unwrap_or_default().to_owned()
}

fn number(record: &Seen, header: &str) -> usize {
    record.header(header).map_or(0, |text| text.parse().unwrap())
}

/// Whether a request tells of an audience or a trait: the events of the run are all track calls.
fn is_call(request: &Request) -> bool {
    request.body.windows(17).any(|part| part == b"\"type\":\"identify\"")
}

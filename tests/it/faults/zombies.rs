//! Replicas that stand still beyond their session and then go on, still holding requests and records of partitions that are
//! somebody else's by now.

use std::time::{Duration, Instant};

use super::trial::{Allowed, Plan, Trial};
use super::{by_turns, size};
use crate::support::cluster::Cluster;
use crate::support::commits::{Commits, Records, never_passed_what_was_not_settled, never_went_back};
use crate::support::fleet::Fleet;
use crate::support::kinds::Kind;
use crate::support::load::Rng;
use crate::support::skipped;

const REPLICAS: usize = 3;
const KINDS: &[Kind] = &[Kind::Well, Kind::Slow, Kind::Flapping, Kind::Dead, Kind::Rejecting];

#[test]
fn a_zombie_that_still_holds_requests_does_no_harm() {
    let Some(cluster) = Cluster::apache() else { return skipped("zombies") };
    let _turn = by_turns();
    let zombies = size(2, 20);
    let plan =
        Plan { name: "zombies", seed: 0x0204_b1e5, partitions: 12, kinds: KINDS, patience: Duration::from_secs(120) };
    let trial = Trial::new(cluster, plan);
    let mut rng = Rng::new(plan.seed);
    let fleet = Fleet::start(&trial.setup, REPLICAS);
    let commits = Commits::watch(&trial.setup);
    let load = trial.load(usize::MAX, 150);
    let mut faults = Vec::new();
    for _ in 0..zombies {
        trial.goes_on(rng.within(300..1_500));
        let number = rng.within(0..REPLICAS);
        fleet.works(number);
        faults.push(Instant::now());
        fleet.replica(number).signal("STOP");
        fleet.does_without(number);
        trial.goes_on(rng.within(300..1_500));
        // It begins some more before it hears that it has lost its partitions.
        faults.push(Instant::now());
        fleet.replica(number).signal("CONT");
        fleet.is_whole();
    }
    let ended = trial.recovers(|| load.stop(), *faults.last().unwrap());
    let counts = fleet.stop();
    let samples = commits.finish();
    trial.judge(&ended, Allowed::After(&faults), counts).saw_repeats();

    never_went_back(&samples);
    let deliveries = trial.setup.read("deliveries");
    let tiers: Vec<_> = trial.setup.tiers.iter().flat_map(|tier| trial.setup.read(&format!("delays.{tier}"))).collect();
    for kind in [Kind::Well, Kind::Slow] {
        let own: Vec<_> = deliveries.iter().filter(|record| record.key_text() == kind.id()).cloned().collect();
        let records = Records { deliveries: &own, tiers: &tiers };
        never_passed_what_was_not_settled(&samples, records, &trial.ledger.of(kind.id()));
    }
}

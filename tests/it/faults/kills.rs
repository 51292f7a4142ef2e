//! `kill -9` of a random one of three replicas, again and again, under load.

use std::time::Duration;

use super::trial::{Allowed, Plan, Trial};
use super::{by_turns, size};
use crate::support::cluster::Cluster;
use crate::support::fleet::Fleet;
use crate::support::kinds::Kind;
use crate::support::load::Rng;
use crate::support::skipped;

const REPLICAS: usize = 3;
/// The dead one is tried once in the short run, which is as long as the machine is busy.
const SHORT: &[Kind] = &[Kind::Well, Kind::Slow, Kind::Flapping, Kind::Bulk, Kind::GivenUp, Kind::Rejecting];
const FULL: &[Kind] = &[Kind::Well, Kind::Slow, Kind::Flapping, Kind::Bulk, Kind::Dead, Kind::Rejecting];
const PER_SECOND: usize = 900;

#[test]
fn kills_lose_nothing_and_repeat_only_what_was_in_flight_or_not_committed() {
    let Some(cluster) = Cluster::apache() else { return skipped("kill -9 of one of three") };
    let _turn = by_turns();
    let (kills, count, kinds) = size((20, 50_000, SHORT), (100, 200_000, FULL));
    let plan = Plan { name: "kills", seed: 0x9_111, partitions: 12, kinds, patience: Duration::from_secs(300) };
    let trial = Trial::new(cluster, plan);
    let mut rng = Rng::new(plan.seed);
    let mut fleet = Fleet::start(&trial.setup, REPLICAS);
    let load = trial.load(count, PER_SECOND);
    // One kill somewhere in each of so many equal parts of nearly all requests that are to come at least.
    let part = count * kinds.len() * 9 / 10 / kills;
    let mut faults = Vec::new();
    for kill in 0..kills {
        trial.reaches(kill * part + rng.within(part / 10..part));
        let number = rng.within(0..REPLICAS);
        fleet.works(number);
        faults.push(fleet.kill(number));
    }
    let ended = trial.recovers(|| load.finish(), *faults.last().unwrap());
    let counts = fleet.stop();
    trial.judge(&ended, Allowed::After(&faults), counts).saw_repeats();
}

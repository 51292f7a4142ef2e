//! Many replicas on many partitions, each of which ends many times: half of the time in good order, half of it killed.

use std::time::{Duration, Instant};

use super::trial::{Allowed, Plan, Trial};
use super::{by_turns, size};
use crate::support::cluster::Cluster;
use crate::support::fleet::Fleet;
use crate::support::kinds::Kind;
use crate::support::load::Rng;
use crate::support::skipped;

const KINDS: &[Kind] = &[Kind::Well, Kind::Flapping, Kind::Rejecting];
const PER_SECOND: usize = 600;

#[test]
fn many_replicas_that_end_many_times_lose_nothing() {
    let Some(cluster) = Cluster::apache() else { return skipped("many replicas that end many times") };
    let _turn = by_turns();
    let (replicas, restarts, count) = size((4, 3, 10_000), (8, 16, 100_000));
    let plan = Plan { name: "many", seed: 0x0816, partitions: 32, kinds: KINDS, patience: Duration::from_secs(120) };
    let trial = Trial::new(cluster, plan);
    let mut rng = Rng::new(plan.seed);
    let mut fleet = Fleet::start(&trial.setup, replicas);
    let load = trial.load(count, PER_SECOND);
    let mut to_end: Vec<usize> = (0..replicas * restarts).map(|end| end % replicas).collect();
    let part = count * KINDS.len() * 9 / 10 / to_end.len();
    let mut faults = Vec::new();
    while !to_end.is_empty() {
        trial.reaches(faults.len() * part + rng.within(part / 10..part));
        let number = to_end.swap_remove(rng.within(0..to_end.len()));
        if rng.within(0..2) == 0 {
            faults.push(fleet.kill(number));
        } else {
            faults.push(Instant::now());
            fleet.restart(number);
        }
    }
    let ended = trial.recovers(|| load.finish(), *faults.last().unwrap());
    let counts = fleet.stop();
    trial.judge(&ended, Allowed::After(&faults), counts).saw_repeats();
}

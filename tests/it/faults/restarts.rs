//! Replicas that are stopped in good order and started again, one after the other, under load.

use std::time::{Duration, Instant};

use super::trial::{Allowed, Plan, Trial};
use super::{by_turns, size};
use crate::support::cluster::Cluster;
use crate::support::fleet::Fleet;
use crate::support::kinds::Kind;
use crate::support::load::Rng;
use crate::support::skipped;

const REPLICAS: usize = 3;
const KINDS: &[Kind] = &[Kind::Well, Kind::Slow, Kind::Flapping, Kind::Bulk, Kind::Dead, Kind::Rejecting, Kind::Closed];

#[test]
fn rolling_restarts_repeat_one_of_a_thousand_at_most() {
    let Some(cluster) = Cluster::apache() else { return skipped("rolling restarts") };
    let _turn = by_turns();
    let restarts = size(5, 50);
    let plan =
        Plan { name: "restarts", seed: 0x7e57a7, partitions: 12, kinds: KINDS, patience: Duration::from_secs(120) };
    let trial = Trial::new(cluster, plan);
    let mut rng = Rng::new(plan.seed);
    let mut fleet = Fleet::start(&trial.setup, REPLICAS);
    let load = trial.load(usize::MAX, 200);
    let mut last = Instant::now();
    for restart in 0..restarts {
        trial.goes_on(rng.within(500..2_000));
        fleet.restart(restart % REPLICAS);
        last = Instant::now();
        fleet.works(restart % REPLICAS);
    }
    let ended = trial.recovers(|| load.stop(), last);
    let counts = fleet.stop();
    trial.judge(&ended, Allowed::OneOf(1_000), counts);
}

//! Seeded simulation of the diff core: replicas that come, go, crash and are slow, over an in-memory Kafka, with records
//! that come late, twice in doubt, or delete their user. A run is a function of its seed.
//!
//! `SIM_SEED` and `SIM_STEPS` as for deliveries; `SIM_RUNS` is the number of short runs.

#[cfg(debug_assertions)]
mod defects;
mod group;
mod kafka;
mod member;
mod quiet;
mod source;
mod steps;
mod truth;
mod world;

use std::collections::BTreeMap;

use crate::number;
use crate::plan::Mood;
use world::{World, run};

/// Runs that share the steps.
const RUNS: u64 = 10;

#[test]
fn memberships_are_the_fold_of_the_records_whatever_happens() {
    let (first, steps) = (number("SIM_SEED", 1), number("SIM_STEPS", 1_000_000) / 2);
    let worlds = (first..first + RUNS)
        .map(|seed| run(Mood::Rough, seed, steps / RUNS).unwrap_or_else(|violation| panic!("{violation}")));
    let must = ["crash", "lost", "healed", "landed late", "deleted", "late", "forgotten", "drain timed out"];
    seen_by(worlds, &must);
}

/// What several runs saw together; they prove nothing unless they saw some of each of these.
fn seen_by(worlds: impl Iterator<Item = World>, must: &[&str]) -> BTreeMap<&'static str, u64> {
    let mut seen: BTreeMap<&str, u64> = BTreeMap::new();
    for (name, count) in worlds.flat_map(|world| world.counts) {
        *seen.entry(name).or_default() += count;
    }
    for name in must {
        assert!(seen.get(name).is_some_and(|count| *count >= 3), "{name}: {seen:?}");
    }
    seen
}

#[test]
fn without_faults_each_change_is_one_call_in_the_order_of_the_records() {
    for seed in 1..=4 {
        let world = run(Mood::Calm, seed, 30_000).unwrap_or_else(|violation| panic!("{violation}"));
        assert!(world.counts["confirmed"] > 0 && !world.counts.contains_key("healed"), "{:?}", world.counts);
    }
}

#[test]
fn replicas_that_hand_over_in_good_order_repeat_no_call() {
    let worlds = (1..=8).map(|seed| run(Mood::Moving, seed, 30_000).unwrap_or_else(|violation| panic!("{violation}")));
    let seen = seen_by(worlds, &["handed back", "forgotten", "deleted", "late"]);
    assert_eq!(seen.get("healed"), None, "{seen:?}");
}

#[test]
fn the_same_seed_gives_the_same_run() {
    let counts = |seed| run(Mood::Rough, seed, 20_000).map(|world| (world.counts, world.now)).unwrap_or_default();
    assert_eq!(counts(7), counts(7));
    assert_ne!(counts(7), counts(8));
}

/// What goes wrong in the middle of a long run is overwritten by later changes before it is judged.
#[test]
fn many_short_runs_end_at_the_fold_too() {
    let first = number("SIM_SEED", 1);
    let worlds = (first..first + number("SIM_RUNS", 150))
        .map(|seed| run(Mood::Rough, seed, 2_000).unwrap_or_else(|violation| panic!("{violation}")));
    seen_by(worlds, &["crash", "lost", "healed", "landed late", "deleted", "late", "forgotten"]);
}

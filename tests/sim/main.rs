//! Seeded simulation of the deliver and delay cores: replicas, an in-memory Kafka, receivers that misbehave, and faults in
//! any order. A run is a function of its seed; a failure names the seed and the step.
//!
//! `SIM_SEED` begins at another seed, `SIM_STEPS` makes all runs together so long.

mod answers;
mod facts;
mod group;
mod log;
mod member;
mod places;
mod plan;
mod quiet;
mod receivers;
mod report;
mod rng;
mod source;
mod stage;
mod turn;
mod verdicts;
mod violation;
mod world;

use kafka_webhooks::delivery::defect::{Defect, plant};
use plan::{Mood, Plan};
use violation::{Invariant, Violation};
use world::run;

/// Runs that share the steps.
const RUNS: u64 = 10;

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name)
        .map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name} is a number, not {text}")))
}

#[test]
fn a_million_steps_keep_every_invariant() {
    let (first, steps) = (number("SIM_SEED", 1), number("SIM_STEPS", 1_000_000));
    for seed in first..first + RUNS {
        match run(Plan::rough(seed), seed, steps / RUNS) {
            Ok(report) => assert_ne!(report.hash, 0),
            Err(violation) => panic!("{violation}"),
        }
    }
}

#[test]
fn without_faults_nothing_is_repeated_and_every_schedule_is_exact() {
    let plan = Plan { mood: Mood::Calm, replicas: 3 };
    let report = run(plan, 1, 40_000).unwrap_or_else(|violation| panic!("{violation}"));
    for never in ["repeat", "copy dropped", "again after a fault", "again after a drain", "commit refused"] {
        assert_eq!(report.get(never), 0, "{never}: {report:?}");
    }
}

#[test]
fn the_same_seed_gives_the_same_trace() {
    let trace = |seed| run(Plan::rough(seed), seed, 40_000).map(|report| report.hash);
    let (one, again, other) = (trace(7), trace(7), trace(8));
    assert_eq!(one.as_ref().ok(), again.as_ref().ok(), "{one:?} {again:?}");
    assert_ne!(one.ok(), other.ok());
}

#[test]
fn every_planted_defect_is_caught() {
    let caught: Vec<(Defect, Option<Violation>)> =
        Defect::ALL.into_iter().map(|defect| (defect, catch(defect))).collect();
    assert!(caught.iter().all(|(_, violation)| violation.is_some()), "{caught:#?}");
}

fn catch(defect: Defect) -> Option<Violation> {
    plant(Some(defect));
    let runs = (1..=3).map(|seed| run(Plan::rough(seed), seed, 100_000));
    let violations: Vec<Violation> = runs.filter_map(Result::err).collect();
    plant(None);
    violations.into_iter().find(|violation| violation.invariant != Invariant::ProvesSomething)
}

//! Seeded simulation of the deliver and delay cores: replicas, an in-memory Kafka, receivers that misbehave, and faults in
//! any order. A run is a function of its seed; a failure names the seed and the step.
//!
//! `SIM_SEED` begins at another seed, `SIM_STEPS` makes all runs together so long.

mod answers;
mod audiences;
mod batches;
#[cfg(debug_assertions)]
mod defects;
mod facts;
mod flow;
mod group;
mod handback;
mod hours;
mod life;
mod log;
mod member;
mod places;
mod plan;
mod poll;
mod quiet;
mod receivers;
mod report;
mod rng;
mod source;
mod stage;
mod turn;
mod verdicts;
mod violation;
mod watch;
mod world;

use life::Course;
use plan::{Mood, Plan};
use report::Report;
use world::run;

/// Runs that share the steps.
const RUNS: u64 = 10;

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().expect("SIM_SEED and SIM_STEPS are numbers"))
}

#[test]
fn a_million_steps_keep_every_invariant() {
    let (first, steps) = (number("SIM_SEED", 1), number("SIM_STEPS", 1_000_000));
    for seed in first..first + RUNS {
        let world = run(Plan::rough(seed), seed, steps / RUNS).unwrap_or_else(|violation| panic!("{violation}"));
        assert!(world.report.get("delivered") > 0, "seed {seed}: {:?}", world.report);
    }
}

#[test]
fn without_faults_each_delivery_is_attempted_exactly_as_its_outcomes_require() {
    let plan = Plan { mood: Mood::Calm, replicas: 3 };
    let world = run(plan, 1, 60_000).unwrap_or_else(|violation| panic!("{violation}"));
    for never in ["repeat", "copy dropped", "again after a fault", "again after a drain", "commit refused", "revoked"] {
        assert_eq!(world.report.get(never), 0, "{never}: {:?}", world.report);
    }
    for course in &world.facts.courses {
        let attempts: u32 = course.hops.iter().map(|hop| hop.attempts).sum();
        let delivered: u32 = course.hops.iter().map(|hop| hop.delivered).sum();
        let expected = match world.receivers[course.receiver].name {
            "healthy" => (1, 1),
            "picky" => (1, 0),
            "brief" => (2, 0),
            // At 0, 1, 6, 26 and 46 s, and once more after the shortened wait, if it had not to wait too long for its turn
            // among lanes that are more than the requests there are.
            "down" => (attempts.clamp(4, 6), 0),
            "off" | "stranger" | "paused" => (0, 0),
            _ => (course.outcomes.len() as u32, delivered),
        };
        assert_eq!((attempts, delivered), expected, "{course:?}");
    }
}

#[test]
fn rebalances_repeat_nothing_unless_their_drain_times_out() {
    let plan = Plan { mood: Mood::Moving, replicas: 4 };
    for seed in 1..=4 {
        let world = run(plan, seed, 30_000).unwrap_or_else(|violation| panic!("{violation}"));
        let Report { counts, .. } = &world.report;
        let again = world.report.get("again after a fault");
        assert!(world.report.get("handed back") > 0 && world.report.get("delivered") > 0, "{counts:?}");
        assert!(world.report.get("repeat") <= again, "{counts:?}");
        assert_eq!(world.report.get("commit refused"), 0, "{counts:?}");
        let ends =
            |course: &&Course| course.hops.iter().map(|hop| hop.delivered + hop.dead[0] + hop.dead[1]).sum::<u32>();
        let twice: Vec<_> = world.facts.courses.iter().filter(|course| ends(course) > 1).collect();
        assert!(
            twice.len() as u64 <= again,
            "{} ended twice of {again}, such as {:?}: {counts:?}",
            twice.len(),
            twice[0]
        );
    }
}

#[test]
fn the_same_seed_gives_the_same_trace() {
    let trace = |seed| run(Plan::rough(seed), seed, 100_000).map(|world| world.report.hash);
    let traces = [7, 7, 8].map(|seed| trace(seed).unwrap_or_else(|violation| panic!("{violation}")));
    assert_eq!(traces[0], traces[1]);
    assert_ne!(traces[0], traces[2]);
}

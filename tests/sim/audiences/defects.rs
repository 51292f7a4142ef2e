//! Proves the simulation of audiences itself: each defect that can be planted in the diff core is noticed, and by an
//! invariant it breaks.

use kafka_webhooks::delivery::defect::{Defect, plant};

use super::world::run;
use crate::plan::Mood;
use crate::violation::{Invariant, Violation};

#[test]
fn every_planted_defect_is_caught() {
    let missed: Vec<_> = Defect::OF_MEMBERSHIPS.into_iter().filter_map(|defect| catch(defect).err()).collect();
    assert!(missed.is_empty(), "{missed:#?}");
}

/// What a defect breaks, and how much has to go wrong for it to show.
fn broken_by(defect: Defect) -> (Mood, &'static [Invariant]) {
    use Invariant::{CallsEndAtTheFold, MembershipsAreTheFold, OffsetsPassOnlySettled, RepeatsAreExplained};
    match defect {
        Defect::OffsetOneTooHigh | Defect::SettledBeforeConfirmed | Defect::UnchangedForgotten => {
            (Mood::Rough, &[OffsetsPassOnlySettled])
        }
        Defect::KeyDoesNotWait | Defect::RestoreNotAwaited | Defect::StaleRestoreCounts => {
            (Mood::Moving, &[RepeatsAreExplained])
        }
        Defect::OldFactTaken | Defect::DeletionForgotten => (Mood::Calm, &[MembershipsAreTheFold, CallsEndAtTheFold]),
        _ => (Mood::Rough, &[MembershipsAreTheFold, CallsEndAtTheFold]),
    }
}

/// Runs until a seed notices the defect by an invariant it breaks; else answers what was noticed instead.
fn catch(defect: Defect) -> Result<(), (Defect, Vec<Violation>)> {
    let (mood, invariants) = broken_by(defect);
    let mut others = Vec::new();
    for seed in 1..=40 {
        plant(Some(defect));
        let run = run(mood, seed, 30_000);
        plant(None);
        match run {
            Err(violation) if invariants.contains(&violation.invariant) => return Ok(()),
            Err(violation) => others.push(violation),
            Ok(_) => {}
        }
    }
    Err((defect, others))
}

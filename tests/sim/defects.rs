//! Proves the simulation itself: each defect that can be planted in the cores is noticed, and by the invariant it breaks.
//! Release builds hold no defects, so this is compiled with debug assertions only.

use kafka_webhooks::delivery::defect::{Defect, plant};

use crate::plan::Plan;
use crate::violation::{Invariant, Violation};
use crate::world::run;

#[test]
fn every_planted_defect_is_caught() {
    let missed: Vec<_> =
        Defect::OF_DELIVERIES.into_iter().filter_map(|defect| catch(defect, broken_by(defect)).err()).collect();
    assert!(missed.is_empty(), "{missed:#?}");
}

/// What a defect breaks. It may break other things as well, and on some seeds these are noticed first.
fn broken_by(defect: Defect) -> Invariant {
    match defect {
        Defect::OffsetOneTooHigh | Defect::EpochIgnored | Defect::SettledBeforeConfirmed => {
            Invariant::OffsetsPassOnlySettled
        }
        Defect::TierEarly => Invariant::NeverEarly,
        Defect::PermitLeaked => Invariant::PermitsComeBack,
        Defect::CopyKept | Defect::TakeoverForgotten => Invariant::CopiesDoNotLiveOn,
        Defect::ReturnedTwice => Invariant::RepeatsAreExplained,
        Defect::StaleDelayCounts => Invariant::NothingGone,
        Defect::ProbesUnlimited => Invariant::OneProbeAtATime,
        Defect::BreakerStaysOpen => Invariant::ReasonsAreTrue,
        Defect::PauseIgnored => Invariant::PausesHold,
        Defect::RateIgnored => Invariant::RatesHold,
        Defect::BatchMixed => Invariant::BatchesAreRight,
        // Those of memberships, which the simulation of audiences catches.
        Defect::OldFactTaken
        | Defect::KeyDoesNotWait
        | Defect::UnchangedForgotten
        | Defect::DeletionForgotten
        | Defect::RestoreNotAwaited
        | Defect::StaleRestoreCounts
        | Defect::LastRecordWins
        | Defect::WrongRecordStays => Invariant::ProvesSomething,
    }
}

/// Runs until a seed notices the defect by the invariant it breaks; else answers what was noticed instead.
fn catch(defect: Defect, invariant: Invariant) -> Result<(), (Defect, Vec<Violation>)> {
    let mut others = Vec::new();
    for seed in 1..=40 {
        plant(Some(defect));
        let run = run(Plan::rough(seed), seed, 50_000);
        plant(None);
        match run {
            Err(violation) if violation.invariant == invariant => return Ok(()),
            Err(violation) => others.push(violation),
            Ok(_) => {}
        }
    }
    Err((defect, others))
}

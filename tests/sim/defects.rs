//! Proves the simulation itself: each defect that can be planted in the cores is noticed, and by the invariant it breaks.
//! Release builds hold no defects, so this is compiled with debug assertions only.

use kafka_webhooks::delivery::defect::{Defect, plant};

use crate::plan::Plan;
use crate::violation::{Invariant, Violation};
use crate::world::run;

#[test]
fn every_planted_defect_is_caught() {
    let caught = Defect::ALL.map(|defect| (defect, catch(defect)));
    assert!(caught.iter().all(|(_, violation)| violation.is_some()), "{caught:#?}");
    let by = |wanted: Defect| caught.iter().find(|(defect, _)| *defect == wanted).and_then(|(_, by)| by.as_ref());
    for (defect, invariant) in [
        (Defect::OffsetOneTooHigh, Invariant::OffsetsPassOnlySettled),
        (Defect::EpochIgnored, Invariant::OffsetsPassOnlySettled),
        (Defect::SettledBeforeConfirmed, Invariant::OffsetsPassOnlySettled),
        (Defect::TierEarly, Invariant::NeverEarly),
        (Defect::PermitLeaked, Invariant::PermitsComeBack),
        (Defect::CopyKept, Invariant::CopiesDoNotLiveOn),
        (Defect::TakeoverForgotten, Invariant::CopiesDoNotLiveOn),
        (Defect::StaleDelayCounts, Invariant::NothingGone),
    ] {
        assert_eq!(by(defect).map(|violation| violation.invariant), Some(invariant), "{caught:#?}");
    }
}

/// What the first seed that notices a defect says; a run that saw too little notices nothing.
fn catch(defect: Defect) -> Option<Violation> {
    plant(Some(defect));
    let mut runs = (1..=40).filter_map(|seed| run(Plan::rough(seed), seed, 50_000).err());
    let caught = runs.find(|violation| violation.invariant != Invariant::ProvesSomething);
    plant(None);
    caught
}

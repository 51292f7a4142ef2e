//! What may answer nothing in this run, each with its reason, and which alerts fire. A list that says more than is
//! needed is wrong, too: it would hide the next defect.

use std::collections::{BTreeMap, BTreeSet};

use super::checks::Wrong;

/// Expressions, by where they stand.
pub(super) const EMPTY: [(&str, &str); 9] = [
    ("overview: annotation Configurations", NO_RELOAD),
    ("destination: annotation Configurations", NO_RELOAD),
    ("replicas: annotation Configurations", NO_RELOAD),
    ("delays: annotation Configurations", NO_RELOAD),
    (UNACCOUNTED, AMONG_OTHERS),
    (UNACCOUNTED_OF_EACH, AMONG_OTHERS),
    ("record webhooks:deliveries_unaccounted:delta1h", AN_HOUR),
    ("record webhooks:deliveries_unaccounted:noise1h", AN_HOUR),
    ("alert WebhooksConservationBroken", AN_HOUR),
];
/// The panel that shows loss.
pub(super) const UNACCOUNTED: &str = "overview: Unaccounted (A)";
/// The same of the chosen destinations.
pub(super) const UNACCOUNTED_OF_EACH: &str = "destination: Unaccounted (A)";
const NO_RELOAD: &str = "nobody changes the configuration during the run";
const AMONG_OTHERS: &str = "of a time in which replicas come and go it says nothing; the test asks it of another";
const AN_HOUR: &str = "it compares with an hour ago, and the run takes a minute";

/// Alerts that fire, by name; no others may.
pub(super) const FIRING: [(&str, &str); 2] = [
    ("WebhooksDeadLettersArriving", "three destinations end in dead letters"),
    ("WebhooksWatchdog", "it fires always"),
];

/// What is wrong with places, but for what a list excuses; and what is wrong with the list.
pub(super) fn complaints(found: &BTreeMap<String, Vec<Wrong>>, excused: &[(&str, &str)]) -> Vec<String> {
    let is_excused = |place: &str| excused.iter().any(|(own, _)| *own == place);
    let mut complaints = Vec::new();
    for (place, wrong) in found {
        let left = wrong.iter().filter(|wrong| !(wrong.is_want() && is_excused(place)));
        complaints.extend(left.map(|wrong| format!("{place}: {wrong}")));
    }
    let mut seen = BTreeSet::new();
    for (place, reason) in excused {
        let wanting = found.get(*place).map(|wrong| wrong.iter().any(Wrong::is_want));
        let because = match wanting {
            _ if reason.is_empty() => "is excused without a reason",
            _ if !seen.insert(place) => "is excused twice",
            None => "is excused, and is not there",
            Some(false) => "is excused, and needs it no more",
            Some(true) => continue,
        };
        complaints.push(format!("{place}: {because}"));
    }
    complaints
}

#[test]
fn only_what_is_listed_may_be_empty_and_only_what_is_empty_may_be_listed() {
    let found: BTreeMap<String, Vec<Wrong>> = [
        ("good", vec![]),
        ("empty", vec![Wrong::Missing("a".to_owned()), Wrong::Empty]),
        ("broken", vec![Wrong::Error("no".to_owned())]),
    ]
    .map(|(place, wrong)| (place.to_owned(), wrong))
    .into();
    assert_eq!(complaints(&found, &[("empty", "so")]), ["broken: no"]);
    assert_eq!(complaints(&found, &[]).len(), 3);
    for (list, because) in [
        (("good", "so"), "needs it no more"),
        (("gone", "so"), "is not there"),
        (("broken", "so"), "needs it no more"),
        (("good", ""), "without a reason"),
        (("empty", "so"), "twice"),
    ] {
        let complaints = complaints(&found, &[("empty", "so"), list]);
        assert_eq!(complaints.len(), 2, "{complaints:?}");
        assert!(complaints[1].contains(because), "{complaints:?}");
    }
}

//! Every recording rule and alert of the project: what a Prometheus that has them made of the run.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::checks::{Asked, Checks, Form, Wrong};
use crate::compose::file::project;

/// The files of rules, by name. Their groups are evaluated as often as the Prometheus likes that gets them: one that takes
/// its time would not be done with the run at its end.
pub(super) fn files() -> Vec<(String, Value)> {
    let Ok(entries) = std::fs::read_dir(project().join("grafana/rules")) else { return Vec::new() };
    let paths = entries.map(|entry| entry.unwrap().path());
    let read = |path: std::path::PathBuf| {
        let mut rules: Value = serde_saphyr::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        for group in rules["groups"].as_array_mut()? {
            group.as_object_mut()?.remove("interval");
        }
        Some((path.file_name()?.to_str()?.to_owned(), rules))
    };
    let mut files: Vec<_> =
        paths.filter(|path| path.extension().is_some_and(|end| end == "yaml")).filter_map(read).collect();
    files.sort_by(|one, other| one.0.cmp(&other.0));
    files
}

/// What is wrong with each rule, by its name: of a recording rule that what it records is there, of an alert that what it
/// looks at was there, of both that they can be evaluated.
pub(super) fn wrong(checks: &Checks<'_>) -> BTreeMap<String, Vec<Wrong>> {
    let mut found: BTreeMap<String, Vec<Wrong>> = BTreeMap::new();
    let loaded = checks.prometheus().rules();
    let written: usize = files().iter().map(|(_, file)| rules_of(file).count()).sum();
    assert_eq!(loaded.len(), written, "all rules are loaded");
    for rule in loaded {
        let text = |field: &str| rule[field].as_str().unwrap_or_default().to_owned();
        let is_alert = rule["type"] == "alerting";
        let place = format!("{} {}", if is_alert { "alert" } else { "record" }, text("name"));
        let wrong = found.entry(place.clone()).or_default();
        if rule["health"] != "ok" {
            wrong.push(Wrong::Error(format!("its health is {} {}", text("health"), text("lastError"))));
        }
        let form = if is_alert { Form::Alert } else { Form::Instant };
        wrong.extend(checks.wrong(&Asked { place: place.clone(), expression: text("query"), form }));
        if !is_alert {
            wrong.extend(checks.wrong(&Asked { place, expression: text("name"), form }));
        }
    }
    found
}

/// What is wrong with the alerts that fired during the run, and with the list of those that are to.
pub(super) fn fired(checks: &Checks<'_>, may: &[(&str, &str)]) -> Vec<String> {
    let ever = format!("last_over_time(ALERTS{{alertstate=\"firing\"}}[{}])", checks.run().length());
    let fired = checks.prometheus().instant(&ever, checks.run().to).unwrap();
    let fired: BTreeSet<&str> = fired.iter().map(|one| one.label("alertname")).collect();
    let surplus = fired.iter().filter(|name| may.iter().all(|(own, _)| own != *name));
    let silent = may.iter().filter(|(name, reason)| !fired.contains(name) || reason.is_empty());
    let surplus = surplus.map(|name| format!("alert {name} fired"));
    surplus.chain(silent.map(|(name, _)| format!("alert {name} was to fire, with a reason"))).collect()
}

fn rules_of(file: &Value) -> impl Iterator<Item = &Value> {
    let groups = file["groups"].as_array().into_iter().flatten();
    groups.flat_map(|group| group["rules"].as_array().into_iter().flatten())
}

//! What every alert must have: a severity, words, a section of the README, and a case of promtool in which it fires. Each
//! case also asks which alerts fire of all there are, so that every one of them is seen silent too.
//!
//! Whether the expressions are right is asked by `promtool test rules grafana/rules/tests/*.yaml`, which `.ci/run` does.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::project;

#[derive(Deserialize)]
struct Rules {
    groups: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    rules: Vec<Rule>,
}

#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
struct Rule {
    alert: String,
    labels: BTreeMap<String, String>,
    annotations: BTreeMap<String, String>,
}

/// What is wrong with an alert.
fn complaints(alert: &Rule, readme: &str, cases: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut need = |holds: bool, what: &str| {
        if !holds {
            wrong.push(format!("{}: {what}", alert.alert));
        }
    };
    let says = |name: &str| alert.annotations.get(name).map_or("", String::as_str);
    let severity = alert.labels.get("severity").map_or("", String::as_str);
    need(["critical", "warning", "info"].contains(&severity), "no severity that is known");
    need(!says("summary").is_empty() && !says("summary").ends_with('.'), "its summary is no headline");
    need(says("description").ends_with('.'), "its description is no sentence");
    let section = format!("README.md#{}", alert.alert.to_lowercase());
    need(says("runbook_url") == section, "it does not lead to its section of the README");
    need(readme.contains(&format!("\n#### {}\n", alert.alert)), "the README has no section of its name");
    let fires = [
        format!("alertname: {}\n        exp_alerts:\n          - ", alert.alert),
        format!("{{ labels: '{{alertname=\"{}\"", alert.alert),
        format!("labels: 'ALERTS{{alertname=\"{}\",alertstate=\"firing\"", alert.alert),
    ];
    need(fires.iter().any(|form| cases.contains(form.as_str())), "no case in which it fires");
    wrong
}

fn read(path: &str) -> String {
    std::fs::read_to_string(project(path)).unwrap()
}

fn cases() -> String {
    let entries = std::fs::read_dir(project("grafana/rules/tests")).unwrap();
    entries.map(|entry| std::fs::read_to_string(entry.unwrap().path()).unwrap()).collect()
}

fn alerts() -> Vec<Rule> {
    let rules: Rules = serde_saphyr::from_str(&read("grafana/rules/alerts.yaml")).unwrap();
    rules.groups.into_iter().flat_map(|group| group.rules).collect()
}

#[test]
fn every_alert_says_what_to_do_and_is_seen_to_fire() {
    let (readme, cases) = (read("README.md"), cases());
    let alerts = alerts();
    let wrong: Vec<String> = alerts.iter().flat_map(|alert| complaints(alert, &readme, &cases)).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    let names: BTreeSet<&str> = alerts.iter().map(|alert| alert.alert.as_str()).collect();
    assert_eq!(names.len(), alerts.len(), "an alert's name comes twice");
    // A section whose alert is gone misleads.
    let sections = readme.lines().filter_map(|line| line.strip_prefix("#### Webhooks"));
    let sections: BTreeSet<String> = sections.map(|name| format!("Webhooks{name}")).collect();
    assert_eq!(sections, names.into_iter().map(str::to_owned).collect::<BTreeSet<_>>());
}

#[test]
fn an_alert_that_lacks_something_is_noticed() {
    let alert = Rule { alert: "WebhooksNew".to_owned(), ..Rule::default() };
    assert_eq!(complaints(&alert, "", "").len(), 6);
    let told = [("summary", "much"), ("description", "Much."), ("runbook_url", "README.md#webhooksnew")];
    let words = |pairs: &[(&str, &str)]| pairs.iter().map(|(name, text)| ((*name).into(), (*text).into())).collect();
    let good =
        Rule { alert: "WebhooksNew".to_owned(), labels: words(&[("severity", "info")]), annotations: words(&told) };
    let case = "          - { labels: '{alertname=\"WebhooksNew\"}', value: 1 }";
    assert_eq!(complaints(&good, "\n#### WebhooksNew\n", case), [""; 0]);
}

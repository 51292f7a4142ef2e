//! The rules Prometheus loads: their expressions, and the names they record. What an alert must say is asked in
//! `boards/rules.rs`; whether the expressions are right, by promtool.

use serde::Deserialize;

use super::file::project;

#[derive(Deserialize)]
struct Rules {
    groups: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    rules: Vec<Rule>,
}

/// A rule: what it computes, and the name under which Prometheus keeps it, where it does.
#[derive(Debug, Deserialize)]
pub(crate) struct Rule {
    pub(crate) expr: String,
    #[serde(default)]
    pub(crate) record: String,
}

/// Every rule of every file that Prometheus loads.
pub(crate) fn rules() -> Vec<Rule> {
    let entries = std::fs::read_dir(project().join("grafana/rules")).unwrap();
    let files = entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
    let read = |path: std::path::PathBuf| {
        let rules: Rules = serde_saphyr::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        rules.groups.into_iter().flat_map(|group| group.rules).collect::<Vec<_>>()
    };
    files.flat_map(read).collect()
}

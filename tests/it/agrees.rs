//! The consumer agrees with Segment, asked from outside: every fixture of triggers, filters, mappings and requests, given to
//! `check` and `explain` as a file and lines.

mod filters;
mod mappings;
mod requests;
mod triggers;

use std::collections::BTreeSet;
use std::io::Write as _;
use std::process::Stdio;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::support::program::command;

/// Cases that one process explains: each of its events is explained for each of its destinations.
const TOGETHER: usize = 24;

/// What the types of destinations go by in an `integrations` object.
const CLASSIC: &str = "Webhooks";
const ACTIONS: &str = "Webhook";

/// A destination by its keys but the id, and an event.
#[derive(Clone)]
struct Asked {
    id: String,
    destination: String,
    event: String,
}

/// What `explain` says of an event at its destination.
struct Told {
    decision: String,
    reason: Option<String>,
    requests: Vec<Value>,
}

impl Told {
    fn body(&self) -> Option<&str> {
        self.requests.first().and_then(|request| request["body"].as_str())
    }

    /// The decision, and its reason if there is one.
    fn words(&self) -> String {
        self.reason.as_ref().map_or_else(|| self.decision.clone(), |reason| format!("{}: {reason}", self.decision))
    }
}

/// A file with these destinations, each on a line of its own. Every JSON text is YAML.
fn file<'a>(destinations: impl Iterator<Item = &'a str>) -> String {
    let lines = destinations.enumerate().map(|(at, keys)| format!("- {{\"id\":\"d{at}\",{keys}}}\n"));
    format!("destinations:\n{}", lines.collect::<String>())
}

/// Which of these destinations `check` refuses, by their places.
fn refused(destinations: &[String]) -> BTreeSet<usize> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("webhooks.yaml");
    std::fs::write(&path, file(destinations.iter().map(String::as_str))).unwrap();
    let output = command().arg("--config").arg(&path).arg("check").output().unwrap();
    let complaints = String::from_utf8(output.stderr).unwrap();
    let begins = format!("{}:", path.display());
    let line = |complaint: &str| complaint.strip_prefix(&begins)?.split(':').next()?.parse::<usize>().ok();
    let refused: BTreeSet<usize> = complaints.lines().filter_map(line).map(|line| line - 2).collect();
    assert_eq!(output.status.code(), Some(if refused.is_empty() { 0 } else { 2 }), "{complaints}");
    refused
}

/// Each event explained for its own destination.
fn explained(asked: &[Asked]) -> Vec<Told> {
    asked.chunks(TOGETHER).flat_map(explained_together).collect()
}

fn explained_together(asked: &[Asked]) -> Vec<Told> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("webhooks.yaml");
    std::fs::write(&path, file(asked.iter().map(|asked| &*asked.destination))).unwrap();
    let events: String = asked.iter().map(|asked| format!("{}\n", asked.event)).collect();
    let mut command = command();
    command.arg("--config").arg(&path).args(["explain", "--output", "json"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    // The answers may fill the pipe before all is asked.
    let asking = std::thread::spawn(move || input.write_all(events.as_bytes()));
    let output = child.wait_with_output().unwrap();
    asking.join().unwrap().unwrap();
    assert!(output.status.success(), "{}", output.status);
    let lines = output.stdout.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let lines: Vec<Value> = lines.map(|line| serde_json::from_slice(line).unwrap()).collect();
    asked.iter().enumerate().map(|(at, asked)| own(asked, at, &lines)).collect()
}

/// The one line about an event and its own destination, or about the event if it is none.
fn own(asked: &Asked, at: usize, lines: &[Value]) -> Told {
    let destination = format!("d{at}");
    let is_own = |line: &&Value| {
        line["event"] == at && line["destination"].as_str().is_none_or(|destination_of| destination_of == destination)
    };
    let own: Vec<&Value> = lines.iter().filter(is_own).collect();
    let [line] = own[..] else { panic!("{}: {own:?}", asked.id) };
    Told {
        decision: line["decision"].as_str().unwrap().to_owned(),
        reason: line["reason"].as_str().map(str::to_owned),
        requests: line["requests"].as_array().unwrap().clone(),
    }
}

/// The keys of a destination with one mapping.
fn actions(mapping: &str) -> String {
    format!(r#""type":"webhooks_actions","mappings":[{{{mapping}}}]"#)
}

/// A text as JSON.
fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}

fn cases<'a, C: Deserialize<'a>>(fixtures: &'a str) -> Vec<C> {
    fixtures.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The events of a case, each as it is written.
fn events(event: Option<&RawValue>, events: Option<&[&RawValue]>) -> Vec<String> {
    event
        .into_iter()
        .chain(events.into_iter().flatten().copied())
        .map(|event| not_only_for(CLASSIC, event.get()))
        .collect()
}

/// Some events are only for the type of destination that goes by this name; what becomes of them is asked of another.
fn not_only_for(name: &str, text: &str) -> String {
    text.replace(&format!(r#"{{"All":false,"{name}":true"#), &format!(r#"{{"All":true,"{name}":true"#))
}

/// Fails with all that is wrong.
fn holds(wrong: &[String], of: usize) {
    assert!(wrong.is_empty(), "{} of {of}:\n{}", wrong.len(), wrong.join("\n"));
}

//! The README's table of metrics says what `/metrics` exports, no more and no less, and Prometheus' own tool likes it.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{ErrorKind, Write as _};
use std::process::{Command, Stdio};

use crate::support::note;
use crate::support::program::{Program, Setup};
use crate::support::receiver::{Receiver, Reply};
use crate::support::states::PATIENCE;
use crate::support::wait::until_explained;

const HEAD: &str = "| Metric | Labels | Type | Meaning |";

/// The type of a metric, and its labels.
type Family = (String, BTreeSet<String>);

/// The rows of the README's table.
fn documented() -> BTreeMap<String, Family> {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    let (_, table) = text.split_once(HEAD).expect("the README has a table of metrics");
    let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    let mut all = BTreeMap::new();
    for row in rows {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [name, labels, kind, meaning] = cells[..] else { panic!("{row} has no four cells") };
        assert!(meaning.len() > 10, "{row} says nothing");
        let labels = labels.split(", ").map(|label| label.trim_matches('`')).filter(|label| *label != "–");
        let family = (kind.to_owned(), labels.map(str::to_owned).collect());
        assert!(all.insert(name.trim_matches('`').to_owned(), family).is_none(), "{name} has two rows");
    }
    all
}

/// The families of a page.
fn exported(page: &str) -> BTreeMap<String, Family> {
    let mut all: BTreeMap<String, Family> = BTreeMap::new();
    let mut last = String::new();
    for line in page.lines() {
        if let Some((name, kind)) = line.strip_prefix("# TYPE ").and_then(|rest| rest.split_once(' ')) {
            last = name.to_owned();
            all.insert(last.clone(), (kind.to_owned(), BTreeSet::new()));
        } else if let Some((_, rest)) = line.strip_prefix('#').is_none().then(|| line.split_once('{')).flatten() {
            let pairs = rest.rsplit_once('}').unwrap().0;
            let names = pairs.split("\",").filter_map(|pair| pair.split_once("=\"")).map(|pair| pair.0.to_owned());
            all.get_mut(&last).unwrap().1.extend(names.filter(|name| name != "le"));
        }
    }
    all
}

/// A replica that shows everything there is: something waits, something hangs, something was committed.
fn busy(receiver: &Receiver, name: &str) -> (Setup, Program) {
    receiver.script("/hangs", [Reply::hang()]);
    receiver.script("/throttles", [Reply::status(429).header("retry-after", "3000")]);
    let mut setup = Setup::local(name);
    setup.retries = "{ tiers: [100ms, 1h], give_up_after: 4h }".to_owned();
    setup.tiers = vec!["100ms", "1h"];
    setup.properties.push_str(", statistics.interval.ms: 200");
    setup.destination("hangs", receiver.url("/hangs"), ", timeout: 1m");
    setup.destination("throttles", receiver.url("/throttles"), "");
    let program = setup.start_ready();
    setup.events(&[r#"{"type":"track"}"#]);
    receiver.wait_for(2);
    (setup, program)
}

#[test]
fn the_table_of_metrics_is_true_and_complete() {
    let receiver = Receiver::start();
    let (_setup, program) = busy(&receiver, "documented");
    let documented = documented();
    assert!(documented.len() > 40, "{documented:?}");
    let there = || exported(&program.get("/metrics").unwrap().1);
    until_explained(
        || {
            let (there, mut differing) = (there(), Vec::new());
            for name in documented.keys().chain(there.keys()).collect::<BTreeSet<_>>() {
                let (said, is) = (documented.get(name), there.get(name));
                if said != is {
                    differing.push(format!("{name}: the README says {said:?}, /metrics has {is:?}"));
                }
            }
            differing.join("\n")
        },
        PATIENCE,
        || (there() == documented).then_some(()),
    );
}

#[test]
fn prometheus_own_tool_finds_nothing_to_complain_of() {
    let receiver = Receiver::start();
    let (_setup, program) = busy(&receiver, "promtool");
    let page = program.get("/metrics").unwrap().1;
    let mut tool = Command::new("promtool");
    tool.args(["check", "metrics"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut tool = match tool.spawn() {
        Ok(tool) => tool,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return note("what promtool finds in /metrics: skipped, for promtool is not installed");
        }
        Err(error) => panic!("{error}"),
    };
    tool.stdin.take().unwrap().write_all(page.as_bytes()).unwrap();
    let said = tool.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&[said.stdout, said.stderr].concat()).into_owned();
    assert!(said.status.success() && text.is_empty(), "{}: {text}", said.status);
}

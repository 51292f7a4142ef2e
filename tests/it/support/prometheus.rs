//! A real Prometheus (Debian's) as a child process, that scrapes every second whom it is told to, and is asked over its
//! HTTP API. Its data lie in a folder of their own and go with it. What an answer holds is in `answer`; what to ask, and
//! which answer is right, is left to the tests.

mod answer;

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use url::form_urlencoded;

use super::program::Program;
use super::wait::until;
use crate::kafka::ServerProcess;

pub use self::answer::{Answer, Series};

/// Where a busy machine still gets. Prometheus itself takes up a change of its targets every 5 seconds only.
const PATIENCE: Duration = Duration::from_secs(40);
const NAME: &str = "prometheus";

/// A running Prometheus; killed when it is dropped, or when the test process ends in whatever way.
pub struct Prometheus {
    // Before the folder: the process must be gone when its folder is removed.
    _process: ServerProcess,
    folder: TempDir,
    address: SocketAddr,
}

/// From when to when, in seconds since 1970.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    pub from: f64,
    pub to: f64,
}

impl Span {
    /// Its length as a duration of PromQL.
    pub fn length(self) -> String {
        format!("{:.0}ms", (self.to - self.from) * 1_000.0)
    }
}

impl Prometheus {
    /// Whether there is one to start.
    pub fn is_installed() -> bool {
        let asked = Command::new(NAME).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
        !asked.is_err_and(|error| error.kind() == ErrorKind::NotFound)
    }

    /// Starts one that scrapes a job and evaluates these rules, each with the name of its file, both every second.
    pub fn start(job: &str, rules: &[(String, Value)]) -> Self {
        let mut tries_left = 3;
        loop {
            tries_left -= 1;
            let folder = tempfile::Builder::new().prefix("prometheus-").tempdir().unwrap();
            write_configuration(&folder, job, rules);
            // The port was free a moment ago; whoever takes it meanwhile makes us try another one.
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
            let address = listener.local_addr().unwrap();
            drop(listener);
            let mut process = ServerProcess::start(folder.path(), &command(&folder, address)).unwrap();
            let ended = until("Prometheus to be ready or to end", PATIENCE, || {
                let ready = get(address, "/-/ready").is_some_and(|(status, _)| status == 200);
                if ready { Some(None) } else { process.ended().unwrap().map(Some) }
            });
            let Some(status) = ended else { return Self { _process: process, folder, address } };
            let log = std::fs::read_to_string(folder.path().join("server.log")).unwrap_or_default();
            assert!(tries_left > 0 && log.contains("address already in use"), "Prometheus ended with {status}:\n{log}");
        }
    }

    /// Where it is, for other programs.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Has it scrape these replicas and no others, and waits until it has scraped each.
    pub fn watch(&self, replicas: &[Program]) {
        let targets: Vec<String> = replicas.iter().map(|replica| replica.admin().to_string()).collect();
        write_targets(&self.folder, &targets);
        until("Prometheus to reach the replicas", PATIENCE, || {
            let up = self.instant("up", now()).ok()?;
            let reached = |target: &String| {
                up.iter().any(|one| one.label("instance") == target.as_str() && one.last() == Some(1.0))
            };
            (up.len() == targets.len() && targets.iter().all(reached)).then_some(())
        });
    }

    /// Waits until every target was scraped after this moment, and every rule evaluated after that.
    pub fn catches_up(&self) {
        let begin = now();
        until("a scrape of each replica", PATIENCE, || {
            let scraped = self.instant("min(timestamp(up))", now()).ok()?;
            (scraped.first()?.last()? > begin).then_some(())
        });
        let begin = now();
        until("an evaluation of each rule", PATIENCE, || {
            let late = |rule: &Value| {
                let at = rule["lastEvaluation"].as_str().and_then(|at| at.parse::<jiff::Timestamp>().ok());
                at.is_none_or(|at| seconds(at) <= begin)
            };
            (!self.rules().iter().any(late)).then_some(())
        });
    }

    /// The values of an expression at a time.
    pub fn instant(&self, expression: &str, at: f64) -> Answer {
        answer::read(self.asked("query", &[("query", expression), ("time", &at.to_string())]))
    }

    /// The values of an expression over a time, one for each step in seconds.
    pub fn range(&self, expression: &str, span: Span, step: u32) -> Answer {
        let [from, to, step] = [span.from.to_string(), span.to.to_string(), step.to_string()];
        answer::read(
            self.asked("query_range", &[("query", expression), ("start", &from), ("end", &to), ("step", &step)]),
        )
    }

    /// The values a label has in the series a selector chooses.
    pub fn label_values(&self, label: &str, selector: &str) -> Vec<String> {
        let found = self.asked(&format!("label/{label}/values"), &[("match[]", selector)]);
        let found = found.unwrap_or_else(|error| panic!("{label} of {selector}: {error}"));
        found.as_array().into_iter().flatten().filter_map(|value| Some(value.as_str()?.to_owned())).collect()
    }

    /// Every rule it has, with what it knows about it.
    pub fn rules(&self) -> Vec<Value> {
        let found = self.asked("rules", &[]).unwrap_or_else(|error| panic!("rules: {error}"));
        let groups = found["groups"].as_array().into_iter().flatten();
        groups.flat_map(|group| group["rules"].as_array().cloned().unwrap_or_default()).collect()
    }

    /// What the API answers, or the error it tells.
    fn asked(&self, what: &str, parameters: &[(&str, &str)]) -> Result<Value, String> {
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
        let (_, body) = get(self.address, &format!("/api/v1/{what}?{query}")).ok_or("Prometheus does not answer")?;
        let mut told: Value = serde_json::from_str(&body).map_err(|error| format!("{error} in {body}"))?;
        if told["status"] == "success" { Ok(told["data"].take()) } else { Err(told["error"].to_string()) }
    }
}

/// The time, in seconds since 1970.
pub fn now() -> f64 {
    seconds(jiff::Timestamp::now())
}

fn seconds(at: jiff::Timestamp) -> f64 {
    // Of milliseconds, which an f64 holds exactly.
    at.as_millisecond() as f64 / 1_000.0
}

fn command(folder: &TempDir, address: SocketAddr) -> Vec<String> {
    let folder = folder.path().display();
    vec![
        NAME.to_owned(),
        format!("--config.file={folder}/prometheus.yml"),
        format!("--storage.tsdb.path={folder}/data"),
        format!("--web.listen-address={address}"),
        "--log.level=warn".to_owned(),
    ]
}

/// JSON is YAML, too.
fn write_configuration(folder: &TempDir, job: &str, rules: &[(String, Value)]) {
    let configuration = json!({
        "global": { "scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s" },
        "rule_files": ["rules/*"],
        "scrape_configs": [{
            "job_name": job,
            "file_sd_configs": [{ "files": ["targets.json"], "refresh_interval": "1s" }],
        }],
    });
    std::fs::write(folder.path().join("prometheus.yml"), configuration.to_string()).unwrap();
    std::fs::create_dir(folder.path().join("rules")).unwrap();
    for (name, rule) in rules {
        std::fs::write(folder.path().join("rules").join(name), rule.to_string()).unwrap();
    }
    write_targets(folder, &[]);
}

fn write_targets(folder: &TempDir, targets: &[String]) {
    let text = json!([{ "targets": targets }]).to_string();
    // Put in place at once: Prometheus looks when it likes.
    std::fs::write(folder.path().join("targets.new"), text).unwrap();
    std::fs::rename(folder.path().join("targets.new"), folder.path().join("targets.json")).unwrap();
}

/// A plain GET. HTTP/1.0, so that the body comes in one piece and ends with the connection.
fn get(address: SocketAddr, path: &str) -> Option<(u16, String)> {
    let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(2)).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    write!(stream, "GET {path} HTTP/1.0\r\nhost: prometheus\r\n\r\n").ok()?;
    let mut text = String::new();
    stream.read_to_string(&mut text).ok()?;
    let (head, body) = text.split_once("\r\n\r\n")?;
    Some((head.split(' ').nth(1)?.parse().ok()?, body.to_owned()))
}

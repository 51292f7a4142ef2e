//! The real program as a child process, with a configuration of its own in a folder of its own.
//! Killed when it is dropped, by its own process id. Everything it logs is kept for failures.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use super::cluster::Cluster;
use super::wait::{until, until_explained};

/// Names that keep tests apart on a shared Kafka, and the configuration made of them.
pub struct Setup {
    pub cluster: Cluster,
    /// What the program is given as brokers, where tests see them at another place.
    pub proxied: Option<String>,
    pub name: String,
    pub partitions: i32,
    /// YAML of everything below `destinations:`, indented by two spaces.
    pub destinations: String,
    /// YAML of `retries:`, in flow style.
    pub retries: String,
    /// Tiers of `retries`, by their names; their topics are made.
    pub tiers: Vec<&'static str>,
    /// Settings of the memberships topic.
    pub memberships: Vec<(&'static str, String)>,
    /// Whether the topics of audiences are waited for, too.
    pub has_audiences: bool,
    /// Further YAML of `topics:`, in flow style, such as `start_at: now`.
    pub more_topics: String,
    /// Further top-level YAML.
    pub more: String,
    /// Further librdkafka properties, in flow style.
    pub properties: String,
    /// From which level replicas log; what they log costs time.
    pub log_level: &'static str,
    pub folder: tempfile::TempDir,
}

/// Lines of a log that are shown when a test fails; some write a hundred thousand.
const SHOWN: usize = 1_000;

static NUMBER: AtomicU32 = AtomicU32::new(0);

impl Setup {
    /// A setup on the Kafka of this run, with 4 partitions and short tiers.
    pub fn new(cluster: Cluster, name: &str) -> Self {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        Self {
            cluster,
            proxied: None,
            name: format!("{name}-{}-{number}", std::process::id()),
            partitions: 4,
            destinations: String::new(),
            retries: "{ tiers: [100ms, 200ms, 400ms], give_up_after: 2s }".to_owned(),
            tiers: vec!["100ms", "200ms", "400ms"],
            memberships: vec![("cleanup.policy", "compact".to_owned())],
            has_audiences: false,
            more_topics: String::new(),
            more: String::new(),
            properties: "session.timeout.ms: 6000, heartbeat.interval.ms: 500, fetch.wait.max.ms: 20".to_owned(),
            log_level: "info",
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// The name of one of this setup's topics.
    pub fn topic(&self, kind: &str) -> String {
        format!("{}.{kind}", self.name)
    }

    pub fn brokers(&self) -> String {
        self.cluster.brokers()
    }

    pub fn group(&self, stage: &str) -> String {
        format!("{}.{stage}", self.name)
    }

    /// Makes all topics.
    pub fn create_topics(&self) {
        self.create_topics_but(&[]);
    }

    /// Makes all topics but some.
    pub fn create_topics_but(&self, left_out: &[&str]) {
        let stamped = [("message.timestamp.type", "LogAppendTime")];
        let compacted: Vec<_> = self.memberships.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let mut kinds = vec![("deliveries".to_owned(), &stamped[..]), ("memberships".to_owned(), compacted.as_slice())];
        kinds
            .extend(["events", "audiences", "audience-records", "dead-letters"].map(|kind| (kind.to_owned(), &[][..])));
        kinds.extend(self.tiers.iter().map(|tier| (format!("delays.{tier}"), &stamped[..])));
        for (kind, settings) in kinds.iter().filter(|(kind, _)| !left_out.contains(&kind.as_str())) {
            self.cluster.create_topic(&self.topic(kind), self.partitions, settings);
        }
    }

    /// Writes the configuration and answers where it is.
    pub fn write_config(&self) -> PathBuf {
        let Self { name, destinations, retries, more_topics, more, properties, .. } = self;
        let path = self.folder.path().join("webhooks.yaml");
        let text = format!(
            "kafka:\n  brokers: \"{}\"\n  group: {name}\n  properties: {{ {properties} }}\n\
             topics: {{ events: {name}.events, deliveries: {name}.deliveries, delays: {name}.delays, dead_letters: {name}.dead-letters, audiences: {name}.audiences, audience_records: {name}.audience-records, memberships: {name}.memberships, {more_topics} }}\n\
             retries: {retries}\nadmin: {{ listen: 127.0.0.1:0 }}\n{more}\ndestinations:\n{destinations}",
            self.proxied.clone().unwrap_or_else(|| self.brokers())
        );
        // A replica that has just been started may be reading it.
        if std::fs::read_to_string(&path).ok().as_ref() != Some(&text) {
            std::fs::write(&path, text).unwrap();
        }
        path
    }

    /// Starts a replica; [`Program::ready`] waits until it works.
    pub fn start(&self) -> Program {
        let mut command = command();
        command.arg("--config").arg(self.write_config()).args(["run", "--log-level", self.log_level]);
        Program::spawn(command)
    }

    /// Starts a replica by way of another program, which becomes it, and in an environment with these variables too.
    pub fn start_by(&self, by: &[&str], variables: &[(&str, &str)]) -> Program {
        let own = command();
        let mut command = Command::new(by.first().copied().unwrap_or(env!("CARGO_BIN_EXE_kafka-webhooks")));
        if let Some((_, args)) = by.split_first() {
            command.args(args).arg(own.get_program());
        }
        command.env_remove("KAFKA_BROKERS").env_remove("KAFKA_WEBHOOKS_CONFIG").stdin(Stdio::null());
        command.envs(variables.iter().copied()).arg("--config").arg(self.write_config()).arg("run");
        Program::spawn(command)
    }

    /// Makes the topics, starts one replica and waits until it works.
    pub fn start_ready(&self) -> Program {
        self.create_topics();
        let program = self.start();
        program.ready();
        program
    }

    /// Runs a command to its end.
    pub fn command(&self, args: &[&str]) -> Output {
        let config = self.write_config();
        command().arg("--config").arg(config).args(args).output().unwrap()
    }
}

/// The binary under test, without anything of the caller's environment that could steer it.
pub fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kafka-webhooks"));
    command.env_remove("KAFKA_BROKERS").env_remove("KAFKA_WEBHOOKS_CONFIG").stdin(Stdio::null());
    command
}

/// A running replica.
pub struct Program {
    child: Child,
    log: Arc<Mutex<String>>,
    admin: OnceLock<SocketAddr>,
}

impl Program {
    /// Starts what the command says, with log lines in JSON.
    pub fn spawn(mut command: Command) -> Self {
        command.args(["--log-format", "json"]).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let log = Arc::new(Mutex::new(String::new()));
        let (stderr, into) = (child.stderr.take().unwrap(), log.clone());
        std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                let mut log = into.lock().unwrap();
                log.push_str(&line);
                log.push('\n');
            }
        });
        Self { child, log, admin: OnceLock::new() }
    }

    /// Its log, which may be read when it has ended.
    pub fn log_to_keep(&self) -> Arc<Mutex<String>> {
        self.log.clone()
    }

    /// Everything logged so far.
    pub fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// The logged lines as JSON.
    pub fn lines(&self) -> Vec<serde_json::Value> {
        self.log().lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits until `/readyz` says so.
    pub fn ready(&self) {
        let admin = self.admin();
        let answer = std::cell::RefCell::new(String::new());
        let explain = || format!("readiness; /readyz: {}; log:\n{}", answer.borrow(), self.log());
        until_explained(explain, Duration::from_secs(40), || {
            let (status, body) = get(admin, "/readyz")?;
            *answer.borrow_mut() = body;
            (status == 200).then_some(())
        });
    }

    /// Where the admin server listens.
    pub fn admin(&self) -> SocketAddr {
        *self.admin.get_or_init(|| {
            until("the admin listener", Duration::from_secs(20), || {
                let line = self.lines().into_iter().find(|line| line["message"] == "admin listening")?;
                line["address"].as_str()?.parse().ok()
            })
        })
    }

    /// Status and body of an admin page; `None` when it does not answer.
    pub fn get(&self, path: &str) -> Option<(u16, String)> {
        get(self.admin(), path)
    }

    /// The sum of all series of a metric whose labels contain each of the texts.
    pub fn metric(&self, name: &str, labels: &[&str]) -> f64 {
        self.metric_if_alive(name, labels).unwrap()
    }

    /// The same; `None` when it does not answer.
    pub fn metric_if_alive(&self, name: &str, labels: &[&str]) -> Option<f64> {
        let (_, text) = self.get("/metrics")?;
        let matches = |line: &&str| {
            let rest = line.strip_prefix(name);
            rest.is_some_and(|rest| rest.starts_with(['{', ' '])) && labels.iter().all(|label| line.contains(label))
        };
        let value = |line: &str| line.rsplit(' ').next().and_then(|value| value.parse::<f64>().ok());
        Some(text.lines().filter(matches).filter_map(value).sum())
    }

    /// Sends a signal by name, such as `TERM` or `STOP`.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").arg(format!("-{name}")).arg(self.child.id().to_string()).status().unwrap();
        assert!(sent.success(), "cannot send {name}");
    }

    /// Kills it with SIGKILL and waits for its end.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Whether it has not ended.
    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Waits for its end.
    pub fn ended(&mut self, most: Duration) -> ExitStatus {
        let log = self.log.clone();
        let child = &mut self.child;
        until("the end of the program", most, || {
            let ended = child.try_wait().unwrap();
            ended.or_else(|| {
                // Keeps the last lines at hand for the panic message of a caller.
                drop(log.lock().unwrap());
                None
            })
        })
    }

    /// Asks it to stop with SIGTERM and waits for exit code 0.
    pub fn stop(mut self) {
        self.signal("TERM");
        let status = self.ended(Duration::from_secs(40));
        assert!(status.success(), "{status}; log:\n{}", self.log());
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        if std::thread::panicking() {
            #[expect(clippy::print_stderr, reason = "the test runner shows it with the test that failed")]
            {
                let log = self.log();
                let lines: Vec<&str> = log.lines().collect();
                eprintln!("the end of the program's log:\n{}", lines[lines.len().saturating_sub(SHOWN)..].join("\n"));
            }
        }
        // Already ended is as good.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A plain GET, enough for an admin page on loopback.
fn get(address: SocketAddr, path: &str) -> Option<(u16, String)> {
    let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(2)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    write!(stream, "GET {path} HTTP/1.1\r\nhost: admin\r\nconnection: close\r\n\r\n").ok()?;
    let mut text = String::new();
    stream.read_to_string(&mut text).ok()?;
    let (head, body) = text.split_once("\r\n\r\n")?;
    Some((head.split(' ').nth(1)?.parse().ok()?, body.to_owned()))
}

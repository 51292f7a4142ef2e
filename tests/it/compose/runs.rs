//! What the containers would run, run on this machine: the same commands with the same files and environment. Only what
//! belongs to the containers' network (addresses, names, ports) is replaced by this machine's.

use std::cell::RefCell;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::boards::{boards, expressions};
use super::expressions::Exported;
use super::file::{Compose, Service};
use super::rules::rules;
use crate::support::cluster::Cluster;
use crate::support::program::{Program, command};
use crate::support::topics::produce;
use crate::support::wait::{until, until_explained};

const SOON: Duration = Duration::from_secs(30);
const EVENT: &str = r#"{"type":"track","event":"Order Completed","userId":"u1"}"#;

/// The command of a service, in a folder that holds its configuration under the name the program looks for.
fn of(service: &Service, folder: &Path, replaced: &[(&str, &str)]) -> Command {
    if let Some(file) = service.file_behind(super::CONFIG) {
        let mut text = std::fs::read_to_string(file).unwrap();
        for (from, to) in replaced {
            assert_eq!(text.matches(from).count(), 1, "{from}");
            text = text.replace(from, to);
        }
        std::fs::write(folder.join("webhooks.yaml"), text).unwrap();
    }
    let mut command = command();
    command.current_dir(folder).envs(&service.environment);
    command
}

/// The receiver's container: what it prints, and where it listens.
struct Receiving {
    child: Child,
    printed: Arc<Mutex<String>>,
    address: SocketAddr,
}

impl Receiving {
    fn start(service: &Service) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut command = of(service, folder.path(), &[]);
        let listen = super::option(service, "--listen");
        let args = service.command.iter().map(|word| if word == listen { "127.0.0.1:0" } else { word });
        let mut child = command.args(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut first = String::new();
        BufReader::new(child.stderr.take().unwrap()).read_line(&mut first).unwrap();
        let address = first.trim().rsplit('/').next().unwrap().parse();
        let printed = Arc::new(Mutex::new(String::new()));
        let (out, into) = (child.stdout.take().unwrap(), printed.clone());
        std::thread::spawn(move || {
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                into.lock().unwrap().push_str(&format!("{line}\n"));
            }
        });
        Self { child, printed, address: address.unwrap_or_else(|_| panic!("it said: {first}")) }
    }

    /// Waits until it has printed this.
    fn prints(&self, text: &str) {
        until(text, SOON, || self.printed.lock().unwrap().contains(text).then_some(()));
    }
}

impl Drop for Receiving {
    fn drop(&mut self) {
        // Already ended is as good.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Makes the topics with the service's own command. The embedded Kafka does not know how: there the command finds no Kafka,
/// which still tells whether it is understood, and the topics are made by their names.
fn make_topics(cluster: &Cluster, service: &Service) {
    let embedded = matches!(cluster, Cluster::Embedded(_));
    let brokers = if embedded { "127.0.0.1:1".to_owned() } else { cluster.brokers() };
    let folder = tempfile::tempdir().unwrap();
    let made = of(service, folder.path(), &[("kafka:19092", &brokers)]).args(&service.command).output().unwrap();
    if !embedded {
        let created = text(&made.stdout).matches(": created, 24 partitions").count();
        assert_eq!((made.status.code(), created), (Some(0), 12), "{made:?}");
        return;
    }
    assert_eq!(made.status.code(), Some(1), "2 would be wrong usage: {made:?}");
    for name in ["events", "audiences"] {
        cluster.create_topic(name, 2, &[]);
    }
    for name in ["deliveries", "dead-letters", "audience-records", "memberships"] {
        cluster.create_topic(&format!("webhooks.{name}"), 2, &[]);
    }
    for tier in ["10s", "1m", "5m", "15m", "30m", "1h"] {
        cluster.create_topic(&format!("webhooks.delays.{tier}"), 2, &[]);
    }
}

/// Asks the replica at an address as the container's healthcheck does.
fn healthcheck(service: &Service, admin: SocketAddr) -> Output {
    let test = &service.healthcheck.as_ref().unwrap().test;
    assert_eq!(test[..2], ["CMD", "/kafka-webhooks"], "no shell is needed");
    let folder = tempfile::tempdir().unwrap();
    of(service, folder.path(), &[("0.0.0.0:9464", &admin.to_string())]).args(&test[2..]).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn what_the_containers_run_delivers_and_its_boards_name_what_it_exports() {
    let compose = Compose::read();
    let consumer = compose.service("consumer");
    let cluster = Cluster::own_apache().unwrap_or_else(Cluster::start);
    let receiving = Receiving::start(compose.service("receiver"));
    let folder = tempfile::tempdir().unwrap();
    let replaced = [
        ("kafka:19092", cluster.brokers()),
        ("receiver:8080", receiving.address.to_string()),
        ("10.94.64.0/24", "127.0.0.0/8".to_owned()),
        ("0.0.0.0:9464", "127.0.0.1:0".to_owned()),
    ];
    let replaced = replaced.each_ref().map(|(from, to)| (*from, to.as_str()));
    let mut command = of(consumer, folder.path(), &replaced);
    command.args(&consumer.command);
    let program = Program::spawn(command);

    let admin = program.admin();
    let unready = healthcheck(consumer, admin);
    assert_eq!((unready.status.code(), text(&unready.stdout)), (Some(1), String::new()));
    assert!(text(&unready.stderr).starts_with("not ready: waiting: "), "{unready:?}");
    make_topics(&cluster, compose.service("topics"));
    program.ready();
    let ready = healthcheck(consumer, admin);
    assert_eq!((ready.status.code(), text(&ready.stderr)), (Some(0), String::new()), "{ready:?}");

    produce(&cluster.brokers(), "events", EVENT);
    receiving.prints("→ signature holds, 200");
    let rules = rules();
    let mut asked: Vec<String> = boards().iter().flat_map(|(_, board)| expressions(board)).collect();
    // The watchdog names nothing, so that it always fires.
    asked.extend(rules.iter().filter(|rule| rule.expr != "vector(1)").map(|rule| rule.expr.clone()));
    assert!(asked.len() > 100, "{asked:#?}");
    // Series of partitions appear when Kafka has told where these stand.
    let complaints = RefCell::new(Vec::new());
    until_explained(
        || format!("all metrics of boards and rules; {:#?}", complaints.borrow()),
        SOON,
        || {
            let exported = Exported::read(&program.get("/metrics")?.1).and_others(&rules);
            *complaints.borrow_mut() = asked.iter().flat_map(|expression| exported.complaints(expression)).collect();
            complaints.borrow().is_empty().then_some(())
        },
    );

    program.stop();
    let gone = healthcheck(consumer, admin);
    assert_eq!(gone.status.code(), Some(1));
    assert!(text(&gone.stderr).contains("no answer from 127.0.0.1:"), "{gone:?}");
}

//! The command `dev` as a stranger meets it: nothing installed, everything in one process, and lines that work as printed.
//! Its Kafka is its own, so these tests are the same on every Kafka of a run.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::support::note;
use crate::support::program::command;
use crate::support::receiver::Receiver;
use crate::support::wait::until;

const SOON: Duration = Duration::from_secs(30);

/// A running `dev` and what it has printed so far.
struct Dev {
    child: Child,
    printed: Arc<Mutex<String>>,
    folder: tempfile::TempDir,
}

impl Dev {
    fn start(args: &[&str]) -> Self {
        Self::start_with(args, |_, _| {})
    }

    /// Starts it in an empty folder, which may be filled before.
    fn start_with(args: &[&str], prepare: impl FnOnce(&mut Command, &Path)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut command = command();
        command.arg("dev").args(args).current_dir(folder.path()).stdout(Stdio::piped()).stderr(Stdio::piped());
        prepare(&mut command, folder.path());
        let mut child = command.spawn().unwrap();
        let printed = Arc::new(Mutex::new(String::new()));
        keep(child.stdout.take().unwrap(), printed.clone());
        keep(child.stderr.take().unwrap(), printed.clone());
        Self { child, printed, folder }
    }

    fn printed(&self) -> String {
        self.printed.lock().unwrap().clone()
    }

    /// Waits for a line that has all the words.
    fn line(&self, words: &[&str]) -> String {
        let has = |line: &&str| words.iter().all(|word| line.contains(word));
        let what = format!("a line with {words:?}");
        until(&what, SOON, || self.printed().lines().find(has).map(str::to_owned))
    }

    fn ended(&mut self) -> ExitStatus {
        until("the end of dev", SOON, || self.child.try_wait().unwrap())
    }

    fn interrupted(mut self) -> String {
        let sent = Command::new("kill").arg("-INT").arg(self.child.id().to_string()).status().unwrap();
        assert!(sent.success());
        assert_eq!(self.ended().code(), Some(0), "{}", self.printed());
        self.line(&["stopped: "]);
        self.printed()
    }

    /// The printed lines that begin with a command.
    fn commands(&self, name: &str) -> Vec<String> {
        self.line(&["kcat -C ", "dead-letters"]);
        let lines = self.printed();
        let lines = lines.lines().filter(|line| line.starts_with("  ")).map(str::trim);
        lines.filter(|line| line.starts_with(name)).map(str::to_owned).collect()
    }
}

impl Drop for Dev {
    fn drop(&mut self) {
        if std::thread::panicking() {
            note(&format!("what dev printed:\n{}", self.printed()));
        }
        // Already ended is as good.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn keep(pipe: impl std::io::Read + Send + 'static, into: Arc<Mutex<String>>) {
    std::thread::spawn(move || {
        for line in BufReader::new(pipe).lines().map_while(Result::ok) {
            let mut printed = into.lock().unwrap();
            printed.push_str(&line);
            printed.push('\n');
        }
    });
}

fn count(printed: &str, words: &[&str]) -> usize {
    printed.lines().filter(|line| words.iter().all(|word| line.contains(word))).count()
}

#[test]
fn five_signed_deliveries_are_shown_within_five_seconds() {
    let began = Instant::now();
    let mut dev = Dev::start(&["--exit-after", "5"]);
    assert_eq!(dev.ended().code(), Some(0), "{}", dev.printed());
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    dev.line(&["stopped: delivered "]);
    let printed = dev.printed();
    assert!(count(&printed, &[" 200 ", " holds ", "delivered"]) >= 5, "{printed}");
    assert_eq!(count(&printed, &["kcat -P "]), 1, "a script may take the lines from here, too: {printed}");
    assert!(!printed.contains('\u{1b}'), "a pipe gets no colours");
}

#[test]
fn the_samples_show_a_retry_and_a_dead_letter() {
    let dev = Dev::start(&[]);
    dev.line(&["Your turn"]);
    for attempt in ["1  503     holds", "2  503     holds"] {
        dev.line(&["\"Order Completed\"", "flaky", attempt, "again in "]);
    }
    dev.line(&["\"Order Completed\"", "flaky", "3  200     holds", "delivered"]);
    dev.line(&["\"Order Completed\"", "gone", "1  404     holds", "dead letter: rejected"]);
    // Only crm hears of audiences, and only of changes.
    for change in ["big_spenders=true u-1", "big_spenders=true u-2", "big_spenders=false u-1"] {
        dev.line(&[change, "crm", " 200 ", " holds ", "delivered"]);
    }
    dev.line(&["all in memory: gone when you stop"]);
    let printed = dev.interrupted();
    assert_eq!(count(&printed, &["big_spenders=true u-2", "crm"]), 1, "known already: {printed}");
    assert!(printed.contains("stopped: delivered 9, retried 6 times, dead-lettered 3"), "{printed}");
}

#[test]
fn the_printed_lines_work_as_printed() {
    if Command::new("kcat").arg("-V").output().is_err() {
        return note("the printed lines of dev: skipped, for kcat is not installed");
    }
    let run = |line: &str| {
        let output = Command::new("sh").arg("-c").arg(line).stdin(Stdio::null()).output().unwrap();
        assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let dev = Dev::start(&["--no-samples"]);
    let produce = dev.commands("echo ");
    assert_eq!(produce.len(), 1);
    run(&produce[0]);
    dev.line(&["track \"Hello\"", "crm", " 200 ", " holds ", "delivered"]);
    dev.line(&["track \"Hello\"", "flaky", "3  200", " holds ", "delivered"]);
    dev.line(&["track \"Hello\"", "gone", " 404 ", " holds ", "dead letter: rejected"]);

    let read: Vec<String> = dev.commands("kcat -C ").iter().map(|line| run(line)).collect();
    let [deliveries, delays, dead_letters] = read.as_slice() else { panic!("{read:?}") };
    assert!(deliveries.contains("crm delivery-id=") && deliveries.contains(r#""event":"Hello""#), "{deliveries}");
    assert!(delays.starts_with("flaky ") && delays.contains("last-status=503"), "{delays}");
    assert!(dead_letters.starts_with("gone ") && dead_letters.contains("reason=rejected"), "{dead_letters}");
    dev.interrupted();
}

#[test]
fn without_samples_it_stays_quiet() {
    let dev = Dev::start(&["--no-samples"]);
    dev.line(&["kcat -P "]);
    let printed = dev.interrupted();
    assert!(printed.contains("stopped: delivered 0, retried 0 times, dead-lettered 0"), "{printed}");
    assert_eq!(count(&printed, &["SIGNATURE"]), 0, "{printed}");
}

#[test]
fn too_few_deliveries_in_time_exit_with_1() {
    let mut dev = Dev::start(&["--no-samples", "--exit-after", "1", "--exit-within", "300ms"]);
    assert_eq!(dev.ended().code(), Some(1), "{}", dev.printed());
    dev.line(&["error: fewer deliveries than --exit-after asks for"]);
}

#[test]
fn an_own_file_is_used_as_it_is() {
    let receiver = Receiver::start();
    let url = receiver.url("/hook");
    let mut dev = Dev::start_with(&["--exit-after", "3", "--config", "mine.yaml"], |command, folder| {
        let text = format!(
            "kafka:\n  brokers: 127.0.0.1:1\n  properties: {{ security.protocol: SASL_SSL }}\n\
             topics: {{ events: my-events }}\nhttp: {{ allow_networks: [127.0.0.0/8] }}\nadmin: {{ listen: 127.0.0.1:0 }}\n\
             destinations:\n  - {{ id: mine, type: webhooks, url: \"{url}\", shared_secret: s3cret }}\n"
        );
        std::fs::write(folder.join("mine.yaml"), text).unwrap();
        command.env("KAFKA_BROKERS", "127.0.0.1:2");
    });
    assert_eq!(dev.ended().code(), Some(0), "{}", dev.printed());
    dev.line(&["mine", " 200 ", "signed", "delivered"]);
    dev.line(&["mine.yaml: requests really go to its destinations", "kafka.brokers is replaced"]);
    dev.line(&["kafka.properties for your own Kafka are not used: security.protocol"]);
    dev.line(&["KAFKA_BROKERS are not used"]);
    dev.line(&["kcat -P ", " -t my-events"]);
    receiver.wait_for(3);
}

#[test]
fn a_file_that_is_not_named_is_told_of_and_left_alone() {
    let dev = Dev::start_with(&["--no-samples"], |_, folder| {
        std::fs::write(folder.join("webhooks.yaml"), "not even: valid\n").unwrap();
    });
    dev.line(&["webhooks.yaml is not used", "dev --config webhooks.yaml"]);
    assert!(dev.folder.path().join("webhooks.yaml").exists());
    dev.interrupted();
}

#[test]
fn a_wrong_file_of_ones_own_exits_with_2() {
    let mut dev = Dev::start(&["--config", "nowhere.yaml"]);
    assert_eq!(dev.ended().code(), Some(2), "{}", dev.printed());
    dev.line(&["nowhere.yaml"]);
}

#[test]
fn an_admin_port_that_is_taken_is_left_for_another() {
    let taken = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let dev = Dev::start_with(&["--no-samples", "--config", "mine.yaml"], |_, folder| {
        let text = format!(
            "admin: {{ listen: \"{address}\" }}\n\
             destinations: [{{ id: mine, type: webhooks, url: \"https://crm.example.com/hook\" }}]\n"
        );
        std::fs::write(folder.join("mine.yaml"), text).unwrap();
    });
    dev.line(&["note", &address, "is taken, so the system chose another port"]);
    let admin = dev.line(&["admin", "/metrics"]);
    assert!(!admin.contains(&address), "{admin}");
    dev.interrupted();
}

#[test]
fn before_the_in_memory_kafka_drops_records_its_topic_is_named() {
    use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};

    let dev = Dev::start(&["--no-samples"]);
    let line = dev.line(&["kafka", "(in memory)"]);
    let brokers = line.split_whitespace().nth(1).unwrap();
    let producer: BaseProducer = rdkafka::ClientConfig::new().set("bootstrap.servers", brokers).create().unwrap();
    let event = format!(r#"{{"type":"track","event":"Big","text":"{}"}}"#, "x".repeat(65_536));
    // Filtered for all, so that nothing but the source fills.
    let event = event.replacen('{', r#"{"integrations":{"All":false},"#, 1);
    for _ in 0..66 {
        producer.send(BaseRecord::<(), str>::to("events").partition(0).payload(&event)).unwrap();
    }
    producer.flush(SOON).unwrap();
    dev.line(&["warning: topic events is nearly full", "5 MiB per partition"]);
    let printed = dev.interrupted();
    assert_eq!(count(&printed, &["warning: "]), 1, "{printed}");
}

#[test]
fn colours_are_for_terminals_and_obey_no_color() {
    let on_a_terminal = |no_color: &str| {
        let mut script = Command::new("script");
        let line = format!("{} dev --exit-after 1", env!("CARGO_BIN_EXE_kafka-webhooks"));
        script.args(["-q", "-e", "-c", &line, "/dev/null"]).env("NO_COLOR", no_color).stdin(Stdio::null());
        script.env_remove("KAFKA_WEBHOOKS_CONFIG").output()
    };
    let Ok(coloured) = on_a_terminal("") else {
        return note(
            "colours of dev: skipped, for `script` (Debian: bsdutils), which plays a terminal, is not installed",
        );
    };
    assert!(String::from_utf8_lossy(&coloured.stdout).contains("\u{1b}[32mdelivered\u{1b}[0m"));
    let plain = on_a_terminal("1").unwrap();
    assert!(String::from_utf8_lossy(&plain.stdout).contains("delivered"));
    assert!(!plain.stdout.contains(&0x1b), "{}", String::from_utf8_lossy(&plain.stdout));
}

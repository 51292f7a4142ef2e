//! The life of one Apache Kafka: formatted, started, killed, restarted, suspended, gone with its folder.
//! Waits until the broker answers, never for a time. How its process is held is left to `process`, what it
//! is told to `properties`, where its jars come from to `jars`.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::{Duration, Instant};
use std::{fmt, fs, io};

use rdkafka::ClientConfig;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer};
use tempfile::TempDir;

use super::jars::{JarsError, jars};
use super::process::{ServerProcess, Signal, log_tail};
use super::program::{Program, ProgramError};
use super::properties::{CLUSTER_ID, JAVA_OPTIONS, Ports, server_properties};

/// From the start of the process to the first answer. 3 to 5 s are usual; a machine that builds beside it
/// takes longer.
const START_DEADLINE: Duration = Duration::from_secs(60);

const JAVA: Program = Program { name: "java", package: "openjdk-17-jre-headless", deadline: START_DEADLINE };

/// Why there is no Apache Kafka to test on.
#[derive(thiserror::Error)]
pub(crate) enum KafkaError {
    #[error(transparent)]
    Jars(#[from] JarsError),
    #[error("cannot run Apache Kafka")]
    Program(#[from] ProgramError),
    #[error("cannot prepare a folder and ports for Apache Kafka")]
    Prepare(#[from] io::Error),
    #[error("Apache Kafka {how}; the end of its log:\n{tail}")]
    NotUp { how: &'static str, tail: String },
    #[error("cannot make a client of Apache Kafka")]
    Client(#[from] rdkafka::error::KafkaError),
    #[error("Apache Kafka is killed; restart it first")]
    Killed,
}

// A test shows an error by `Debug`; the log of the broker is only readable with its line breaks kept.
impl fmt::Debug for KafkaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")?;
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

/// One running broker on 127.0.0.1, plain text, that keeps its records until it is dropped.
pub(crate) struct ApacheKafka {
    // Before the folder: the process must be gone when its folder is removed.
    process: Option<ServerProcess>,
    folder: TempDir,
    jars: PathBuf,
    ports: Ports,
    told: Told,
}

/// What a broker is told besides its ports.
#[derive(Clone, Copy)]
struct Told {
    java_options: &'static [&'static str],
    /// The port of a proxy before it.
    proxy: Option<u16>,
}

impl ApacheKafka {
    /// The broker that all tests of this process share; the first caller starts it and the others wait.
    ///
    /// It cannot be hurt: tests that kill or suspend a broker start their own.
    pub(crate) fn shared() -> Result<&'static Self, &'static KafkaError> {
        static SHARED: OnceLock<Result<ApacheKafka, KafkaError>> = OnceLock::new();
        SHARED.get_or_init(Self::start).as_ref()
    }

    /// Starts a broker of one's own and waits until it answers.
    pub(crate) fn start() -> Result<Self, KafkaError> {
        Self::start_with(&JAVA_OPTIONS)
    }

    /// Starts a broker that sends whoever comes by [`Self::behind`] to a proxy on this port of loopback.
    pub(crate) fn start_behind(proxy: u16) -> Result<Self, KafkaError> {
        Self::start_told(Told { java_options: &JAVA_OPTIONS, proxy: Some(proxy) })
    }

    /// The same with other options of the Java machine, such as a larger heap.
    pub(crate) fn start_with(java_options: &'static [&'static str]) -> Result<Self, KafkaError> {
        Self::start_told(Told { java_options, proxy: None })
    }

    fn start_told(told: Told) -> Result<Self, KafkaError> {
        let jars = jars()?;
        let mut tries_left = 3;
        loop {
            tries_left -= 1;
            match Self::start_on(Ports::pick()?, jars.clone(), told) {
                // Somebody took a port between our look and the broker's.
                Err(KafkaError::NotUp { tail, .. }) if tries_left > 0 && tail.contains("Address already in use") => {}
                started => return started,
            }
        }
    }

    /// What clients are given as `bootstrap.servers`.
    pub(crate) fn bootstrap(&self) -> String {
        format!("127.0.0.1:{}", self.ports.broker)
    }

    /// Where a proxy leads to.
    pub(crate) fn behind(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.ports.behind).into()
    }

    /// The process id of the broker, by which `/proc` knows it.
    pub(crate) fn process_id(&self) -> Result<&str, KafkaError> {
        Ok(self.running()?.id())
    }

    /// Ends the broker as `kill -9` does, with nothing flushed; what it wrote stays for `restart`.
    pub(crate) fn kill(&mut self) -> Result<(), KafkaError> {
        let process = self.process.take().ok_or(KafkaError::Killed)?;
        Ok(process.kill()?)
    }

    /// Starts it again on the same ports and records and waits until it answers; kills it first if it runs.
    pub(crate) fn restart(&mut self) -> Result<(), KafkaError> {
        if self.process.is_some() {
            self.kill()?;
        }
        self.launch()
    }

    /// Stops it where it stands (SIGSTOP): connections stay, nobody answers.
    pub(crate) fn suspend(&mut self) -> Result<(), KafkaError> {
        Ok(self.running()?.send(Signal::Stop)?)
    }

    /// Lets a suspended broker go on (SIGCONT) and waits until it answers.
    pub(crate) fn resume(&mut self) -> Result<(), KafkaError> {
        self.running()?.send(Signal::Continue)?;
        self.wait_until_it_answers()
    }

    fn start_on(ports: Ports, jars: PathBuf, told: Told) -> Result<Self, KafkaError> {
        let folder = tempfile::Builder::new().prefix("apache-kafka-").tempdir()?;
        let properties = server_properties(ports, &folder.path().join("data"), told.proxy);
        fs::write(folder.path().join("server.properties"), properties)?;
        let mut kafka = Self { process: None, folder, jars, ports, told };
        kafka.format()?;
        kafka.launch()?;
        Ok(kafka)
    }

    /// Gives the empty data folder its cluster id, without which a broker in KRaft mode refuses to start.
    fn format(&self) -> Result<(), KafkaError> {
        let mut args = self.java_arguments("kafka.tools.StorageTool");
        args.extend(["format", "--cluster-id", CLUSTER_ID, "--config"].map(str::to_owned));
        args.push(self.properties_file());
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        JAVA.run(&args, &[])?;
        Ok(())
    }

    fn launch(&mut self) -> Result<(), KafkaError> {
        let mut command = vec![JAVA.name.to_owned()];
        command.extend(self.java_arguments("kafka.Kafka"));
        command.push(self.properties_file());
        self.process = Some(ServerProcess::start(self.folder.path(), &command)?);
        self.wait_until_it_answers()
    }

    /// The broker answers when it names itself in the metadata: it is then registered and not fenced.
    fn wait_until_it_answers(&mut self) -> Result<(), KafkaError> {
        let begin = Instant::now();
        let client: BaseConsumer = ClientConfig::new()
            .set("bootstrap.servers", self.bootstrap())
            .set("reconnect.backoff.ms", "20")
            .set("reconnect.backoff.max.ms", "100")
            .set_log_level(RDKafkaLogLevel::Emerg)
            .create()?;
        while begin.elapsed() < START_DEADLINE {
            // Blocks until there is an answer, at most this long.
            let answer = client.fetch_metadata(None, Duration::from_millis(500));
            if answer.is_ok_and(|metadata| !metadata.brokers().is_empty()) {
                return Ok(());
            }
            if self.process.as_mut().ok_or(KafkaError::Killed)?.ended()?.is_some() {
                return Err(self.not_up("ended instead of answering"));
            }
        }
        Err(self.not_up("did not answer within 60 s"))
    }

    fn not_up(&self, how: &'static str) -> KafkaError {
        let tail = log_tail(self.folder.path());
        KafkaError::NotUp { how, tail }
    }

    fn running(&self) -> Result<&ServerProcess, KafkaError> {
        self.process.as_ref().ok_or(KafkaError::Killed)
    }

    fn java_arguments(&self, class: &str) -> Vec<String> {
        let mut arguments: Vec<String> = self.told.java_options.iter().copied().map(str::to_owned).collect();
        // Java itself expands the star to all jars of the folder.
        let class_path = format!("{}/*", self.jars.display());
        arguments.extend(["-cp".to_owned(), class_path, class.to_owned()]);
        arguments
    }

    fn properties_file(&self) -> String {
        let file = self.folder.path().join("server.properties");
        file.display().to_string()
    }
}

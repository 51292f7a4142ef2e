//! What is measured: the real program with a configuration made for it, or a yardstick in its place.
//! Starts it, waits until it works, and ends it by its own process id, however the tool itself ends. Loads and
//! measurements are left to the scenarios.

use std::time::{Duration, Instant};

use clap::ValueEnum as _;
use tempfile::TempDir;

use crate::bare;
use crate::endpoint::{Endpoint, pause};
use crate::failure::{Failure, OrFail as _};
use crate::kafka::ServerProcess;
use crate::part::Part;
use crate::topics::Topics;
use crate::usage::{CpuTime, Memory, cpu_time, memory};
use admin::Admin;
pub(crate) use configuration::{Destination, IN_FLIGHT};

mod admin;
mod configuration;

/// Signs every body, of the program and of the yardsticks.
pub(crate) const SECRET: &str = "sharedsecretvalue";

/// From the start to readiness; joining three groups takes seconds.
const START_DEADLINE: Duration = Duration::from_secs(60);

/// A running program or yardstick; dropping it kills it and waits for its end.
pub(crate) enum Subject {
    Program {
        // Before the folder: the process must be gone when its folder is removed.
        server: ServerProcess,
        folder: TempDir,
    },
    Yardstick(Part),
}

impl Subject {
    /// Starts the program with all stages and waits until it is ready.
    pub(crate) fn program(topics: &Topics, destinations: &[Destination<'_>]) -> Result<Self, Failure> {
        let mut own = Self::starting(topics, destinations)?;
        own.wait_until_ready()?;
        Ok(own)
    }

    /// Starts the program with all stages.
    pub(crate) fn starting(topics: &Topics, destinations: &[Destination<'_>]) -> Result<Self, Failure> {
        let folder = tempfile::Builder::new().prefix("load-").tempdir().or_fail("cannot make a folder")?;
        let config = folder.path().join("webhooks.yaml");
        std::fs::write(&config, configuration::text(topics, destinations)).or_fail("cannot write a configuration")?;
        let config = config.display().to_string();
        let program = env!("CARGO_BIN_EXE_kafka-webhooks");
        // `env` becomes the program, without what of the caller's environment could steer it.
        let command = ["env", "-u", "KAFKA_BROKERS", "-u", "KAFKA_WEBHOOKS_CONFIG", program, "--config", &config];
        let mut command: Vec<String> = command.map(str::to_owned).into();
        command.extend(["--log-format", "json", "run"].map(str::to_owned));
        let server = ServerProcess::start(folder.path(), &command).or_fail("cannot start the program")?;
        Ok(Self::Program { server, folder })
    }

    /// Starts a yardstick with as many connections as requests may be under way.
    pub(crate) fn yardstick(
        kind: bare::Kind,
        topics: &Topics,
        endpoint: &Endpoint,
        in_flight: usize,
    ) -> Result<Self, Failure> {
        let name = kind.to_possible_value().or_fail("a yardstick without a name")?;
        let (events, deliveries, in_flight) = (topics.events(), topics.deliveries(), in_flight.to_string());
        let args = [
            ("--kind", name.get_name()),
            ("--brokers", topics.brokers()),
            ("--events", &events),
            ("--deliveries", &deliveries),
            ("--group", topics.name()),
            ("--receiver", endpoint.address()),
            ("--in-flight", &in_flight),
        ];
        let mut all = vec!["bare".to_owned()];
        all.extend(args.into_iter().flat_map(|(name, value)| [name.to_owned(), value.to_owned()]));
        Part::start(&all).map(Self::Yardstick)
    }

    /// Starts the yardstick without Kafka: it sends so many events of run 1 at once.
    pub(crate) fn wire(endpoint: &Endpoint, events: u32) -> Result<Self, Failure> {
        let text = format!(
            "bare --kind wire --brokers none --events none --deliveries none --group none --receiver {} \
             --in-flight {IN_FLIGHT} --made {events}",
            endpoint.address()
        );
        Part::start(&text.split(' ').map(str::to_owned).collect::<Vec<_>>()).map(Self::Yardstick)
    }

    pub(crate) fn cpu_time(&self) -> Result<CpuTime, Failure> {
        cpu_time(&self.id())
    }

    pub(crate) fn memory(&self) -> Result<Memory, Failure> {
        memory(&self.id())
    }

    /// What the program's metric of a destination says, summed over its other labels.
    pub(crate) fn metric(&self, name: &str, destination: &str) -> Result<f64, Failure> {
        let value = self.admin().and_then(|admin| admin.metric(name, ("destination", destination)));
        value.or_fail(&format!("the program does not tell {name} of {destination}"))
    }

    /// Events of a topic it has read; none while it does not answer.
    pub(crate) fn consumed(&self, topic: &str) -> Option<f64> {
        self.admin()?.metric("webhooks_events_consumed_total", ("topic", topic))
    }

    /// What the program's metric without labels says; none while it does not answer.
    pub(crate) fn gauge(&self, name: &str) -> Option<f64> {
        self.admin()?.gauge(name)
    }

    /// Waits until a metric of a destination satisfies.
    pub(crate) fn wait_for(
        &mut self,
        (name, destination): (&str, &str),
        is_enough: impl Fn(f64) -> bool,
        deadline: Duration,
    ) -> Result<(), Failure> {
        let began = Instant::now();
        loop {
            let value = self.metric(name, destination)?;
            if is_enough(value) {
                return Ok(());
            }
            if began.elapsed() > deadline || !self.is_alive() {
                let waited = began.elapsed().as_secs();
                return Err(Failure::Said(format!("{name} of {destination} is {value} after {waited} s")));
            }
            pause(Duration::from_millis(200));
        }
    }

    pub(crate) fn is_alive(&mut self) -> bool {
        match self {
            Self::Program { server, .. } => matches!(server.ended(), Ok(None)),
            Self::Yardstick(part) => part.is_alive(),
        }
    }

    fn id(&self) -> String {
        match self {
            Self::Program { server, .. } => server.id().to_owned(),
            Self::Yardstick(part) => part.id(),
        }
    }

    fn wait_until_ready(&mut self) -> Result<(), Failure> {
        let began = Instant::now();
        while began.elapsed() < START_DEADLINE && self.is_alive() {
            if self.admin().is_some_and(Admin::is_ready) {
                return Ok(());
            }
            pause(Duration::from_millis(50));
        }
        Err(Failure::Said(format!("the program did not become ready; its log:\n{}", self.log())))
    }

    fn log(&self) -> String {
        let Self::Program { folder, .. } = self else { return String::new() };
        std::fs::read_to_string(folder.path().join("server.log")).unwrap_or_default()
    }

    fn admin(&self) -> Option<Admin> {
        Admin::told_by(&self.log())
    }
}

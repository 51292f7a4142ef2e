//! Builds the stages from a configuration, starts them in order and stops them in order.
//! Decides nothing about deliveries; signals, arguments and exit codes are the business of `cli` and `shutdown`.

pub mod build;
pub mod onlooker;
pub mod prepare;
mod running;
pub mod sizes;
mod stages;
pub mod start_at;

use std::convert::Infallible;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use crate::admin::state::Status;
use crate::admin::{ServeError, Server};
use crate::attempt::request::{Clients, SenderError};
use crate::clock::Clock;
use crate::config::Config;
use crate::kafka::consumer::ConsumerError;
use crate::kafka::lookup::LookupError;
use crate::kafka::producer::{Producer, ProducerError};
use crate::kafka::table::TableError;
use crate::metrics::{Metrics, MetricsError};
use crate::outcome::schedule::Tiers;
use crate::settle::Topics;
use crate::stage::driver::StageError;
use crate::stage::notice::Notices;

use onlooker::Onlooker;
use running::{Running, vital};

/// Which stages run in this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stages {
    /// Source records become deliveries.
    pub route: bool,
    /// Audience records become changes of memberships.
    pub diff: bool,
    /// Deliveries become attempts.
    pub deliver: bool,
    /// What waits returns.
    pub delay: bool,
}

impl Stages {
    /// All of them.
    pub const ALL: Self = Self { route: true, diff: true, deliver: true, delay: true };
}

/// Why the program ended before it was asked to.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// A destination that cannot be called.
    #[error("destination {id}")]
    Sender {
        /// Which.
        id: String,
        /// Why.
        #[source]
        source: SenderError,
    },
    /// Metrics that cannot be made.
    #[error("cannot count")]
    Metrics(#[from] MetricsError),
    /// No admin listener.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// No producer.
    #[error(transparent)]
    Producer(#[from] ProducerError),
    /// No consumer.
    #[error("stage {stage}")]
    Consumer {
        /// Of which stage.
        stage: &'static str,
        /// Why.
        #[source]
        source: ConsumerError,
    },
    /// Memberships cannot be read.
    #[error(transparent)]
    Table(#[from] TableError),
    /// Kafka refuses a question that must be answered before work begins.
    #[error("cannot prepare")]
    Lookup(#[from] LookupError),
    /// The operator must say where to begin.
    #[error("{0}")]
    StartAt(start_at::Undecided),
    /// Audience records and memberships cannot be kept together.
    #[error("{0}")]
    Uneven(String),
    /// A stage that cannot go on.
    #[error("stage {stage}")]
    Stage {
        /// Which.
        stage: &'static str,
        /// Why.
        #[source]
        source: StageError,
    },
    /// A stage that ended without being asked.
    #[error("stage {0} ended unexpectedly")]
    Ended(&'static str),
    /// The producer that cannot go on.
    #[error("the kafka producer cannot go on: {0}; start the program again")]
    Fatal(String),
    /// A thread that cannot be started, or one that broke.
    #[error("cannot run a thread")]
    Thread(#[from] std::io::Error),
}

/// What all stages share.
#[derive(Debug)]
pub(crate) struct Parts {
    pub(crate) config: Config,
    pub(crate) topics: Topics,
    pub(crate) tiers: Tiers,
    pub(crate) clock: Arc<Clock>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) notices: Notices,
}

/// Works until `stop` completes, then ends in order within the grace period.
///
/// The onlooker hears the address of the admin listener as soon as it is known.
pub async fn run(
    config: Config,
    stages: Stages,
    onlooker: Onlooker,
    stop: impl Future<Output = ()>,
) -> Result<(), AppError> {
    tokio::pin!(stop);
    let mut clients = Clients::default();
    let senders = build::senders(&config, &mut clients)?;
    let metrics = Arc::new(build::metrics(&config)?);
    let clock = Arc::new(Clock::default());
    let status = Arc::new(Status::new(metrics.clone(), clock.clone(), clients.opened()));
    let server = Server::start(config.admin.listen, status.clone()).await?;
    tracing::info!(address = %server.address(), "admin listening");
    let Onlooker { listening, notices } = onlooker;
    listening(server.address());
    let topics = build::topics(&config);
    let tiers = build::tiers(&config);
    let parts = Arc::new(Parts { config, topics, tiers, clock, metrics, notices });

    let prepared = tokio::select! {
        prepared = prepare::prepare(parts.clone(), stages, &status) => prepared?,
        () = &mut stop => return Ok(()),
    };
    let producer = Producer::start(&build::connection(&parts.config), parts.clock.clone(), parts.metrics.clone())?;
    let built = stages::build(&parts, &prepared, stages, (&producer, senders))?;
    status.running(built.iter().map(|built| vital(&built.watch)).collect());

    let mut running = Running::start(built);
    let ended = tokio::select! {
        never = say_when_ready(&status) => match never {},
        early = running.ended_early() => Err(early),
        fatal = fatal(&producer) => Err(AppError::Fatal(fatal)),
        () = &mut stop => Ok(()),
    };
    status.waiting_for("stopping");
    let grace = parts.config.shutdown.grace;
    // A little is kept back, so that the end is ours and not the watchdog's.
    running.stop(grace.mul_f32(0.9)).await;
    let [delivered, delayed, dead_lettered] = parts.metrics.totals();
    tracing::info!(delivered, delayed, dead_lettered, "what this process did");
    ended
}

/// Says once that all stages have joined their groups and nothing stands in the way. Never completes.
async fn say_when_ready(status: &Status) -> Infallible {
    let mut look = tokio::time::interval(Duration::from_millis(200));
    loop {
        look.tick().await;
        if status.obstacles().is_empty() {
            break;
        }
    }
    tracing::info!("ready");
    std::future::pending().await
}

/// Completes when the producer is beyond repair.
async fn fatal(producer: &Producer) -> String {
    let mut look = tokio::time::interval(Duration::from_secs(1));
    loop {
        look.tick().await;
        if let Some(error) = producer.fatal_error() {
            return error;
        }
    }
}

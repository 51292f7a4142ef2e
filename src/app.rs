//! Builds the stages from a configuration, starts them in order and stops them in order.
//! Decides nothing about deliveries; signals, arguments and exit codes are the business of `cli` and `shutdown`.

pub mod build;
pub mod onlooker;
pub mod prepare;
pub mod start_at;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use crate::admin::state::{Status, Vital};
use crate::admin::{ServeError, Server};
use crate::attempt::request::{Clients, SenderError};
use crate::clock::Clock;
use crate::config::Config;
use crate::kafka::consumer::{Consumer, ConsumerError, Watch};
use crate::kafka::lookup::LookupError;
use crate::kafka::producer::{Producer, ProducerError};
use crate::metrics::{Metrics, MetricsError};
use crate::outcome::schedule::Tiers;
use crate::settle::Topics;
use crate::stage::driver::StageError;
use crate::stage::notice::Notices;

use build::Built;
use onlooker::Onlooker;

/// Which stages run in this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stages {
    /// Source records become deliveries.
    pub route: bool,
    /// Deliveries become attempts.
    pub deliver: bool,
    /// What waits returns.
    pub delay: bool,
}

impl Stages {
    /// All of them.
    pub const ALL: Self = Self { route: true, deliver: true, delay: true };
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
    /// Kafka refuses a question that must be answered before work begins.
    #[error("cannot prepare")]
    Lookup(#[from] LookupError),
    /// The operator must say where to begin.
    #[error("{0}")]
    StartAt(start_at::Undecided),
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
    let built = build::stages(&parts, &prepared, stages, (&producer, senders))?;
    status.running(built.iter().map(|built| vital(&built.watch)).collect());

    let mut running = Running::start(built);
    let ended = tokio::select! {
        early = running.ended_early() => Err(early),
        fatal = fatal(&producer) => Err(AppError::Fatal(fatal)),
        () = &mut stop => Ok(()),
    };
    status.waiting_for("stopping");
    let grace = parts.config.shutdown.grace;
    // A little is kept back, so that the end is ours and not the watchdog's.
    running.stop(grace.mul_f32(0.9)).await;
    ended
}

/// The running stages.
struct Running {
    consumers: Vec<(&'static str, Arc<Consumer>)>,
    tasks: JoinSet<(&'static str, Result<(), StageError>)>,
}

impl Running {
    fn start(built: Vec<Built>) -> Self {
        let mut tasks = JoinSet::new();
        let mut consumers = Vec::new();
        for Built { watch, consumer, work } in built {
            let stage = watch.stage();
            consumers.push((stage, consumer));
            tasks.spawn(async move { (stage, work.await) });
        }
        Self { consumers, tasks }
    }

    /// Completes when a stage ends without being asked, which none should.
    async fn ended_early(&mut self) -> AppError {
        match self.tasks.join_next().await {
            Some(Ok((stage, Err(source)))) => AppError::Stage { stage, source },
            Some(Ok((stage, Ok(())))) => AppError::Ended(stage),
            Some(Err(broken)) => AppError::Thread(std::io::Error::other(broken)),
            None => std::future::pending().await,
        }
    }

    /// Every stage finishes what is under way and hands its partitions back, within the time.
    async fn stop(mut self, most: Duration) {
        for (_, consumer) in &self.consumers {
            // What is left is for the last commit and for leaving the group.
            consumer.stop(most.mul_f32(0.85));
        }
        let all = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(most, all).await.is_ok() {
            return;
        }
        for (stage, _) in self.consumers.iter().filter(|(_, consumer)| !consumer.is_finished()) {
            tracing::warn!(
                stage,
                "not everything could be handed back to kafka in time; what was not committed is repeated"
            );
        }
    }
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

#[derive(Debug)]
struct Watched(Arc<Watch>);

fn vital(watch: &Arc<Watch>) -> Arc<dyn Vital> {
    Arc::new(Watched(watch.clone()))
}

impl Vital for Watched {
    fn stage(&self) -> &'static str {
        self.0.stage()
    }

    fn since_poll(&self) -> Duration {
        self.0.since_poll()
    }

    fn has_joined(&self) -> bool {
        self.0.has_joined()
    }
}

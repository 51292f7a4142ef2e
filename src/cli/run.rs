//! `run`: joins the groups and works until a signal.
//! The work is `app`'s; here are arguments, the runtime, signals and the watchdog.

use std::time::Duration;

use clap::{Args, ValueEnum};

use super::{Common, Failure};
use crate::app::onlooker::Onlooker;
use crate::app::{self, AppError, Stages};
use crate::shutdown::{Watchdog, asked_to_stop};

#[derive(Debug, Args)]
pub(super) struct RunArgs {
    /// Which stages run in this process, with commas: route,deliver
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = [Stage::Route, Stage::Diff, Stage::Deliver, Stage::Delay])]
    stages: Vec<Stage>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Stage {
    /// Events become deliveries
    Route,
    /// Audience records become changes of who is in which audience
    Diff,
    /// Deliveries become requests
    Deliver,
    /// What waits returns when it is due
    Delay,
}

pub(super) fn run(args: &RunArgs, common: &Common) -> Result<(), Failure> {
    let config = common.load()?;
    let grace = config.shutdown.grace;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Failure::running)?;
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"), kafka = %config.kafka.brokers, destinations = config.destinations.len(),
        "starting"
    );
    let has = |stage| args.stages.contains(&stage);
    let stages = Stages {
        route: has(Stage::Route),
        diff: has(Stage::Diff),
        deliver: has(Stage::Deliver),
        delay: has(Stage::Delay),
    };
    let done = runtime.block_on(work(config, stages, grace));
    // What still hangs (a client whose broker is away, a request to nowhere) must not hold the end up.
    runtime.shutdown_timeout(Duration::from_millis(100));
    done
}

async fn work(config: crate::config::Config, stages: Stages, grace: Duration) -> Result<(), Failure> {
    let (sender, armed) = tokio::sync::oneshot::channel();
    let stop = async {
        match asked_to_stop().await {
            Ok(signal) => tracing::info!(signal, grace_s = grace.as_secs_f64(), "stopping"),
            Err(error) => tracing::error!(%error, "cannot hear signals; stopping"),
        }
        // The receiver lives as long as this function.
        drop(sender.send(Watchdog::arm(grace)));
    };
    let done = app::run(config, stages, Onlooker::default(), stop).await;
    if let Ok(Ok(watchdog)) = armed.await {
        watchdog.disarm();
    }
    match done {
        Ok(()) => {
            tracing::info!("stopped");
            Ok(())
        }
        Err(error @ (AppError::StartAt(_) | AppError::Sender { .. })) => Err(Failure::Usage(Box::new(error))),
        Err(error) => Err(Failure::running(error)),
    }
}

//! The running stages: who ended early, and the orderly end within a time.
//! How each is built is `stages`'s; when they start and stop is `app`'s.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use super::AppError;
use super::stages::Built;
use crate::admin::state::Vital;
use crate::kafka::consumer::{Consumer, Watch};
use crate::stage::driver::StageError;

/// The running stages.
pub(super) struct Running {
    consumers: Vec<(&'static str, Arc<Consumer>)>,
    tasks: JoinSet<(&'static str, Result<(), StageError>)>,
}

impl Running {
    pub(super) fn start(built: Vec<Built>) -> Self {
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
    pub(super) async fn ended_early(&mut self) -> AppError {
        match self.tasks.join_next().await {
            Some(Ok((stage, Err(source)))) => AppError::Stage { stage, source },
            Some(Ok((stage, Ok(())))) => AppError::Ended(stage),
            Some(Err(broken)) => AppError::Thread(std::io::Error::other(broken)),
            None => std::future::pending().await,
        }
    }

    /// Every stage finishes what is under way and hands its partitions back, within the time.
    pub(super) async fn stop(mut self, most: Duration) {
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

#[derive(Debug)]
struct Watched(Arc<Watch>);

/// A stage as `/healthz` and `/readyz` see it.
pub(super) fn vital(watch: &Arc<Watch>) -> Arc<dyn Vital> {
    Arc::new(Watched(watch.clone()))
}

impl Vital for Watched {
    fn stage(&self) -> &'static str {
        self.0.stage()
    }

    fn since_poll(&self) -> Duration {
        self.0.since_poll()
    }

    fn is_unreachable(&self) -> bool {
        self.0.is_unreachable()
    }

    fn has_joined(&self) -> bool {
        self.0.has_joined()
    }
}

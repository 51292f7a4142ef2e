//! What the process says of itself: is it alive, is it ready, and if not, why.
//! Told by `app` what runs and what is waited for; asked by the pages of `admin`.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::clock::Clock;
use crate::metrics::Metrics;
use crate::outcome::time::ClockTrust;

/// A poll thread that has not polled for so long is stuck; the drain of a rebalance takes at most a third of it.
const STUCK: Duration = Duration::from_secs(30);

/// How one stage is doing.
pub trait Vital: std::fmt::Debug + Send + Sync {
    /// The stage's name.
    fn stage(&self) -> &'static str;
    /// How long ago it last polled Kafka.
    fn since_poll(&self) -> Duration;
    /// Whether its group has answered with an assignment.
    fn has_joined(&self) -> bool;
    /// Whether no broker answers.
    fn is_unreachable(&self) -> bool;
}

/// What the process says of itself.
#[derive(Debug)]
pub struct Status {
    /// What is counted.
    pub metrics: Arc<Metrics>,
    clock: Arc<Clock>,
    connections: Arc<AtomicU64>,
    stages: Mutex<Stages>,
}

#[derive(Debug)]
struct Stages {
    /// Why no stage runs yet, or any more.
    waiting_for: Option<String>,
    running: Vec<Arc<dyn Vital>>,
}

impl Status {
    /// A process that is starting.
    pub fn new(metrics: Arc<Metrics>, clock: Arc<Clock>, connections: Arc<AtomicU64>) -> Self {
        let stages = Stages { waiting_for: Some("starting".to_owned()), running: Vec::new() };
        Self { metrics, clock, connections, stages: Mutex::new(stages) }
    }

    /// Says what the process waits for before its stages can run.
    pub fn waiting_for(&self, what: &str) {
        self.stages().waiting_for = Some(what.to_owned());
    }

    /// Says that the stages run.
    pub fn running(&self, stages: Vec<Arc<dyn Vital>>) {
        *self.stages() = Stages { waiting_for: None, running: stages };
    }

    /// What makes the process unfit to live on; empty when nothing does.
    pub fn ailments(&self) -> Vec<String> {
        let stages = self.stages();
        let stuck = stages.running.iter().filter(|stage| stage.since_poll() > STUCK);
        stuck.map(|stage| format!("{}: no poll for {} s", stage.stage(), stage.since_poll().as_secs())).collect()
    }

    /// What keeps the process from its work; empty when nothing does.
    pub fn obstacles(&self) -> Vec<String> {
        let mut obstacles = self.ailments();
        let stages = self.stages();
        obstacles.extend(stages.waiting_for.iter().map(|what| format!("waiting: {what}")));
        let cut_off = stages.running.iter().filter(|stage| stage.is_unreachable());
        obstacles.extend(cut_off.map(|stage| format!("{}: no kafka broker can be reached", stage.stage())));
        let apart = stages.running.iter().filter(|stage| !stage.has_joined());
        obstacles.extend(apart.map(|stage| format!("{}: not joined its consumer group yet", stage.stage())));
        if self.clock.now().trust == ClockTrust::Off {
            let off = self.clock.skew_ms() as f64 / 1000.0;
            obstacles.push(format!("clock: {off:.1} s ahead of kafka's; set the time, until then nothing expires"));
        }
        obstacles
    }

    /// Sets what is only known when it is asked for.
    pub fn refresh(&self) {
        self.metrics.clock_skew(self.clock.skew_ms() as f64 / 1000.0);
        self.metrics.connections_opened(self.connections.load(Ordering::Relaxed));
    }

    fn stages(&self) -> std::sync::MutexGuard<'_, Stages> {
        self.stages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Scope;

    #[derive(Debug)]
    struct Stage {
        since_poll: Duration,
        joined: bool,
    }

    impl Vital for Stage {
        fn stage(&self) -> &'static str {
            "deliver"
        }

        fn since_poll(&self) -> Duration {
            self.since_poll
        }

        fn is_unreachable(&self) -> bool {
            false
        }

        fn has_joined(&self) -> bool {
            self.joined
        }
    }

    fn status() -> Status {
        Status::new(Arc::new(Metrics::new(&Scope::default()).unwrap()), Arc::default(), Arc::default())
    }

    #[test]
    fn a_stuck_poll_thread_makes_the_process_ill() {
        let status = status();
        let stage = |seconds| Arc::new(Stage { since_poll: Duration::from_secs(seconds), joined: true });
        status.running(vec![stage(1)]);
        assert!(status.ailments().is_empty() && status.obstacles().is_empty());
        status.running(vec![stage(1), stage(31)]);
        assert_eq!(status.ailments(), ["deliver: no poll for 31 s"]);
        assert_eq!(status.obstacles(), ["deliver: no poll for 31 s"]);
    }

    #[test]
    fn readiness_needs_a_start_and_a_group() {
        let status = status();
        assert_eq!(status.obstacles(), ["waiting: starting"]);
        status.running(vec![Arc::new(Stage { since_poll: Duration::ZERO, joined: false })]);
        assert_eq!(status.obstacles(), ["deliver: not joined its consumer group yet"]);
        assert!(status.ailments().is_empty(), "not ready is not ill");
    }

    #[test]
    fn a_wrong_clock_makes_the_process_unready_but_not_ill() {
        let status = status();
        status.running(vec![]);
        status.clock.observe(200_000, 200_001, 100_000);
        assert_eq!(status.obstacles().len(), 1);
        assert!(status.ailments().is_empty());
    }
}

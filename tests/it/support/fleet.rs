//! Replicas of the real program that share the work, each known by its number, and the ways in which one of them ends.
//! When and which is left to the tests.

use std::time::{Duration, Instant};

use super::program::{Program, Setup};
use super::wait::until;

/// Where a rebalance after a lost session, on a busy machine, still ends; reached only by a test that fails.
const PATIENCE: Duration = Duration::from_secs(60);

pub struct Fleet<'a> {
    setup: &'a Setup,
    replicas: Vec<Program>,
    /// Of replicas that have ended meanwhile.
    counts: Counts,
}

/// What replicas counted. What one counted between the last look at it and its end is not in it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    /// Copies of deliveries that were dropped.
    pub copies_dropped: f64,
    /// Sessions of the deliver stage that ended while its replica lived: it stood still, or the machine was too busy for its
    /// heartbeats.
    pub sessions_lost: f64,
}

impl<'a> Fleet<'a> {
    /// Starts so many and waits until each has partitions to work on.
    pub fn start(setup: &'a Setup, count: usize) -> Self {
        let replicas = (0..count).map(|_| setup.start()).collect();
        let fleet = Self { setup, replicas, counts: Counts::default() };
        fleet.is_whole();
        fleet
    }

    pub fn replica(&self, number: usize) -> &Program {
        &self.replicas[number]
    }

    /// Partitions of the deliveries topic that a replica has; none while it does not answer.
    pub fn assigned(&self, number: usize) -> f64 {
        let labels = ["stage=\"deliver\""];
        self.replicas[number].metric_if_alive("webhooks_kafka_assigned_partitions", &labels).unwrap_or_default()
    }

    /// Waits until a replica has something to lose.
    pub fn works(&self, number: usize) {
        until("a replica to have partitions", PATIENCE, || (self.assigned(number) > 0.0).then_some(()));
    }

    /// Waits until all have partitions and none is nobody's.
    pub fn is_whole(&self) {
        let whole = || {
            let assigned: Vec<f64> = (0..self.replicas.len()).map(|number| self.assigned(number)).collect();
            let all = assigned.iter().sum::<f64>() == f64::from(self.setup.partitions);
            (all && assigned.iter().all(|own| *own > 0.0)).then_some(())
        };
        until("all replicas to have partitions", PATIENCE, whole);
    }

    /// Waits until the others have all partitions.
    pub fn does_without(&self, number: usize) {
        let others = || (0..self.replicas.len()).filter(|other| *other != number);
        let all = || others().map(|other| self.assigned(other)).sum::<f64>() == f64::from(self.setup.partitions);
        until("the others to take over", PATIENCE, || all().then_some(()));
    }

    /// Kills one, starts another in its place, and answers when it was killed.
    pub fn kill(&mut self, number: usize) -> Instant {
        self.count(number);
        let old = self.replicas.remove(number);
        let at = Instant::now();
        old.kill();
        self.replicas.insert(number, self.setup.start());
        at
    }

    /// Stops one in good order and starts another in its place.
    pub fn restart(&mut self, number: usize) {
        self.count(number);
        let old = self.replicas.remove(number);
        old.stop();
        self.replicas.insert(number, self.setup.start());
    }

    /// Stops all in good order, and answers what they counted.
    pub fn stop(mut self) -> Counts {
        (0..self.replicas.len()).for_each(|number| self.count(number));
        self.replicas.into_iter().for_each(Program::stop);
        self.counts
    }

    fn count(&mut self, number: usize) {
        let metric = |name, labels: &[&str]| self.replicas[number].metric_if_alive(name, labels).unwrap_or_default();
        let lost = ["stage=\"deliver\"", "kind=\"lost\""];
        self.counts.copies_dropped += metric("webhooks_deliveries_repeated_total", &[]);
        self.counts.sessions_lost += metric("webhooks_kafka_rebalances_total", &lost);
    }
}

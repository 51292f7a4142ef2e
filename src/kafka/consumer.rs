//! A stage's consumer: a named thread that polls librdkafka and does nothing else.
//! Hands records, assignments and revocations to the stage in order over one channel, stores the positions the stage
//! leaves for it, and pauses partitions that hold too much memory. No poll ever waits for the runtime.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::KafkaError;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use self::context::Context;
use self::poller::Poller;
use self::positions::Positions;
use super::client::{Connection, ReadAhead, without_values};
use super::offsets::{Grant, Position};
use super::record::Record;
use crate::delivery::claim::TopicPartition;

pub use handback::Handback;
pub(super) use read::headers;
pub use watch::Watch;

mod assignment;
mod context;
mod handback;
mod history;
mod leave;
mod poller;
mod positions;
mod read;
mod resets;
pub mod valve;
mod watch;

/// What a stage hears from its consumer, in order.
#[derive(Debug)]
pub enum Intake {
    /// Partitions are ours from now on.
    Assigned(Vec<Grant>),
    /// Partitions must be handed back: finish what is under way, then answer.
    Revoked {
        /// Which.
        partitions: Vec<TopicPartition>,
        /// Where to answer.
        handback: Handback,
    },
    /// Partitions are somebody else's already.
    Lost(Vec<TopicPartition>),
    /// Records, in the order of each partition.
    Records(Vec<Record>),
    /// The client is beyond repair; the process must end and start again.
    Failed(Box<str>),
}

/// How to consume.
#[derive(Debug)]
pub struct Plan {
    /// The consumer group.
    pub group: String,
    /// Topics, or patterns that begin with `^`.
    pub topics: Vec<String>,
    /// How eagerly to read.
    pub ahead: ReadAhead,
    /// Bytes of records the stage may hold at once.
    pub budget: usize,
    /// What to do while much of the budget is held.
    pub when_full: WhenFull,
    /// How long a rebalance waits for revoked partitions to be drained.
    pub drain: Duration,
    /// How many settled records to read again when a partition comes, so that copies of them are known.
    pub lookback: i64,
}

/// What a consumer does while its stage holds much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhenFull {
    /// Pauses the partitions that hold too much. A paused partition flows again only after up to a second.
    Pause,
    /// Rests before it comes to that; for a stage that holds nothing for long, unless its partition is stopped.
    Rest,
}

/// How long a revocation may wait for the drain; longer when the process ends.
#[derive(Debug)]
struct DrainLimit(AtomicU64);

impl DrainLimit {
    fn new(limit: Duration) -> Self {
        let own = Self(AtomicU64::new(0));
        own.set(limit);
        own
    }

    fn set(&self, limit: Duration) {
        self.0.store(u64::try_from(limit.as_millis()).unwrap_or(u64::MAX), Ordering::Release);
    }

    fn get(&self) -> Duration {
        Duration::from_millis(self.0.load(Ordering::Acquire))
    }
}

/// A running consumer.
#[derive(Debug)]
pub struct Consumer {
    stop: Arc<AtomicBool>,
    drain: Arc<DrainLimit>,
    positions: Positions,
    thread: JoinHandle<()>,
}

/// Why a consumer did not start.
#[derive(Debug, thiserror::Error)]
pub enum ConsumerError {
    /// librdkafka refused the settings.
    #[error("cannot make a kafka consumer")]
    Client(#[source] KafkaError),
    /// No thread was to be had.
    #[error("cannot start the poll thread")]
    Thread(#[source] std::io::Error),
}

/// How long a poll waits for a record: also how late a position may be stored.
const POLL: Duration = Duration::from_millis(20);

impl Consumer {
    /// Joins the group and begins to hand over what comes.
    pub fn start(
        connection: &Connection,
        plan: Plan,
        watch: Arc<Watch>,
    ) -> Result<(Self, UnboundedReceiver<Intake>), ConsumerError> {
        let (sender, receiver) = unbounded_channel();
        let name = format!("poll-{}", watch.stage());
        let drain = Arc::new(DrainLimit::new(plan.drain));
        let context = Context::new(sender, watch, drain.clone(), plan.lookback);
        let positions = context.positions.clone();
        let config = connection.consumer(&plan.group, plan.ahead);
        let consumer: BaseConsumer<Context> =
            config.create_with_context(context).map_err(|error| ConsumerError::Client(without_values(error)))?;
        let topics: Vec<&str> = plan.topics.iter().map(String::as_str).collect();
        consumer.subscribe(&topics).map_err(ConsumerError::Client)?;
        let stop = Arc::new(AtomicBool::new(false));
        let (budget, when_full) = (plan.budget, plan.when_full);
        let poller = Poller { consumer, budget, when_full, stop: stop.clone() };
        let thread = std::thread::Builder::new().name(name).spawn(move || poller.run());
        let thread = thread.map_err(ConsumerError::Thread)?;
        Ok((Self { stop, drain, positions, thread }, receiver))
    }

    /// Leaves positions to be stored; librdkafka commits them at its interval.
    pub fn store(&self, moved: Vec<Position>) {
        if !moved.is_empty() {
            self.positions.leave(moved);
            // It may rest until something is settled.
            self.thread.thread().unpark();
        }
    }

    /// Begins to leave the group: every partition comes back as [`Intake::Revoked`], to be drained within the time, then
    /// the channel ends.
    pub fn stop(&self, drain: Duration) {
        self.drain.set(drain);
        self.stop.store(true, Ordering::Release);
    }

    /// Whether the poll thread has ended.
    pub fn is_finished(&self) -> bool {
        self.thread.is_finished()
    }
}

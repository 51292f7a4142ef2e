//! A stage's consumer: a named thread that polls librdkafka and does nothing else.
//! Hands records, assignments and revocations to the stage in order over one channel, stores the positions the stage
//! leaves for it, and pauses partitions that hold too much memory. No poll ever waits for the runtime.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use rdkafka::TopicPartitionList;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::KafkaError;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use self::context::Context;
use self::valve::{Flow, Gauge};
use super::client::{Connection, ReadAhead, without_values};
use super::offsets::{Grant, Position};
use super::record::Record;
use crate::delivery::claim::TopicPartition;

pub use handback::Handback;
pub use watch::Watch;

mod assignment;
mod context;
mod handback;
mod history;
mod leave;
mod read;
mod valve;
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
    positions: Arc<Mutex<HashMap<TopicPartition, Position>>>,
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
/// How long a poll thread rests at a time, and how often before it looks after its rebalances again.
const REST: Duration = Duration::from_millis(2);
const RESTS: u32 = 100;
/// Records handed over at once.
const BATCH: usize = 500;

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
        let config = connection.consumer(&plan.group, plan.ahead);
        let consumer: BaseConsumer<Context> =
            config.create_with_context(context).map_err(|error| ConsumerError::Client(without_values(error)))?;
        let topics: Vec<&str> = plan.topics.iter().map(String::as_str).collect();
        consumer.subscribe(&topics).map_err(ConsumerError::Client)?;
        let stop = Arc::new(AtomicBool::new(false));
        let positions = Arc::new(Mutex::new(HashMap::new()));
        let (budget, when_full) = (plan.budget, plan.when_full);
        let poller = Poller { consumer, budget, when_full, stop: stop.clone(), positions: positions.clone() };
        let thread = std::thread::Builder::new().name(name).spawn(move || poller.run());
        let thread = thread.map_err(ConsumerError::Thread)?;
        Ok((Self { stop, drain, positions, thread }, receiver))
    }

    /// Leaves positions to be stored; librdkafka commits them at its interval.
    pub fn store(&self, moved: Vec<Position>) {
        if !moved.is_empty() {
            let mut waiting = self.positions.lock().unwrap_or_else(PoisonError::into_inner);
            // One position per partition, the latest: a list that names a partition twice makes librdkafka store none.
            waiting.extend(moved.into_iter().map(|position| (position.at.clone(), position)));
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

struct Poller {
    consumer: BaseConsumer<Context>,
    budget: usize,
    when_full: WhenFull,
    stop: Arc<AtomicBool>,
    positions: Arc<Mutex<HashMap<TopicPartition, Position>>>,
}

impl Poller {
    fn run(self) {
        let mut rests = 0;
        while !self.stop.load(Ordering::Acquire) {
            self.store_positions();
            self.work_valve();
            self.consumer.context().watch.polled();
            if self.should_rest() && rests < RESTS {
                rests += 1;
                std::thread::sleep(REST);
                continue;
            }
            rests = 0;
            let batch = match self.read_batch() {
                Ok(batch) => batch,
                Err(failure) => {
                    let _ = self.consumer.context().intake.send(Intake::Failed(failure));
                    break;
                }
            };
            if !batch.is_empty() && self.consumer.context().intake.send(Intake::Records(batch)).is_err() {
                break;
            }
        }
        self.prepare_to_leave();
        // Dropping the client hands every partition back and leaves the group. It can hang for ever when a broker is
        // away: the process ends under a watchdog (`shutdown`).
        drop(self.consumer);
    }

    /// Whether what flows holds so much that partitions would soon be paused. What is paused already does not count: it may
    /// be stopped, and must not hold the others up.
    fn should_rest(&self) -> bool {
        let mut assignment = self.consumer.context().assignment();
        let open = assignment.all().filter(|own| own.flow == Flow::Open).map(|own| own.load.bytes());
        self.when_full == WhenFull::Rest && open.sum::<usize>() > self.budget / 3
    }

    fn store_positions(&self) {
        let positions = std::mem::take(&mut *self.positions.lock().unwrap_or_else(PoisonError::into_inner));
        if !positions.is_empty() {
            let positions: Vec<Position> = positions.into_values().collect();
            self.consumer.context().store(&self.consumer, &positions);
        }
    }

    fn read_batch(&self) -> Result<Vec<Record>, Box<str>> {
        let mut batch = Vec::new();
        let mut wait = POLL;
        while let Some(polled) = self.consumer.poll(wait) {
            wait = Duration::ZERO;
            match polled {
                Ok(message) => batch.extend(read::record(&message, &mut self.consumer.context().assignment())),
                Err(error @ KafkaError::MessageConsumptionFatal(_)) => return Err(error.to_string().into()),
                // librdkafka retries by itself; what it reports is for people.
                Err(error) => self.consumer.context().watch.troubled(&error),
            }
            if batch.len() >= BATCH {
                break;
            }
        }
        Ok(batch)
    }

    fn work_valve(&self) {
        let context = self.consumer.context();
        let (mut pause, mut resume) = (TopicPartitionList::new(), TopicPartitionList::new());
        let mut paused = 0;
        {
            let mut assignment = context.assignment();
            let mut all: Vec<_> = assignment.all().collect();
            let gauges: Vec<_> = all.iter().map(|own| Gauge { bytes: own.load.bytes(), state: own.flow }).collect();
            for (own, wanted) in all.iter_mut().zip(valve::adjust(&gauges, self.budget)) {
                if own.flow != wanted {
                    let list = if wanted == Flow::Paused { &mut pause } else { &mut resume };
                    list.add_partition(&own.at.topic, own.at.partition);
                    own.flow = wanted;
                }
                paused += usize::from(wanted == Flow::Paused);
            }
        }
        context.watch.paused(paused);
        let changes = [
            (pause.count() > 0).then(|| self.consumer.pause(&pause)),
            (resume.count() > 0).then(|| self.consumer.resume(&resume)),
        ];
        for error in changes.into_iter().flatten().filter_map(Result::err) {
            tracing::warn!(stage = context.watch.stage(), %error, "cannot pause or resume partitions");
        }
    }
}

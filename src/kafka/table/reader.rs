//! The thread of a table: takes orders, polls, hands over. Waits for whoever listens, which keeps it from reading ahead.
//! When a partition is restored is `restore`'s; reading single records is `once`'s.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::KafkaError;
use rdkafka::message::BorrowedMessage;
use rdkafka::{Message as _, Offset, TopicPartitionList};
use tokio::sync::mpsc::Sender;

use super::once::Once;
use super::progress::Progress;
use super::restore::{Next, Restore};
use super::{Order, Told};
use crate::delivery::claim::{Epoch, TopicPartition};
use crate::kafka::consumer::headers;
use crate::kafka::record::Record;
use crate::kafka::troubles::Troubles;
use crate::outcome::time::KafkaTime;

/// How long a poll waits for a record: also how late an order is heard.
const POLL: Duration = Duration::from_millis(20);
/// Records handed over at once.
const BATCH: usize = 500;
/// How long the question for a partition's end may take, and how long after one without a good answer it is asked again.
const DEADLINE: Duration = Duration::from_secs(1);
const PAUSE: Duration = Duration::from_secs(1);

/// Whoever listens is gone.
#[derive(Debug)]
pub(super) struct Gone;

pub(super) struct Reader {
    along: BaseConsumer,
    once: Once,
    topic: Arc<str>,
    orders: mpsc::Receiver<Order>,
    tell: Sender<Told>,
    followed: HashMap<i32, Followed>,
    progress: Progress,
    troubles: Troubles,
}

/// A partition that is read.
#[derive(Debug)]
struct Followed {
    epoch: Epoch,
    at: TopicPartition,
    restore: Restore,
    ask_at: Instant,
    /// Whether it was told that it is restored.
    restored: bool,
}

impl Reader {
    pub(super) fn new(
        (along, config): (BaseConsumer, ClientConfig),
        topic: &str,
        orders: mpsc::Receiver<Order>,
        tell: Sender<Told>,
    ) -> Self {
        let topic: Arc<str> = topic.into();
        Self {
            along,
            once: Once::new(config, topic.clone()),
            topic,
            orders,
            tell,
            followed: HashMap::new(),
            progress: Progress::default(),
            troubles: Troubles::default(),
        }
    }

    pub(super) fn run(mut self) {
        // Whoever listened has ended; nobody else is to be told.
        let _gone = self.work();
    }

    fn work(&mut self) -> Result<(), Gone> {
        loop {
            loop {
                match self.orders.try_recv() {
                    Ok(order) => self.obey(order)?,
                    Err(mpsc::TryRecvError::Empty) => break,
                    Err(mpsc::TryRecvError::Disconnected) => return Ok(()),
                }
            }
            self.ask_for_an_end();
            self.read()?;
            self.tell_restored()?;
            if let Some(told) = self.once.read() {
                self.tell(told)?;
            }
            let restoring = self.followed.values().filter(|own| !own.restored);
            self.progress.say(restoring.map(|own| own.restore.progress()));
        }
    }

    fn obey(&mut self, order: Order) -> Result<(), Gone> {
        match order {
            Order::Follow(partition, epoch) => self.follow(partition, epoch),
            Order::Leave(partition, epoch) => {
                let is_meant = self.followed.get(&partition).is_some_and(|own| own.epoch == epoch);
                if is_meant { self.leave(partition) } else { Ok(()) }
            }
            Order::Reread(partition, epoch, offset) => {
                self.once.ask(partition, epoch, offset);
                Ok(())
            }
        }
    }

    fn follow(&mut self, partition: i32, epoch: Epoch) -> Result<(), Gone> {
        self.leave(partition)?;
        let at = TopicPartition { topic: self.topic.clone(), partition };
        let list = self.list(partition);
        if let Err(error) = list.and_then(|list| self.along.incremental_assign(&list)) {
            return self.fail("cannot begin to read", partition, &error);
        }
        let own = Followed { epoch, at, restore: Restore::default(), ask_at: Instant::now(), restored: false };
        self.followed.insert(partition, own);
        Ok(())
    }

    fn leave(&mut self, partition: i32) -> Result<(), Gone> {
        self.once.leave(partition);
        if self.followed.remove(&partition).is_none() {
            return Ok(());
        }
        let list = self.list(partition);
        match list.and_then(|list| self.along.incremental_unassign(&list)) {
            Ok(()) => Ok(()),
            Err(error) => self.fail("cannot stop reading", partition, &error),
        }
    }

    /// A client that does not take what it is told to read is not to be relied on.
    fn fail(&self, what: &str, partition: i32, error: &KafkaError) -> Result<(), Gone> {
        self.tell(Told::Failed(format!("{what} {}/{partition}: {error}", self.topic).into()))?;
        Err(Gone)
    }

    fn list(&self, partition: i32) -> Result<TopicPartitionList, KafkaError> {
        let mut list = TopicPartitionList::with_capacity(1);
        list.add_partition_offset(&self.topic, partition, Offset::Beginning)?;
        Ok(list)
    }

    /// Asks how far a partition goes that is being restored; one at a time, so that a broker that is away holds up nobody
    /// for long. What is appended from then on is read along.
    fn ask_for_an_end(&mut self) {
        let now = Instant::now();
        let is_due = |own: &&mut Followed| own.restore.asks() && own.ask_at <= now;
        let Some(own) = self.followed.values_mut().filter(is_due).min_by_key(|own| own.ask_at) else { return };
        match self.along.fetch_watermarks(&own.at.topic, own.at.partition, DEADLINE) {
            Ok(marks) => {
                if let Next::ReadAgain(offset) = own.restore.answered(marks) {
                    own.ask_at = Instant::now() + PAUSE;
                    let sought = self.along.seek(&own.at.topic, own.at.partition, Offset::Offset(offset), DEADLINE);
                    if let Err(error) = sought {
                        own.restore.not_read_again();
                        tracing::warn!(partition = %own.at, %error, "cannot look again whether memberships end here");
                    }
                }
            }
            Err(error) => {
                own.ask_at = Instant::now() + PAUSE;
                tracing::warn!(partition = %own.at, %error, "kafka does not say how far memberships go; asking again");
            }
        }
    }

    fn read(&mut self) -> Result<(), Gone> {
        let mut batch = Vec::new();
        let mut wait = POLL;
        while let Some(polled) = self.along.poll(wait) {
            wait = Duration::ZERO;
            match polled {
                Ok(message) => {
                    if let Some(own) = self.followed.get_mut(&message.partition()) {
                        own.restore.read(message.offset());
                        let value = message.payload().map(|_| Bytes::new());
                        batch.push(Record { value, ..record(&message, &own.at, own.epoch) });
                    }
                }
                Err(KafkaError::PartitionEOF(partition)) => {
                    if let Some(own) = self.followed.get_mut(&partition) {
                        own.restore.reached();
                    }
                }
                Err(error @ KafkaError::MessageConsumptionFatal(_)) => {
                    tell(&self.tell, Told::Failed(error.to_string().into()))?;
                    return Err(Gone);
                }
                Err(error) => {
                    if let Some(unsaid) = self.troubles.tell(&error) {
                        tracing::warn!(topic = %self.topic, %error, unsaid, "reading memberships");
                    }
                }
            }
            if batch.len() >= BATCH {
                break;
            }
        }
        if batch.is_empty() { Ok(()) } else { tell(&self.tell, Told::Records(batch)) }
    }

    fn tell_restored(&mut self) -> Result<(), Gone> {
        for (partition, own) in &mut self.followed {
            if !own.restored && own.restore.is_over() {
                own.restored = true;
                tell(&self.tell, Told::Restored { partition: *partition, epoch: own.epoch })?;
            }
        }
        Ok(())
    }

    fn tell(&self, told: Told) -> Result<(), Gone> {
        tell(&self.tell, told)
    }
}

fn tell(to: &Sender<Told>, told: Told) -> Result<(), Gone> {
    to.blocking_send(told).map_err(|_| Gone)
}

/// A record without its value.
pub(super) fn record(message: &BorrowedMessage<'_>, at: &TopicPartition, epoch: Epoch) -> Record {
    Record {
        at: at.clone(),
        epoch,
        offset: message.offset(),
        time: KafkaTime::from_millis(message.timestamp().to_millis().unwrap_or(0)),
        key: message.key().map(Bytes::copy_from_slice),
        value: None,
        headers: headers(message),
        held: None,
        already_settled: false,
    }
}

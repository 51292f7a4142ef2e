//! Reads partitions of a compacted topic from the beginning and along from then on, in no group and committing nothing;
//! partitions come and go one by one. Tells when the end was reached that a partition had when it came, and reads single
//! records again. A thread of its own, which reads no faster than it is listened to; what is read is understood elsewhere.

use std::sync::mpsc::{Sender, channel};

use rdkafka::consumer::BaseConsumer;
use rdkafka::error::KafkaError;
use tokio::sync::mpsc::{Receiver, channel as bounded};

use super::client::{Connection, ReadAhead, without_values};
use super::record::Record;
use crate::delivery::claim::Epoch;

use reader::Reader;

mod once;
mod progress;
mod reader;
mod restore;

/// Batches that may wait to be heard.
const WAITING: usize = 8;

/// What is heard of a table, in the order of each partition.
#[derive(Debug)]
pub enum Told {
    /// Records, of whose values only is told whether there is one; the epoch of each is that of the assignment its
    /// partition is read for.
    Records(Vec<Record>),
    /// Everything was told that was there when the partition was asked for.
    Restored {
        /// Which partition.
        partition: i32,
        /// For which assignment.
        epoch: Epoch,
    },
    /// A record that was to be read again, with its value.
    Reread {
        /// Of which partition.
        partition: i32,
        /// For which assignment.
        epoch: Epoch,
        /// Which record.
        offset: i64,
        /// The record; none if it is not in the log any more.
        record: Option<Box<Record>>,
    },
    /// The client is beyond repair; the process must end and start again.
    Failed(Box<str>),
}

/// What is asked of the thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    Follow(i32, Epoch),
    Leave(i32, Epoch),
    Reread(i32, Epoch, i64),
}

/// A running reader; its thread ends soon after this is dropped.
#[derive(Debug)]
pub struct Table {
    orders: Sender<Order>,
    told: Receiver<Told>,
}

/// Why a table cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// librdkafka refused the settings.
    #[error("cannot make a kafka consumer for memberships")]
    Client(#[source] KafkaError),
    /// No thread was to be had.
    #[error("cannot start the thread that reads memberships")]
    Thread(#[source] std::io::Error),
}

impl Table {
    /// Starts without partitions. The group is only a name that the operator's access rules know; nobody joins it.
    pub fn start(connection: &Connection, group: &str, topic: &str) -> Result<Self, TableError> {
        let mut config = connection.consumer(group, ReadAhead::Modest);
        for (name, value) in [
            ("enable.auto.commit", "false"),
            ("enable.partition.eof", "true"),
            ("statistics.interval.ms", "0"),
            // Ours are in no transaction; somebody else's that stays open must not hide the end.
            ("isolation.level", "read_uncommitted"),
        ] {
            config.set(name, value);
        }
        let along: BaseConsumer = config.create().map_err(|error| TableError::Client(without_values(error)))?;
        let (orders, ordered) = channel();
        let (tell, told) = bounded(WAITING);
        let reader = Reader::new((along, config), topic, ordered, tell);
        let thread = std::thread::Builder::new().name("table".to_owned()).spawn(move || reader.run());
        thread.map_err(TableError::Thread)?;
        Ok(Self { orders, told })
    }

    /// Reads a partition from its beginning for an assignment, whatever was read of it before.
    pub fn follow(&self, partition: i32, epoch: Epoch) {
        self.order(Order::Follow(partition, epoch));
    }

    /// Reads a partition no more, unless it is read for another assignment by now.
    pub fn leave(&self, partition: i32, epoch: Epoch) {
        self.order(Order::Leave(partition, epoch));
    }

    /// Reads one record of a partition again.
    pub fn reread(&self, partition: i32, epoch: Epoch, offset: i64) {
        self.order(Order::Reread(partition, epoch, offset));
    }

    /// Waits for what is told, so many at most, and adds it; answers how many, none when the thread has ended.
    pub async fn told(&mut self, into: &mut Vec<Told>, most: usize) -> usize {
        self.told.recv_many(into, most).await
    }

    fn order(&self, order: Order) {
        // A thread that has ended is noticed by whoever listens.
        let _ = self.orders.send(order);
    }
}

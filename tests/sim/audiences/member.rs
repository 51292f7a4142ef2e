//! A replica: its core, what it holds in the eyes of its client, its appends under way, and what its table reads for it.

use std::collections::{BTreeMap, VecDeque};

use kafka_webhooks::delivery::claim::Epoch;
use kafka_webhooks::kafka::record::{Append, Record, Token};
use kafka_webhooks::stage::diff::core::DiffCore;

use super::kafka::Kafka;
use super::source::PARTITIONS;

#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) core: DiffCore,
    pub(crate) alive: bool,
    /// The group has thrown it out, and it does not know yet.
    pub(crate) zombie: bool,
    pub(crate) epochs: u64,
    pub(crate) held: BTreeMap<usize, Held>,
    pub(crate) pending: Vec<Pending>,
    /// Partitions it is to hand back, and until when its client waits.
    pub(crate) drains: Vec<(usize, Option<i64>)>,
    pub(crate) followed: BTreeMap<usize, Followed>,
    pub(crate) rereads: VecDeque<(usize, Epoch, i64)>,
    /// What the table has told and nobody has heard.
    pub(crate) told: VecDeque<Told>,
}

/// A partition as its client has it.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) epoch: Epoch,
    pub(crate) fetch: usize,
    pub(crate) stored: Option<usize>,
}

/// An append under way.
#[derive(Debug)]
pub(crate) struct Pending {
    pub(crate) token: Token,
    pub(crate) append: Append,
    pub(crate) written: bool,
}

/// A partition of memberships that is read.
#[derive(Debug)]
pub(crate) struct Followed {
    pub(crate) epoch: Epoch,
    pub(crate) next: usize,
    pub(crate) end: usize,
    pub(crate) restored: bool,
}

#[derive(Debug)]
pub(crate) enum Told {
    Record(Record),
    Restored(usize, Epoch),
    Reread(usize, Epoch, i64, Option<Record>),
}

impl Member {
    pub(crate) fn new(kafka: &Kafka) -> Self {
        Self {
            core: DiffCore::new(kafka.topics.clone(), PARTITIONS as i32),
            alive: true,
            zombie: false,
            epochs: 0,
            held: BTreeMap::new(),
            pending: Vec::new(),
            drains: Vec::new(),
            followed: BTreeMap::new(),
            rereads: VecDeque::new(),
            told: VecDeque::new(),
        }
    }

    /// Whether partitions may be taken from it.
    pub(crate) fn may_lose(&self) -> bool {
        self.alive && !self.zombie && self.drains.is_empty() && !self.held.is_empty()
    }

    /// Whether nothing is left to be done for it but to read what comes.
    pub(crate) fn is_quiet(&self) -> bool {
        self.pending.is_empty() && self.told.is_empty() && self.rereads.is_empty()
    }
}

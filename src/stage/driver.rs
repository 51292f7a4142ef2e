//! What the drivers of all stages share: the way appends leave and confirmations come back, and the handing back of
//! revoked partitions once they are drained. When appends leave is decided by `burst`.

use std::time::Instant;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::burst::Bursts;
use super::diff::core::PartitionsChanged;
use crate::delivery::claim::TopicPartition;
use crate::kafka::consumer::Handback;
use crate::kafka::producer::{NoRoom, Producer, Ticket};
use crate::kafka::record::{Append, Confirmation, Token};

/// Why a stage ended before its time.
#[derive(Debug, thiserror::Error)]
pub enum StageError {
    /// The consumer is beyond repair.
    #[error("the kafka consumer cannot go on: {0}")]
    Consumer(Box<str>),
    /// What is known of users lies in other partitions than their records.
    #[error(transparent)]
    Partitions(#[from] PartitionsChanged),
    /// What is known of users cannot be read.
    #[error("the reader of memberships cannot go on: {0}")]
    Table(Box<str>),
}

/// Where a stage's appends go and its confirmations come from.
#[derive(Debug)]
pub struct Outlet {
    producer: Producer,
    sender: UnboundedSender<Confirmation>,
    receiver: UnboundedReceiver<Confirmation>,
    bursts: Bursts<(Append, Token)>,
}

/// Confirmations taken at once.
const BATCH: usize = 1024;

impl Outlet {
    /// An outlet of its own for one stage.
    pub fn new(producer: Producer) -> Self {
        let (sender, receiver) = unbounded_channel();
        Self { producer, sender, receiver, bursts: Bursts::default() }
    }

    /// Takes a record to append; it leaves with [`Self::send`].
    pub(super) fn append(&mut self, append: Append, token: Token) {
        let bytes = append.size();
        self.bursts.hold((append, token), bytes);
    }

    /// Hands over to the producer what may leave now; answers those it had no room for.
    pub(super) fn send(&mut self) -> Vec<Token> {
        let mut no_room = Vec::new();
        for (append, token) in self.bursts.next(Instant::now()) {
            match self.producer.append(&append, Ticket { to: self.sender.clone(), token }) {
                Ok(()) => self.bursts.left(),
                Err(NoRoom) => no_room.push(token),
            }
        }
        no_room
    }

    /// Waits for confirmations and adds them, or until more may be sent without them.
    pub(super) async fn confirmed(&mut self, into: &mut Vec<Confirmation>) {
        let heard = self.receiver.recv_many(into, BATCH);
        let count = match self.bursts.due() {
            Some(due) => tokio::time::timeout_at(due.into(), heard).await.unwrap_or(0),
            None => heard.await,
        };
        self.bursts.confirmed(count);
    }
}

/// Partitions that are to be handed back.
#[derive(Debug, Default)]
pub(super) struct Drain(Vec<(Vec<TopicPartition>, Handback)>);

impl Drain {
    /// Begins to drain partitions.
    pub(super) fn begin(&mut self, partitions: Vec<TopicPartition>, handback: Handback) {
        self.0.push((partitions, handback));
    }

    /// Gives up on partitions that are somebody else's already; nobody waits for their positions any more.
    pub(super) fn forget(&mut self, partitions: &[TopicPartition]) {
        self.0.retain(|(revoked, _)| !revoked.iter().any(|at| partitions.contains(at)));
    }

    /// Takes out what is drained, to be released and answered.
    pub(super) fn drained(
        &mut self,
        is_drained: impl Fn(&TopicPartition) -> bool,
    ) -> Vec<(Vec<TopicPartition>, Handback)> {
        let done = |(partitions, _): &mut (Vec<TopicPartition>, Handback)| partitions.iter().all(&is_drained);
        self.0.extract_if(.., done).collect()
    }
}

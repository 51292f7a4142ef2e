//! What the route stage decides, on plain data: what a source record becomes, and when its offset may pass.
//! A record that is not understood becomes one dead letter; an event, or a change of a membership, one delivery for each
//! destination, and of its mappings each, that wants it; an audience record the same record keyed by user. The offset passes when Kafka has
//! confirmed all of them.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

use crate::delivery::Delivery;
use crate::delivery::claim::{Claim, TopicPartition};
use crate::kafka::offsets::{Grant, Ledger, Position};
use crate::kafka::record::{Append, AppendError, Record, Token};
use crate::outcome::disposition::{Progress, Reason};
use crate::outcome::time::Now;
use crate::route::Route;
use crate::route::destination::DestinationId;
use crate::route::routes::Routes;
use crate::settle::{Settled, Topics, dead_letter};
use crate::stage::outbox::Outbox;
use tally::Tally;
pub use tally::Unwanted;

mod audiences;
mod becoming;
mod confirmed;
pub mod deliveries;
mod tally;

/// Appends under way at once; further records wait.
const MOST_APPENDS: usize = 10_000;

/// The core of the route stage.
#[derive(Debug)]
pub struct RouteCore {
    topics: Topics,
    routes: Arc<Routes>,
    partitions: Partitions,
    ledger: Ledger,
    waiting: BTreeMap<TopicPartition, VecDeque<(Record, Claim)>>,
    /// Source records with what they still wait for; one entry for each record that became something.
    open: HashMap<Claim, Open>,
    outbox: Outbox<Routed>,
    /// Partitions stopped by refused dead letters, with their number.
    stopped: HashMap<TopicPartition, usize>,
    next_token: u64,
    out: Vec<Output>,
    unwanted: Tally,
}

/// How many partitions the topics have that records are spread over by us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Partitions {
    /// Of the deliveries topic.
    pub deliveries: i32,
    /// Of the topic of keyed audience records. Which of them is a user's must not change as long as this process lives,
    /// even if the topic grows: what is known of the user lies in the partition of that number.
    pub audience_records: i32,
}

/// A source record that waits for confirmations.
#[derive(Debug)]
struct Open {
    unconfirmed: usize,
    /// Its share of the partition's memory, given back when it is settled.
    _held: Option<crate::delivery::load::Held>,
}

/// An append a source record became.
#[derive(Debug)]
struct Routed {
    claim: Claim,
    kind: What,
    append: Append,
    stops: bool,
}

/// What an append is.
#[derive(Debug)]
enum What {
    Delivery(Box<Delivery>),
    TooLarge(DestinationId),
    Malformed,
    /// The record of an audience, or a deletion, keyed by its user.
    Keyed,
}

/// What the driver is to do, or may count.
#[derive(Debug)]
pub enum Output {
    /// Append a record and report the confirmation by its token.
    Append(Token, Append),
    /// Something for logs and metrics.
    Happened(Happened),
}

/// What happened, for logs and metrics.
#[derive(Debug)]
pub enum Happened {
    /// A record of a source topic was read.
    Consumed(Arc<str>),
    /// It is not what its topic takes.
    Malformed {
        /// Where it was.
        source: String,
        /// From which topic.
        topic: Arc<str>,
        /// Why, in words that hold nothing of the record.
        error: String,
    },
    /// A delivery is in the log.
    Created(DestinationId),
    /// A dead letter of no delivery, or of one too large, is in the log.
    DeadLettered(Option<DestinationId>, Reason),
    /// Kafka refused an append; it is tried again.
    Refused {
        /// Whose offset waits for it.
        at: TopicPartition,
        /// Which topic refused.
        topic: Arc<str>,
        /// Why.
        error: AppendError,
    },
}

impl RouteCore {
    /// A core without partitions, for topics of so many.
    pub fn new(topics: Topics, routes: Vec<Route>, partitions: Partitions) -> Self {
        Self {
            topics,
            unwanted: Tally::new(routes.len()),
            routes: Arc::new(Routes::new(routes)),
            partitions,
            ledger: Ledger::default(),
            waiting: BTreeMap::new(),
            open: HashMap::new(),
            outbox: Outbox::default(),
            stopped: HashMap::new(),
            next_token: 0,
            out: Vec::new(),
        }
    }

    /// The destinations, in the order of the configuration.
    pub fn destinations(&self) -> Vec<DestinationId> {
        self.routes.iter().map(|routed| routed.route().id.clone()).collect()
    }

    /// Begins to work on partitions.
    pub fn assigned(&mut self, grants: &[Grant]) {
        for Grant { at, epoch, .. } in grants {
            self.ledger.assign(at, *epoch);
        }
    }

    /// Stops work on partitions: what waits is left to the next owner, what is unconfirmed goes on.
    pub fn revoke(&mut self, partitions: &[TopicPartition]) {
        for at in partitions {
            self.ledger.revoke(at);
            self.waiting.remove(at);
        }
    }

    /// Whether nothing of a revoked partition waits for a confirmation, or it is ours again anyway.
    pub fn is_drained(&self, at: &TopicPartition) -> bool {
        !self.ledger.is_revoked(at) || !self.open.keys().any(|claim| claim.at == *at)
    }

    /// Ends the assignment of revoked partitions and answers their last positions.
    pub fn release(&mut self, partitions: &[TopicPartition]) -> Vec<Position> {
        let positions = partitions.iter().filter_map(|at| self.ledger.release(at)).collect();
        self.open.retain(|claim, _| self.ledger.is_current(claim));
        positions
    }

    /// Forgets partitions that were lost.
    pub fn lost(&mut self, partitions: &[TopicPartition]) {
        self.revoke(partitions);
        self.release(partitions);
    }

    /// Takes a record of a source topic.
    pub fn arrived(&mut self, record: Record) {
        if let Some(claim) = self.ledger.take(&record.at, record.epoch, record.spot()) {
            // What comes from ourselves was counted as what it came from.
            if record.at.topic != self.topics.memberships {
                self.out.push(Output::Happened(Happened::Consumed(record.at.topic.clone())));
            }
            self.waiting.entry(record.at.clone()).or_default().push_back((record, claim));
        }
    }

    /// Routes what waits, as far as there is room, and repeats appends that are due again.
    pub fn proceed(&mut self, now: Now) {
        for token in self.outbox.due(now.moment) {
            if let Some(routed) = self.outbox.get(token) {
                self.out.push(Output::Append(token, routed.append.clone()));
            }
        }
        let partitions: Vec<_> = self.waiting.keys().cloned().collect();
        for at in partitions {
            while self.may_route(&at) {
                let next = self.waiting.get_mut(&at).and_then(VecDeque::pop_front);
                let Some((record, claim)) = next else { break };
                self.route(record, claim, now);
            }
        }
        self.waiting.retain(|_, records| !records.is_empty());
    }

    /// What is to be done and what happened, in order, since the last call.
    pub fn take_outputs(&mut self) -> Vec<Output> {
        std::mem::take(&mut self.out)
    }

    /// How many events which destinations did not want, since the last call.
    pub fn take_unwanted(&mut self) -> Vec<Unwanted> {
        self.unwanted.take()
    }

    /// The positions that moved since the last call.
    pub fn take_positions(&mut self) -> Vec<Position> {
        self.ledger.take_positions()
    }
}

#[cfg(test)]
mod tests;

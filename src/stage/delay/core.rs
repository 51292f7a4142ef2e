//! What the delay stage decides, on plain data: when the head of a tier is due, and whether it may return now.
//!
//! Within one partition of a tier every record waits equally long, so only the head needs a clock. Its wait is
//! `clamp(append time + delay − now, 0, delay)`, turned into a monotonic moment when it becomes head: never early, and a
//! wrong clock holds a record for one delay at most. Records are held in memory, never by pausing or sleeping.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::time::Duration;

use bytes::Bytes;

use crate::delivery::ages::Ages;
use crate::delivery::claim::{Claim, TopicPartition};
use crate::delivery::copies::{After, Copies, CopyKey};
use crate::delivery::returns::Return;
use crate::kafka::envelope;
use crate::kafka::offsets::{Grant, Ledger, Position};
use crate::kafka::partitioner::partition_of;
use crate::kafka::record::{Append, AppendError, Confirmation, Record, Token};
use crate::outcome::disposition::Reason;
use crate::outcome::schedule::Tier;
use crate::outcome::time::{KafkaTime, Moment, Now};
use crate::route::destination::DestinationId;
use crate::settle::{Settled, Topics, dead_letter};
use crate::stage::outbox::Outbox;

use super::credit::{ALLOWANCE, Credit};

use waiting::{Held, Waiting};

pub use holding::TierState;

mod holding;
mod returning;
mod waiting;

/// How long a refused append waits before it is asked for again.
const PAUSE: Duration = Duration::from_secs(1);

/// The core of the delay stage.
#[derive(Debug)]
pub struct DelayCore {
    topics: Topics,
    /// Partitions of the deliveries topic.
    partitions: i32,
    /// Returned records that may lie unsettled in one of them.
    allowance: u64,
    ledger: Ledger,
    tiers: BTreeMap<TopicPartition, Waiting>,
    credits: HashMap<i32, Credit>,
    /// What has returned already, per partition of the deliveries topic.
    copies: HashMap<i32, Copies>,
    /// The records that are returning, with the claims of copies that came meanwhile.
    under_way: HashMap<u128, Vec<Claim>>,
    outbox: Outbox<Returning>,
    active: HashMap<TopicPartition, usize>,
    /// How old what waits is.
    ages: Ages,
    next_token: u64,
    out: Vec<Output>,
}

/// A record on its way back.
#[derive(Debug)]
struct Returning {
    record: Record,
    claim: Claim,
    key: Option<CopyKey>,
    returned: Return,
    to: i32,
    too_large: bool,
}

/// What the driver is to do, or may count.
#[derive(Debug)]
pub enum Output {
    /// Append a record and report the confirmation by its token.
    Append(Token, Append),
    /// Kafka refused an append; it is tried again.
    Refused {
        /// Whose offset waits for it.
        at: TopicPartition,
        /// Why.
        error: AppendError,
    },
    /// One is back in the deliveries topic; Kafka has confirmed it.
    Returned {
        /// Its key, which names its destination.
        key: Option<Bytes>,
    },
    /// A copy was dropped.
    Repeated {
        /// Whose.
        destination: Option<DestinationId>,
    },
    /// The deliveries topic takes no record of this size; it is a dead letter now.
    DeadLettered {
        /// Whose.
        destination: Option<DestinationId>,
    },
}

impl DelayCore {
    /// A core without partitions, for a deliveries topic of so many.
    pub fn new(topics: Topics, partitions: i32) -> Self {
        Self {
            topics,
            partitions,
            allowance: ALLOWANCE,
            ledger: Ledger::default(),
            tiers: BTreeMap::new(),
            credits: HashMap::new(),
            copies: HashMap::new(),
            under_way: HashMap::new(),
            outbox: Outbox::default(),
            active: HashMap::new(),
            ages: Ages::default(),
            next_token: 0,
            out: Vec::new(),
        }
    }

    /// The same core with another credit; the simulation's topics are small.
    pub fn with_allowance(self, allowance: u64) -> Self {
        Self { allowance, ..self }
    }

    /// The same core, which knows how old what waits of these destinations is.
    pub fn for_destinations(self, destinations: impl IntoIterator<Item = DestinationId>) -> Self {
        Self { ages: Ages::of(destinations), ..self }
    }

    /// Begins to hold partitions; topics that are no tier of ours are left alone.
    pub fn assigned(&mut self, grants: &[Grant]) {
        for Grant { at, epoch, .. } in grants {
            if let Some(tier) = self.topics.tier_of(&at.topic) {
                self.ledger.assign(at, *epoch);
                self.let_wait(at, Some(Waiting::new(tier)));
            }
        }
    }

    /// Stops work on partitions; what is returning goes on until [`Self::is_drained`].
    pub fn revoke(&mut self, partitions: &[TopicPartition]) {
        for at in partitions {
            self.ledger.revoke(at);
            self.let_wait(at, None);
        }
    }

    /// Whether nothing of a revoked partition is returning, or it is ours again anyway.
    pub fn is_drained(&self, at: &TopicPartition) -> bool {
        !self.ledger.is_revoked(at) || !self.active.contains_key(at)
    }

    /// Ends the assignment of revoked partitions and answers their last positions.
    pub fn release(&mut self, partitions: &[TopicPartition]) -> Vec<Position> {
        partitions.iter().filter_map(|at| self.ledger.release(at)).collect()
    }

    /// Forgets partitions that were lost.
    pub fn lost(&mut self, partitions: &[TopicPartition]) {
        self.revoke(partitions);
        self.release(partitions);
    }

    /// Takes a record of a tier.
    pub fn arrived(&mut self, record: Record, now: Now) {
        let Some(waiting) = self.tiers.get_mut(&record.at) else { return };
        let Some(claim) = self.ledger.take(&record.at, record.epoch, record.spot()) else { return };
        let accepted_at = envelope::accepted_at(&record);
        self.ages.add(key_of(&record), accepted_at);
        waiting.add(Held { record, claim, accepted_at }, now);
    }

    /// Lets go what is due and has credit.
    pub fn proceed(&mut self, now: Now) {
        for token in self.outbox.due(now.moment) {
            self.submit_again(token, now);
        }
        let partitions: Vec<_> = self.tiers.keys().cloned().collect();
        for at in partitions {
            while self.outbox.has_room() {
                let Some((record, claim, to)) = self.next_due(&at, now) else { break };
                self.let_go(record, claim, to, now);
            }
        }
    }

    /// When there is something to do again without anything being heard.
    pub fn next_wake(&self) -> Option<Moment> {
        self.tiers.values().filter_map(|waiting| waiting.due).min()
    }

    /// The partitions of the deliveries topic that due records wait for, each with the mark of an observation to begin now.
    pub fn wants_credit(&mut self, now: Now) -> Vec<(i32, u64)> {
        let due = self.tiers.values().filter(|waiting| waiting.is_due(now));
        let heads = due.filter_map(|waiting| waiting.records.front());
        let mut wanted: Vec<i32> = heads.map(|head| target(&head.record, self.partitions)).collect();
        wanted.sort_unstable();
        wanted.dedup();
        wanted.into_iter().map(|to| (to, self.credits.entry(to).or_default().mark())).collect()
    }

    /// Hears where the deliver group stands in a partition of the deliveries topic: from the committed offset to the end.
    pub fn credit(&mut self, partition: i32, behind: &Range<i64>, mark: u64) {
        self.credits.entry(partition).or_default().observe(behind, mark);
    }

    /// What is to be done, in order, since the last call.
    pub fn take_outputs(&mut self) -> Vec<Output> {
        std::mem::take(&mut self.out)
    }

    /// The positions that moved since the last call.
    pub fn take_positions(&mut self) -> Vec<Position> {
        self.ledger.take_positions()
    }

    fn next_due(&mut self, at: &TopicPartition, now: Now) -> Option<(Record, Claim, i32)> {
        let waiting = self.tiers.get_mut(at).filter(|waiting| waiting.is_due(now))?;
        let to = target(&waiting.records.front()?.record, self.partitions);
        if !self.credits.entry(to).or_default().allows(self.allowance, now.moment) {
            return None;
        }
        let Held { record, claim, accepted_at } = waiting.next(now)?;
        self.ages.remove(key_of(&record), accepted_at);
        Some((record, claim, to))
    }
}

/// The partition of the deliveries topic a record returns to: its own number, or by its key where there is none such.
fn target(record: &Record, partitions: i32) -> i32 {
    if record.at.partition < partitions {
        return record.at.partition;
    }
    partition_of(key_of(record), partitions)
}

fn key_of(record: &Record) -> &[u8] {
    record.key.as_deref().unwrap_or_default()
}

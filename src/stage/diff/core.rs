//! What the diff stage decides, on plain data: which records change what is known of a user, and when their offsets pass.
//!
//! One record is both the change and its memory: it is appended to the memberships topic, in the partition of its own
//! number, and only when Kafka has confirmed it does it count as known and its offset pass. What is newer but says the
//! same is appended too, so that its version survives and nothing older undoes it; no call follows from it. What is
//! known is read back from that topic before anything of a partition is decided (`told`), and the topic is read along
//! from then on, so that a late append of a former owner does not stay the last of its key (`healing`).

use std::collections::{BTreeMap, HashMap, VecDeque};

use crate::audience::{State, User};
use crate::delivery::claim::{Claim, Epoch, TopicPartition};
use crate::delivery::defect::{Defect, planted};
use crate::kafka::offsets::{Grant, Ledger, Position};
use crate::kafka::record::{Record, Token};
use crate::outcome::time::Now;
use crate::settle::Topics;
use crate::stage::outbox::Outbox;

use self::confirmed::{Open, Sent};
use self::healing::{Old, Wrongs};
pub use self::output::{Happened, Output, PartitionsChanged};
use super::lanes::Lanes;
use super::names::Names;
use super::state::{Memberships, Place, Who};

mod confirmed;
mod deciding;
mod healing;
mod output;
#[cfg(test)]
mod tests;
mod told;

/// Appends under way at once; further records wait.
const MOST_APPENDS: usize = 20_000;

/// The core of the diff stage.
#[derive(Debug)]
pub struct DiffCore {
    topics: Topics,
    /// Partitions of audience records, and so of memberships.
    partitions: i32,
    ledger: Ledger,
    holdings: BTreeMap<i32, Holding>,
    names: Names,
    /// Records with what they still wait for.
    open: HashMap<Claim, Open>,
    outbox: Outbox<Sent>,
    /// Unconfirmed appends of each assignment of a partition.
    active: HashMap<(i32, Epoch), usize>,
    next_token: u64,
    out: Vec<Output>,
}

/// A partition that is ours.
#[derive(Debug)]
struct Holding {
    epoch: Epoch,
    /// Whether everything that was in the log when it became ours is known.
    restored: bool,
    /// Records of the memberships topic read so far.
    heard: u64,
    /// Whether it was told that one of them is not ours.
    has_strangers: bool,
    /// Records nobody has looked at yet.
    incoming: VecDeque<(Record, Claim)>,
    known: Memberships,
    lanes: Lanes,
    wrongs: Wrongs,
    /// What may be long over, seen while restoring.
    old: VecDeque<Old>,
    /// Appends that Kafka refused and that are to be tried again.
    refused: usize,
}

impl DiffCore {
    /// A core without partitions, for topics of so many.
    pub fn new(topics: Topics, partitions: i32) -> Self {
        Self {
            topics,
            partitions,
            ledger: Ledger::default(),
            holdings: BTreeMap::new(),
            names: Names::default(),
            open: HashMap::new(),
            outbox: Outbox::default(),
            active: HashMap::new(),
            next_token: 0,
            out: Vec::new(),
        }
    }

    /// Begins to work on partitions, once what is known of them is read.
    pub fn assigned(&mut self, grants: &[Grant]) {
        for Grant { at, epoch, .. } in grants {
            if at.partition >= self.partitions {
                self.fail((self.partitions, at.partition + 1), None);
                continue;
            }
            self.ledger.assign(at, *epoch);
            self.holdings.insert(at.partition, Holding::new(*epoch));
            self.out.push(Output::Follow { partition: at.partition, epoch: *epoch });
        }
    }

    /// Stops work on partitions: what waits is left to the next owner, what is unconfirmed goes on.
    pub fn revoke(&mut self, partitions: &[TopicPartition]) {
        for at in partitions {
            self.ledger.revoke(at);
            if let Some(holding) = self.holdings.get_mut(&at.partition) {
                holding.incoming.clear();
                holding.lanes.stop();
            }
        }
    }

    /// Whether nothing of a revoked partition waits for a confirmation, or it is ours again anyway.
    pub fn is_drained(&self, at: &TopicPartition) -> bool {
        let holding = self.holdings.get(&at.partition);
        let is_active = holding.is_some_and(|holding| self.active.contains_key(&(at.partition, holding.epoch)));
        !self.ledger.is_revoked(at) || !is_active
    }

    /// Ends the assignment of revoked partitions, forgets what is known of them and answers their last positions.
    pub fn release(&mut self, partitions: &[TopicPartition]) -> Vec<Position> {
        let revoked = partitions.iter().filter(|at| self.ledger.is_revoked(at));
        for at in revoked {
            if let Some(holding) = self.holdings.remove(&at.partition) {
                self.out.push(Output::Leave { partition: at.partition, epoch: holding.epoch });
            }
        }
        let positions = partitions.iter().filter_map(|at| self.ledger.release(at)).collect();
        self.open.retain(|claim, _| self.ledger.is_current(claim));
        positions
    }

    /// Forgets partitions that were lost.
    pub fn lost(&mut self, partitions: &[TopicPartition]) {
        self.revoke(partitions);
        self.release(partitions);
    }

    /// Takes a record of the topic of keyed records.
    pub fn arrived(&mut self, record: Record) {
        if let Some(claim) = self.ledger.take(&record.at, record.epoch, record.spot())
            && let Some(holding) = self.holdings.get_mut(&record.at.partition)
        {
            holding.incoming.push_back((record, claim));
        }
    }

    /// Decides what waits, as far as there is room, and repeats appends that are due again.
    pub fn proceed(&mut self, now: Now) {
        self.send_again(now);
        let partitions: Vec<i32> =
            self.holdings.keys().copied().filter(|partition| self.is_ready(*partition)).collect();
        for partition in partitions {
            while self.may_begin(partition) && self.decide_next(partition, now) {}
            self.heal(partition);
            self.forget(partition, now);
        }
        if let Some(keys) = self.names.are_many() {
            self.happened(Happened::ManyKeys(keys));
        }
    }

    /// What is to be done and what happened, in order, since the last call.
    pub fn take_outputs(&mut self) -> Vec<Output> {
        std::mem::take(&mut self.out)
    }

    /// The positions that moved since the last call.
    pub fn take_positions(&mut self) -> Vec<Position> {
        self.ledger.take_positions()
    }

    /// Members of audiences, and traits that have a value, of all users here.
    pub fn members(&self) -> usize {
        self.holdings.values().map(|holding| holding.known.members()).sum()
    }

    /// Partitions that are not restored yet.
    pub fn restoring(&self) -> usize {
        self.holdings.values().filter(|holding| !holding.restored).count()
    }

    /// What holds for a user and a key; none where nothing was ever said, or the user is deleted. Nothing is known of a
    /// partition that is not ours, or not restored.
    pub fn holds(&self, partition: i32, key: &str, user: &User) -> Option<State> {
        let holding = self.holdings.get(&partition).filter(|holding| holding.restored)?;
        let place = Place { who: Who::of(user), key: self.names.find(key)? };
        holding.known.standing(place)?.state
    }

    fn is_ready(&self, partition: i32) -> bool {
        let is_restored = self.holdings.get(&partition).is_some_and(|holding| holding.restored);
        (is_restored || planted(Defect::RestoreNotAwaited)) && !self.ledger.is_revoked(&self.at(partition))
    }

    /// The stage cannot go on: what is known was written for so many partitions, and now there are others.
    fn fail(&mut self, (then, now): (i32, i32), seen: Option<(i32, i64)>) {
        let (records, memberships) = (self.topics.audience_records.clone(), self.topics.memberships.clone());
        self.out.push(Output::Failed(PartitionsChanged { records, memberships, then, now, seen }));
    }

    /// The partition of the topic of keyed records.
    fn at(&self, partition: i32) -> TopicPartition {
        TopicPartition { topic: self.topics.audience_records.clone(), partition }
    }

    fn may_begin(&self, partition: i32) -> bool {
        let is_refused = self.holdings.get(&partition).is_some_and(|holding| holding.refused > 0);
        self.outbox.has_room() && self.outbox.len() < MOST_APPENDS && !is_refused
    }

    /// The partition as it is ours under an assignment.
    fn holding(&mut self, partition: i32, epoch: Epoch) -> Option<&mut Holding> {
        let is_meant = |holding: &Holding| holding.epoch == epoch || planted(Defect::StaleRestoreCounts);
        self.holdings.get_mut(&partition).filter(|holding| is_meant(holding))
    }

    fn happened(&mut self, happened: Happened) {
        self.out.push(Output::Happened(happened));
    }
}

impl Holding {
    fn new(epoch: Epoch) -> Self {
        Self {
            epoch,
            restored: false,
            heard: 0,
            has_strangers: false,
            incoming: VecDeque::new(),
            known: Memberships::default(),
            lanes: Lanes::default(),
            wrongs: Wrongs::default(),
            old: VecDeque::new(),
            refused: 0,
        }
    }
}

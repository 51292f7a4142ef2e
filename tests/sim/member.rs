//! One stage of one replica as its driver and its Kafka client see it: the core, what is assigned, what was left to be
//! stored, what is under way. Mirrors the bookkeeping of `kafka::consumer` and of the drivers, without threads.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::ops::Range;
use std::time::Duration;

use kafka_webhooks::delivery::claim::Epoch;
use kafka_webhooks::delivery::load::Load;
use kafka_webhooks::kafka::offsets::Position;
use kafka_webhooks::kafka::record::{Append, Token};
use kafka_webhooks::outcome::time::{ClockTrust, KafkaTime, Moment, Now};

use crate::life::Life;
use crate::places::{Places, Slot};
use crate::stage::{Core, Said, Stage};
use crate::violation::{Checked, Invariant, hold};
use crate::watch::Watch;

/// How long a process does not know whether its clock is right, in milliseconds.
const UNKNOWN: i64 = 2_000;

/// The clocks of a replica.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clocks {
    /// When the process began, by the broker's clock, in milliseconds.
    pub(crate) born: i64,
    /// How far its idea of Kafka's time is ahead, in milliseconds.
    pub(crate) skew: i64,
}

impl Clocks {
    pub(crate) fn now(self, broker: i64) -> Now {
        let moment = Moment::after(Duration::from_millis((broker - self.born).unsigned_abs()));
        let trust = if broker < self.born + UNKNOWN { ClockTrust::Unknown } else { ClockTrust::Sane };
        Now { moment, kafka: KafkaTime::from_millis(broker + self.skew), trust }
    }
}

/// An assigned partition.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) epoch: Epoch,
    /// The next offset to read.
    pub(crate) fetch: i64,
    /// What the client would commit.
    pub(crate) stored: Option<Position>,
    pub(crate) load: Load,
}

/// Partitions that are handed back once they are drained.
#[derive(Debug)]
pub(crate) struct Drain {
    pub(crate) slots: Vec<Slot>,
    /// Until when the client waits, by the broker's clock; none when it has given up.
    pub(crate) until: Option<i64>,
}

/// An append that was asked for.
#[derive(Debug)]
pub(crate) struct Pending {
    pub(crate) token: Token,
    pub(crate) append: Append,
    pub(crate) slot: Slot,
    pub(crate) life: Life,
    /// The assignment under which it was asked for.
    pub(crate) epoch: Option<Epoch>,
    /// Whether it is in the log already.
    pub(crate) written: bool,
    /// Kafka does not answer before this.
    pub(crate) until: i64,
}

/// An attempt under way.
#[derive(Debug)]
pub(crate) struct Trial {
    pub(crate) token: Token,
    pub(crate) receiver: usize,
    /// Of a batch several.
    pub(crate) lives: Vec<Life>,
    pub(crate) began: KafkaTime,
    /// When it began, by the broker's clock.
    pub(crate) since: i64,
    /// Of its lane, as the lane's watch counts them.
    pub(crate) era: u32,
    /// After a failure of our own it keeps its permit until it is ordered again.
    pub(crate) held: bool,
}

/// What a core has done with a life since its process began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Done {
    UnderWay(Token),
    /// In a tier: whoever reads its record again begins anew.
    Delayed,
    Settled,
}

/// A life as a process tells it from others; a delay stage sees those of every tenure.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Known(pub(crate) Life, pub(crate) Option<String>);

impl Known {
    pub(crate) fn of(stage: Stage, life: Life, append: &Append) -> Self {
        let stamp = append.headers.text("tenure").map(str::to_owned);
        Self(life, stamp.filter(|_| stage == Stage::Delay))
    }
}

/// An append as it was first asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
    pub(crate) at: KafkaTime,
    pub(crate) refused: bool,
    /// Whether the breaker of its lane had to be open.
    pub(crate) open: bool,
}

/// One stage of one replica.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) stage: Stage,
    pub(crate) core: Core,
    pub(crate) clocks: Clocks,
    pub(crate) alive: bool,
    /// Lost its session and does not know it yet.
    pub(crate) zombie: bool,
    pub(crate) epochs: u64,
    pub(crate) held: BTreeMap<Slot, Held>,
    pub(crate) left: Vec<Position>,
    pub(crate) drains: Vec<Drain>,
    pub(crate) said: VecDeque<Said>,
    pub(crate) pending: Vec<Pending>,
    pub(crate) trials: Vec<Trial>,
    pub(crate) lives: HashMap<Known, Done>,
    pub(crate) asked: HashMap<Token, Asked>,
    /// Appends the producer had no room for, before this turn and in it.
    pub(crate) unsent: HashSet<Token>,
    pub(crate) refused_now: HashSet<Token>,
    /// Where the deliver group was seen to stand, not heard yet: partition, offsets behind, mark.
    pub(crate) observed: Option<Vec<(i32, Range<i64>, u64)>>,
    /// What is known of the lanes, by receiver.
    pub(crate) watches: BTreeMap<usize, Watch>,
}

impl Member {
    pub(crate) fn new(stage: Stage, core: Core, clocks: Clocks) -> Self {
        Self {
            stage,
            core,
            clocks,
            alive: true,
            zombie: false,
            epochs: 0,
            held: BTreeMap::new(),
            left: Vec::new(),
            drains: Vec::new(),
            said: VecDeque::new(),
            pending: Vec::new(),
            trials: Vec::new(),
            lives: HashMap::new(),
            asked: HashMap::new(),
            unsent: HashSet::new(),
            refused_now: HashSet::new(),
            observed: None,
            watches: BTreeMap::new(),
        }
    }

    /// Whether the poll thread waits in a rebalance for the stage.
    pub(crate) fn is_blocked(&self) -> bool {
        self.drains.iter().any(|drain| drain.until.is_some())
    }

    /// Whether it has partitions and no rebalance is under way.
    pub(crate) fn may_lose(&self) -> bool {
        !self.held.is_empty() && !self.zombie && !self.is_blocked()
    }

    /// Whether a slot is assigned, or being handed back, as far as the stage knows.
    pub(crate) fn works_on(&self, slot: Slot) -> bool {
        self.held.contains_key(&slot) || self.drains.iter().any(|drain| drain.slots.contains(&slot))
    }

    /// Whether a receiver or Kafka has yet to answer.
    pub(crate) fn is_under_way(&self, token: Token) -> bool {
        let tries = self.trials.iter().any(|trial| trial.token == token && !trial.held);
        tries || self.pending.iter().any(|pending| pending.token == token)
    }

    /// Whether nothing is under way.
    pub(crate) fn is_idle(&self) -> bool {
        let trying = self.trials.iter().any(|trial| !trial.held);
        self.pending.is_empty() && !trying && self.drains.is_empty() && self.said.is_empty()
    }

    /// What it has under way, for people.
    pub(crate) fn state(&self) -> String {
        let lanes = match &self.core {
            Core::Deliver(core) => format!("{:?}", core.lanes().filter(|lane| lane.1 + lane.2 > 0).collect::<Vec<_>>()),
            Core::Delay(core) => {
                format!("{:?}", core.tiers_together().into_iter().filter(|tier| tier.held > 0).collect::<Vec<_>>())
            }
        };
        let held: Vec<_> = self.held.iter().map(|(slot, held)| (slot, held.fetch, held.load.bytes())).collect();
        let (attempts, appends) = (self.trials.len(), self.pending.len());
        format!("{attempts} attempts, {appends} appends, draining {:?}, holds {held:?}, waiting {lanes}", self.drains)
    }

    /// Gives the client what the stage left, as far as the assignment still holds.
    pub(crate) fn store(&mut self, positions: &[Position], places: &Places) -> Checked {
        for position in positions {
            let held = self.held.get_mut(&places.slot(&position.at));
            if let Some(held) = held.filter(|held| held.epoch == position.epoch) {
                let before = held.stored.replace(position.clone());
                hold(
                    before.as_ref().is_none_or(|before| before.next <= position.next),
                    Invariant::OffsetsPassOnlySettled,
                    || format!("{position:?} goes back from {before:?}"),
                )?;
            }
        }
        Ok(())
    }
}

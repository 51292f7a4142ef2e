//! What the deliver stage decides, on plain data: which delivery is attempted, what follows, when an offset may pass.
//! Hears of assignments, records, finished attempts and confirmations; answers with [`Output`]s, which the driver carries
//! out in order. Knows no clock and does no I/O, so the simulation runs it against an in-memory log.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use crate::delivery::ages::Ages;
use crate::delivery::claim::{Claim, TopicPartition};
use crate::delivery::copies::{After, Copies};
use crate::delivery::defect::{Defect, planted};
use crate::delivery::dispatch::{Dispatch, Started};
use crate::delivery::lane::{LaneId, LaneLimits, Queued};
use crate::delivery::pace::Pace;
use crate::delivery::returns::Returns;
use crate::delivery::tenure::Tenures;
use crate::delivery::{Delivery, MadeBy};
use crate::kafka::envelope;
use crate::kafka::offsets::{Grant, Ledger, Position};
use crate::kafka::record::{Record, Token};
use crate::outcome::disposition::{Cause, Delay, Policy, Reason};
use crate::outcome::schedule::Tier;
use crate::outcome::time::{Moment, Now};
use crate::route::destination::DestinationId;
use crate::settle::Settled;

use appends::{Appends, Destiny, Pending};
use lives::Life;
use share::Shares;
use sole::sole_mappings;
use waits::{Undecided, is_too_early};

pub use output::{Happened, Order, Output, Report, Settings, Terms, Tried};

mod after;
mod appends;
mod flow;
mod lives;
mod output;
mod ownership;
mod relief;
mod share;
mod shown;
mod sole;
mod spread;
mod starting;
#[cfg(test)]
mod tests;
mod waits;

/// How far attempts may run ahead of the first unsettled record of a partition; what a crash can repeat at most there.
const WINDOW: u64 = 65_536;

/// The core of the deliver stage.
#[derive(Debug)]
pub struct DeliverCore {
    settings: Settings,
    ledger: Ledger,
    dispatch: Dispatch,
    shares: Shares,
    paces: HashMap<LaneId, Pace>,
    /// What was settled, per partition of the deliveries topic.
    copies: HashMap<i32, Copies>,
    /// Who had each partition before.
    tenures: HashMap<TopicPartition, Tenures>,
    /// What is ours of the limits of destinations that are spread over several partitions.
    own_limits: HashMap<LaneId, LaneLimits>,
    /// What came back into each partition from the tiers.
    returns: HashMap<TopicPartition, Returns>,
    /// Lives that were read and are not settled, by partition.
    under_way: HashMap<(i32, u128), Life>,
    /// How old they are.
    ages: Ages,
    /// The mapping of those destinations that have only one, and it has a name.
    sole: HashMap<DestinationId, Arc<str>>,
    /// Lanes whose deliveries lie in our partitions.
    served: HashSet<LaneId>,
    /// The topics of the tiers.
    tier_topics: HashMap<Arc<str>, Tier>,
    attempts: HashMap<Token, Started>,
    /// The highest sequence that was attempted or given up, per partition.
    settled_up_to: HashMap<TopicPartition, u64>,
    appends: Appends,
    /// Attempts and appends under way per partition; what a revoked partition waits for.
    active: HashMap<TopicPartition, usize>,
    /// What would expire if the clock is right.
    undecided: Vec<(Queued, Undecided)>,
    /// Lanes with deliveries that may have to leave, since they are not tried for long.
    sweeping: BTreeSet<LaneId>,
    /// Lanes of which something could not be moved because its partition is stopped.
    unswept: BTreeSet<LaneId>,
    /// Destinations and mappings that are not known, not enabled or paused, as far as they were told of.
    absent: HashSet<LaneId>,
    /// Attempts to order again, after a failure of our own.
    held_back: Vec<Token>,
    /// No attempt starts before this, after a failure of our own.
    hold_until: Moment,
    next_token: u64,
    out: Vec<Output>,
}

impl DeliverCore {
    /// A core without partitions.
    pub fn new(settings: Settings) -> Self {
        Self {
            dispatch: Dispatch::new(settings.max_requests),
            shares: Shares::new(settings.clogged_at),
            ages: Ages::of(settings.terms.keys().map(|lane| lane.destination.clone())),
            sole: sole_mappings(&settings.terms),
            served: HashSet::new(),
            tier_topics: settings.tiers.as_slice().iter().map(|tier| (settings.topics.tier(*tier), *tier)).collect(),
            settings,
            paces: HashMap::new(),
            ledger: Ledger::default(),
            copies: HashMap::new(),
            tenures: HashMap::new(),
            own_limits: HashMap::new(),
            returns: HashMap::new(),
            under_way: HashMap::new(),
            attempts: HashMap::new(),
            settled_up_to: HashMap::new(),
            appends: Appends::default(),
            active: HashMap::new(),
            undecided: Vec::new(),
            sweeping: BTreeSet::new(),
            unswept: BTreeSet::new(),
            absent: HashSet::new(),
            held_back: Vec::new(),
            hold_until: Moment::default(),
            next_token: 0,
            out: Vec::new(),
        }
    }

    /// Takes a record of the deliveries topic.
    pub fn arrived(&mut self, mut record: Record, now: Now) {
        if record.already_settled {
            return self.recall(&record);
        }
        let Some(claim) = self.ledger.take(&record.at, record.epoch, record.spot()) else {
            return;
        };
        self.tenures(&record.at).read(record.spot());
        let mut delivery = envelope::delivery(&record);
        delivery.progress.resume_clock(record.time);
        self.name_mapping(&mut delivery);
        let returned = envelope::returned(&record);
        let due = self.due(&record, returned.as_ref());
        let queued = Queued { delivery, claim, held: record.held.take(), due, place: None };
        let queued = self.unless_returned_before(queued, returned);
        let queued =
            queued.and_then(|queued| self.unless_taken_over(queued)).and_then(|queued| self.unless_copy(queued));
        let Some(queued) = queued.and_then(|queued| self.unless_twin(queued)) else {
            return;
        };
        let lane = queued.delivery.lane();
        let terms = lane.and_then(|lane| Some((self.settings.terms.get(&lane)?.clone(), lane)));
        match terms {
            Some((terms, _)) if terms.enabled && terms.paused => self.pause(queued, now),
            Some((terms, lane)) if terms.enabled => {
                let limits = self.own_limits(&lane, &terms);
                self.admit((lane, limits), queued, now);
            }
            Some(_) => self.put_off(queued, Reason::DestinationDisabled, now),
            None => self.put_off(queued, Reason::UnknownDestination, now),
        }
    }

    /// Starts what may start and repeats appends that are due again.
    pub fn proceed(&mut self, now: Now) {
        for token in self.appends.outbox.due(now.moment) {
            self.submit_again(token, now);
        }
        self.decide_at_last(now);
        self.sweep(now);
        if now.moment < self.hold_until {
            return;
        }
        for token in std::mem::take(&mut self.held_back) {
            self.order_again(token, now);
        }
        self.start(now);
        self.relieve_span(now);
        self.tell_recovered(now);
    }

    /// When there is something to do again without anything being heard.
    pub fn next_wake(&self) -> Option<Moment> {
        // Without room nothing starts; whether there is some is asked with the next tick.
        let wake = self.dispatch.next_wake().filter(|_| self.appends.outbox.has_room())?;
        Some(wake.max(self.hold_until))
    }

    /// What is to be done and what happened, in order, since the last call.
    pub fn take_outputs(&mut self) -> Vec<Output> {
        std::mem::take(&mut self.out)
    }

    fn policy(&self, lane: Option<&LaneId>) -> Policy<'_> {
        let terms = lane.and_then(|id| self.settings.terms.get(id));
        Policy {
            tiers: &self.settings.tiers,
            give_up_after: terms.map_or(self.settings.give_up_after, |terms| terms.give_up_after),
            max_attempts: terms.and_then(|terms| terms.max_attempts),
            expire_after: self.settings.expire_after,
        }
    }

    fn token(&mut self) -> Token {
        self.next_token += 1;
        Token(self.next_token)
    }

    fn happened(&mut self, what: Happened) {
        self.out.push(Output::Happened(what));
    }
}

//! Appends to tiers and dead letters that are not confirmed yet: each keeps its delivery unsettled.
//! A refused tier hands over to the next one; a refused dead letter stops its partition until it is taken.

use std::collections::HashMap;
use std::time::Duration;

use crate::delivery::claim::TopicPartition;
use crate::delivery::lane::Queued;
use crate::kafka::record::{AppendError, Token};
use crate::outcome::disposition::{Delay, Reason};
use crate::outcome::schedule::Tiers;
use crate::outcome::time::Moment;
use crate::stage::outbox::Outbox;

/// How long a refused append waits before it is asked for again.
const PAUSE: Duration = Duration::from_secs(1);
/// Appends under way at once, of those that can wait. Each is held twice meanwhile, by us and by the client, and what the
/// other stages append stands in line behind it.
const MOST: usize = 10_000;

/// Where a delivery goes when it is not done.
#[derive(Clone, Copy, Debug)]
pub(super) enum Destiny {
    Tier(Delay),
    Dead(Reason),
}

/// An append that was asked for.
#[derive(Debug)]
pub(super) struct Pending {
    pub(super) queued: Queued,
    pub(super) destiny: Destiny,
    /// Refusals so far.
    pub(super) refusals: usize,
    /// Whether it stops its partition.
    pub(super) stops: bool,
}

/// All appends under way.
#[derive(Debug, Default)]
pub(super) struct Appends {
    pub(super) outbox: Outbox<Pending>,
    /// Their number per partition they come from.
    under_way: HashMap<TopicPartition, usize>,
    /// Partitions stopped by refused dead letters, with their number.
    stopped: HashMap<TopicPartition, usize>,
}

impl Appends {
    /// Takes an append into the books.
    pub(super) fn insert(&mut self, token: Token, pending: Pending) {
        self.count(&pending);
        self.outbox.insert(token, pending);
    }

    /// Takes an append out of the books, whatever came of it.
    pub(super) fn remove(&mut self, token: Token) -> Option<Pending> {
        let mut pending = self.outbox.remove(token)?;
        self.count_out(&pending.queued.claim.at);
        if std::mem::take(&mut pending.stops)
            && let Some(count) = self.stopped.get_mut(&pending.queued.claim.at)
        {
            *count -= 1;
            if *count == 0 {
                self.stopped.remove(&pending.queued.claim.at);
            }
        }
        Some(pending)
    }

    /// Puts a refused append back: into the next tier at once, or after a pause when all refused or nothing else is left.
    pub(super) fn refused(&mut self, refused: Refused<'_>, tiers: &Tiers, now: Moment) {
        let Refused { token, mut pending, error } = refused;
        pending.refusals += 1;
        let mut pause = PAUSE;
        match (pending.destiny, error) {
            (Destiny::Tier(_), AppendError::TooLarge) => {
                pending.destiny = Destiny::Dead(Reason::TooLarge);
                pause = Duration::ZERO;
            }
            (Destiny::Tier(delay), AppendError::Refused(_)) => {
                pending.destiny = Destiny::Tier(Delay { tier: tiers.after(delay.tier), ..delay });
                if pending.refusals % tiers.as_slice().len() != 0 {
                    pause = Duration::ZERO;
                }
            }
            (Destiny::Tier(_), AppendError::Unconfirmed(_)) => {}
            (Destiny::Dead(_), _) => {
                pending.stops = true;
                *self.stopped.entry(pending.queued.claim.at.clone()).or_default() += 1;
            }
        }
        self.count(&pending);
        self.outbox.again(token, pending, now.plus(pause));
    }

    /// Whether something of a partition that could as well stay in its lane may be appended. A partition has no more under
    /// way than all may have besides: one whose tiers do not answer leaves room for the others.
    pub(super) fn may_begin(&self, at: &TopicPartition) -> bool {
        let own = self.under_way.get(at).copied().unwrap_or(0);
        self.outbox.has_room() && !self.is_stopped(at) && own + self.outbox.len() < MOST
    }

    pub(super) fn is_stopped(&self, at: &TopicPartition) -> bool {
        self.stopped.contains_key(at)
    }

    fn count(&mut self, pending: &Pending) {
        *self.under_way.entry(pending.queued.claim.at.clone()).or_default() += 1;
    }

    fn count_out(&mut self, at: &TopicPartition) {
        if let Some(count) = self.under_way.get_mut(at) {
            *count -= 1;
            if *count == 0 {
                self.under_way.remove(at);
            }
        }
    }
}

/// An append that Kafka refused.
#[derive(Debug)]
pub(super) struct Refused<'a> {
    pub(super) token: Token,
    pub(super) pending: Pending,
    pub(super) error: &'a AppendError,
}

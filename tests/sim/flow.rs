//! Where lanes are watched: each attempt that begins, fails here or ends is told to the watch of its lane.
//! What a watch makes of it is its own business.

use kafka_webhooks::delivery::lane::LaneId;
use kafka_webhooks::kafka::record::Token;
use kafka_webhooks::outcome::disposition::Attempted;

use crate::member::Trial;
use crate::stage::Core;
use crate::violation::{Checked, Invariant, hold};
use crate::world::World;

impl World {
    /// A member without partitions of a destination has forgotten how its lane stood.
    pub(crate) fn forget_watch(&mut self, m: usize, lane: &LaneId) {
        let index = self.receivers.iter().position(|receiver| receiver.lane == *lane);
        if let Some(receiver) = index {
            self.members[m].watches.remove(&receiver);
        }
    }

    /// An attempt begins, or again; answers the era of its lane.
    pub(crate) fn watch_begin(&mut self, m: usize, token: Token, receiver: usize) -> Checked<u32> {
        let Some(limits) = self.receivers[receiver].terms.as_ref().map(|terms| terms.limits) else { return Ok(0) };
        let now = self.now;
        let held = self.members[m].trials.iter().find(|trial| trial.token == token).map(|trial| trial.era);
        let watch = self.members[m].watches.entry(receiver).or_default();
        if let Some(era) = held {
            return watch.resumes(token, now).map(|()| era);
        }
        let (era, is_probe) = watch.begins(token, &limits, now)?;
        self.report.add("probe", u64::from(is_probe));
        Ok(era)
    }

    /// An attempt could not be made.
    pub(crate) fn watch_fault(&mut self, m: usize, token: Token, receiver: usize) {
        self.members[m].watches.entry(receiver).or_default().fails_here(token);
    }

    /// An attempt has ended.
    pub(crate) fn watch_end(&mut self, m: usize, trial: &Trial, attempted: Attempted) {
        let Some(limits) = self.receivers[trial.receiver].terms.as_ref().map(|terms| terms.limits) else { return };
        let now = self.now;
        let watch = self.members[m].watches.entry(trial.receiver).or_default();
        if let Some(seen) = watch.ends((trial.token, trial.era), attempted, (&limits, now)) {
            self.report.count(seen);
        }
    }

    /// Whether a lane's breaker must be open.
    pub(crate) fn is_open(&self, m: usize, receiver: usize) -> bool {
        self.members[m].watches.get(&receiver).is_some_and(|watch| watch.is_open())
    }

    /// What may start has started, so there is nothing to wake for but what is to come.
    pub(crate) fn wakes_ahead(&self, m: usize) -> Checked {
        let now = self.clock(m).moment;
        let Core::Deliver(core) = &self.members[m].core else { return Ok(()) };
        let wake = core.next_wake();
        hold(wake.is_none_or(|wake| wake > now), Invariant::WakesAreAhead, || {
            format!("member {m} would wake at {wake:?}, and it is {now:?}")
        })
    }
}

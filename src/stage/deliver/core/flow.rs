//! What is not tried for long does not wait in its lane: behind an open breaker, or in a pause the receiver asked for, it
//! goes to a delay with its clock running. One delivery stays behind a breaker, the oldest, to be its next probe; in a
//! pause stays what no delay fits any more, for a pause gives nothing up. When a lane is held back is `delivery::flow`'s.

use super::*;
use crate::delivery::flow::{Answer, Change, Permit};
use crate::outcome::Outcome;
use crate::outcome::disposition::{Attempted, Obstacle, has_waited_enough, put_off};

/// Most deliveries that leave their lanes at once, all lanes together; what ended meanwhile is heard of in between.
const AT_ONCE: usize = 500;

/// How many deliveries stay in their lane.
fn kept(obstacle: Obstacle) -> usize {
    usize::from(matches!(obstacle, Obstacle::Breaker { .. }))
}

impl DeliverCore {
    /// Puts a delivery into its lane, or off.
    pub(super) fn admit(&mut self, lane: (LaneId, LaneLimits), mut queued: Queued, now: Now) {
        let (id, limits) = lane;
        let look = self.dispatch.look(&id, self.shortest(), now.moment);
        if let Some(obstacle) = look.obstacle.filter(|obstacle| look.queued >= kept(*obstacle)) {
            if !self.may_move(&queued.claim.at) {
                self.sweeping.insert(id.clone());
            } else if self.can_wait(&queued, obstacle, now) {
                *self.active.entry(queued.claim.at.clone()).or_default() += 1;
                return self.decline(queued, obstacle, now);
            }
        }
        self.shares.add(&queued, &id);
        let batching = self.settings.terms.get(&id).and_then(|terms| terms.batching.as_ref());
        queued.place = batching.map(|batching| batching.place(&queued.delivery.value, now.moment));
        let at = queued.claim.at.clone();
        if look.is_idle {
            self.paces.entry(id.clone()).or_default().begin(now.moment);
        }
        self.dispatch.enqueue(&id, limits, queued);
        self.relieve_memory(&at, now);
    }

    /// Brings a delivery to its lane that was admitted before.
    pub(super) fn admit_again(&mut self, queued: Queued, now: Now) {
        if self.ledger.is_revoked(&queued.claim.at) {
            self.hand_back(queued, now);
            return;
        }
        let lane = queued.delivery.lane();
        match lane.and_then(|lane| Some((self.settings.terms.get(&lane)?, lane))) {
            Some((terms, lane)) => {
                let limits = self.own_limits(&lane, terms);
                self.admit((lane, limits), queued, now);
            }
            None => self.put_off(queued, Reason::UnknownDestination, now),
        }
    }

    /// Puts deliveries that were started, and are not settled, back at the head of their lane.
    pub(super) fn back_to_lane(&mut self, lane: &LaneId, batch: Vec<Queued>, now: Now) {
        let mut back = Vec::with_capacity(batch.len());
        for queued in batch {
            self.ended(&queued.claim.at);
            if self.ledger.is_revoked(&queued.claim.at) {
                // As what waited in the lane when the partition was revoked: nobody looks for it there any more.
                self.hand_back(queued, now);
                continue;
            }
            self.shares.add(&queued, lane);
            back.push(queued);
        }
        self.dispatch.put_back(lane, back);
        self.sweeping.insert(lane.clone());
    }

    /// Tells a lane what an attempt came to.
    pub(super) fn heard(&mut self, lane: &LaneId, permit: Permit, attempted: Attempted, now: Now) {
        let outcome = attempted.outcome;
        // No receiver can ask for more time than its deliveries have.
        let patience = attempted.retry_after.map(|wait| wait.min(self.policy(Some(lane)).give_up_after));
        let changes = self.dispatch.answered(lane, permit, (Answer { outcome, patience }, now.moment));
        if outcome == Outcome::Throttled && patience.is_some() {
            self.sweeping.insert(lane.clone());
        }
        for change in changes {
            let pace = self.paces.entry(lane.clone()).or_default();
            match change {
                Change::Opened { .. } => {
                    self.sweeping.insert(lane.clone());
                }
                Change::Closed(_) => pace.forget(),
                Change::Paused(until) => pace.excuse(until),
                Change::Slowed(_) | Change::Recovered => {}
            }
            self.happened(Happened::Flow { lane: lane.clone(), change });
        }
    }

    /// Moves what waits in lanes that will not try it for long.
    pub(super) fn sweep(&mut self, now: Now) {
        let mut left = AT_ONCE;
        for id in std::mem::take(&mut self.sweeping) {
            if !self.is_swept(&id, &mut left, now) {
                self.sweeping.insert(id);
            }
        }
    }

    pub(super) fn tell_recovered(&mut self, now: Now) {
        for lane in self.dispatch.recovered(now.moment) {
            self.happened(Happened::Flow { lane, change: Change::Recovered });
        }
    }

    /// Puts a delivery off that was taken out of its lane, where the lane will not try it for long; else gives it back.
    pub(super) fn unless_put_off(&mut self, id: &LaneId, queued: Queued, now: Now) -> Option<Queued> {
        let obstacle = self.dispatch.look(id, self.shortest(), now.moment).obstacle;
        let Some(obstacle) = obstacle.filter(|obstacle| self.can_wait(&queued, *obstacle, now)) else {
            return Some(queued);
        };
        self.leave(queued, obstacle, now);
        None
    }

    /// Moves what it can of a lane, oldest first, and says whether nothing is left that could be moved.
    fn is_swept(&mut self, id: &LaneId, left: &mut usize, now: Now) -> bool {
        let Some(obstacle) = self.dispatch.look(id, self.shortest(), now.moment).obstacle else {
            return true;
        };
        let mut index = kept(obstacle);
        let mut is_complete = true;
        while let Some(queued) = self.dispatch.waiting(id, index) {
            if self.appends.is_stopped(&queued.claim.at) {
                is_complete = false;
                index += 1;
            } else if *left == 0 || !self.may_move(&queued.claim.at) {
                return false;
            } else if !self.can_wait(queued, obstacle, now) {
                index += 1;
            } else if let Some(queued) = self.dispatch.take(id, index) {
                self.shares.remove(&queued, id);
                self.leave(queued, obstacle, now);
                *left -= 1;
            }
        }
        if !is_complete {
            self.unswept.insert(id.clone());
        }
        true
    }

    fn leave(&mut self, queued: Queued, obstacle: Obstacle, now: Now) {
        if let Some(queued) = self.unless_over(queued) {
            *self.active.entry(queued.claim.at.clone()).or_default() += 1;
            self.decline(queued, obstacle, now);
        }
    }

    /// Whether a delivery leaves its lane because of an obstacle: a breaker gives up what no wait fits, a pause only what
    /// has waited enough.
    fn can_wait(&self, queued: &Queued, obstacle: Obstacle, now: Now) -> bool {
        let lane = queued.delivery.lane();
        let (progress, policy) = (&queued.delivery.progress, self.policy(lane.as_ref()));
        matches!(obstacle, Obstacle::Breaker { .. })
            || has_waited_enough(progress, policy, now)
            || put_off(obstacle, progress, policy, now).is_ok()
    }

    fn shortest(&self) -> std::time::Duration {
        self.settings.tiers.first().wait()
    }
}

//! Nobody waits for a stranger: what a lane cannot take in time moves to a delay when it stands in others' way, by the
//! bytes it holds of a partition or by how far behind it keeps the partition's offset. The clock does not start.
//! A lane that is alone, or among others as busy, or through with what it holds before the shortest delay would be over,
//! simply waits (back-pressure).

use std::time::Duration;

use super::*;
use crate::delivery::pace::{LATENESS, Outlook};
use crate::outcome::disposition::park;

/// How many times more of a partition a lane may hold while its pace is not known.
const UNKNOWN_PACE: usize = 3;
/// So far behind nothing stays, whatever that costs its lane: at the end of the window all would stop.
const TOO_FAR: u64 = WINDOW / 2;
/// Most records that move at once, of all lanes together; what ended meanwhile is heard of in between.
const AT_ONCE: usize = 500;
/// So far behind no batch waits for more to go with it: it would hold up the others.
const FAR: u64 = WINDOW / 4;
/// No overflow takes longer to come back, but by the lane's own limit; its receiver may have recovered meanwhile.
const LONGEST: Duration = Duration::from_secs(15 * 60);
/// However long the shortest delay is, a lane keeps no more than it settles in this time: it would hold the offset back.
const LONGEST_KEPT: Duration = Duration::from_secs(10);

impl DeliverCore {
    /// Moves the oldest records of a lane that fills its partition, while another lane there stands idle.
    pub(super) fn relieve_memory(&mut self, at: &TopicPartition, now: Now) {
        if self.shares.is_tight(at, self.settings.budget) {
            self.hurry(at, now);
        }
        while let Some((lane, bytes)) = self.shares.clogging(at).filter(|_| self.may_move(at)) {
            // Nothing is lost by one that would not send what lies behind.
            if self.shares.idle(at).all(|lane| self.dispatch.is_shut(lane, now.moment)) {
                return;
            }
            let is_patient = bytes < self.settings.clogged_at * UNKNOWN_PACE;
            let held = self.dispatch.queued(&lane);
            let keeps = self.keeps(&lane, is_patient, now);
            if held <= keeps && (is_patient || !self.is_slow(&lane, now)) {
                return;
            }
            let mut outlook = self.outlook(&lane, held.saturating_sub(1), now);
            if !self.move_oldest(&lane, at, outlook.as_mut(), now) {
                return;
            }
        }
    }

    /// Moves what keeps the offset of a partition far behind, while another lane there could do more: it would come to
    /// the end of the window and wait.
    pub(super) fn relieve_span(&mut self, now: Now) {
        let (span, mut left) = (self.settings.span, AT_ONCE);
        for at in self.ledger.wider_than(span) {
            // A lane that is shut could not do more either.
            let could_do_more = self.shares.lanes(&at).any(|lane| !self.dispatch.is_saturated(lane, now.moment));
            let width = self.ledger.width(&at);
            if width as u64 > FAR {
                self.hurry_who_is_far_behind(&at, now);
            }
            for lane in self.saturated(&at, now) {
                // One that sends nothing gives way even where no other is seen: what it holds back is the offset.
                if !could_do_more && !self.dispatch.is_shut(&lane, now.moment) {
                    continue;
                }
                let keeps = self.keeps(&lane, width < span * UNKNOWN_PACE, now);
                let mut outlook = self.outlook(&lane, keeps, now);
                while left > 0 {
                    let behind = self.behind(&lane, &at);
                    let gives_way = behind > span as u64 / 2 && self.dispatch.queued(&lane) > keeps;
                    if !((gives_way || behind > TOO_FAR) && self.may_move(&at)) {
                        break;
                    }
                    left -= 1;
                    self.move_oldest(&lane, &at, outlook.as_mut(), now);
                }
            }
        }
    }

    /// Lets no batch wait any longer that keeps the offset far behind; what others keep it behind by is no fault of its own.
    fn hurry_who_is_far_behind(&mut self, at: &TopicPartition, now: Now) {
        let mut lanes: Vec<_> = self.shares.waiting(at).filter(|lane| self.behind(lane, at) > FAR).collect();
        lanes.sort_unstable();
        for lane in lanes {
            self.dispatch.hurry(lane, now.moment);
        }
    }

    /// The saturated lanes of a partition in which something waits, in order.
    fn saturated(&self, at: &TopicPartition, now: Now) -> Vec<LaneId> {
        let saturated = self.shares.waiting(at).filter(|lane| self.dispatch.is_saturated(lane, now.moment));
        let mut saturated: Vec<_> = saturated.cloned().collect();
        saturated.sort_unstable();
        saturated
    }

    /// How many records of a partition came after the oldest that waits in a lane.
    fn behind(&self, lane: &LaneId, at: &TopicPartition) -> u64 {
        let oldest = self.dispatch.oldest(lane, at);
        oldest.map_or(0, |claim| self.ledger.behind(claim))
    }

    /// How many deliveries a lane keeps: those it settles until the first it parks now could be back, none while it sends
    /// nothing; of one whose pace is not known all, as long as there is time for patience, and then a round.
    fn keeps(&mut self, lane: &LaneId, is_patient: bool, now: Now) -> usize {
        if self.dispatch.is_shut(lane, now.moment) {
            return 0;
        }
        let (back, limit) = (self.settings.tiers.first().wait().min(LONGEST_KEPT), self.dispatch.interval(lane));
        let needed = self.pace(lane).needed(back + LATENESS, limit, now.moment);
        needed.unwrap_or_else(|| if is_patient { usize::MAX } else { self.dispatch.round(lane) })
    }

    /// Whether a lane holds more than it settled lately in the time of the shortest delay.
    fn is_slow(&mut self, lane: &LaneId, now: Now) -> bool {
        let held = self.dispatch.queued(lane);
        let shortest = self.settings.tiers.first().wait();
        let rate = self.pace(lane).per_second(now.moment);
        rate.is_none_or(|rate| held as f64 > rate * shortest.as_secs_f64())
    }

    /// For how long a lane has something to do with so many deliveries.
    fn outlook(&mut self, lane: &LaneId, held: usize, now: Now) -> Option<Outlook> {
        let held = held.min(self.dispatch.queued(lane));
        let limit = self.dispatch.interval(lane);
        self.pace(lane).outlook(held, limit, now.moment)
    }

    fn pace(&mut self, lane: &LaneId) -> &mut Pace {
        self.paces.entry(lane.clone()).or_default()
    }

    /// Whether what waits in a lane may leave it for a delay.
    pub(super) fn may_move(&self, at: &TopicPartition) -> bool {
        self.appends.may_begin(at)
    }

    /// Parks the oldest record of a lane, for as long as the lane does without it.
    fn move_oldest(&mut self, id: &LaneId, at: &TopicPartition, outlook: Option<&mut Outlook>, now: Now) -> bool {
        let Some(queued) = self.dispatch.take_oldest(id, at) else {
            return false;
        };
        self.shares.remove(&queued, id);
        let Some(queued) = self.unless_put_off(id, queued, now) else {
            return true;
        };
        let wait = outlook.as_ref().map_or(Duration::ZERO, |outlook| outlook.wait(LONGEST));
        let tier = self.settings.tiers.within(wait).unwrap_or(self.settings.tiers.first());
        if self.overflow(queued, tier, now) {
            self.pace(id).parked(now.moment.plus(tier.wait()));
            if let Some(outlook) = outlook.filter(|_| tier.wait() <= wait) {
                outlook.parked();
            }
        }
        true
    }

    /// Moves a record that waits in its lane to the shortest delay, because its partition is handed back; it is never given
    /// up for that.
    pub(super) fn hand_back(&mut self, queued: Queued, now: Now) {
        if let Some(queued) = self.unless_over(queued) {
            *self.active.entry(queued.claim.at.clone()).or_default() += 1;
            let (tier, final_wait) = (self.settings.tiers.first(), queued.delivery.progress.final_wait);
            self.append(queued, Destiny::Tier(Delay { tier, cause: Cause::Overflow, final_wait }), now);
        }
    }

    /// Moves a record that waits in its lane to a delay, unless it is a copy.
    pub(super) fn overflow(&mut self, queued: Queued, tier: Tier, now: Now) -> bool {
        let Some(queued) = self.unless_over(queued) else {
            return false;
        };
        *self.active.entry(queued.claim.at.clone()).or_default() += 1;
        let policy = self.policy(queued.delivery.lane().as_ref());
        let disposition = park((tier, Cause::Overflow), &queued.delivery.progress, policy, now);
        self.append(queued, disposition.map_or_else(Destiny::Dead, Destiny::Tier), now);
        true
    }
}

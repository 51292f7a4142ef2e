//! Nobody waits for a stranger: what a lane cannot take in time moves to a delay when it stands in others' way, by the
//! bytes it holds of a partition or by how far behind it keeps the partition's offset. The clock does not start.
//! A lane that is alone, or among others as busy, or through with what it holds before the shortest delay would be over,
//! simply waits (back-pressure).

use std::time::Duration;

use super::*;
use crate::outcome::disposition::park;

/// How many times more of a partition a lane may hold while its pace is not known.
const UNKNOWN_PACE: usize = 3;
/// Most records of a lane that move at once.
const AT_ONCE: usize = 2_000;
/// No overflow takes longer to come back; its receiver may have recovered meanwhile.
const LONGEST: Duration = Duration::from_secs(15 * 60);

impl DeliverCore {
    /// Moves the oldest records of a lane that fills its partition, while another lane there stands idle.
    pub(super) fn relieve_memory(&mut self, at: &TopicPartition, now: Now) {
        while let Some((destination, bytes)) = self.shares.clogging(at).filter(|_| self.may_move(at)) {
            let patient = bytes < self.settings.clogged_at * UNKNOWN_PACE;
            if !(self.is_slow(&destination, patient, now) && self.move_oldest(&destination, at, now)) {
                return;
            }
        }
    }

    /// Moves what keeps the offset of a partition far behind, while another lane there could do more: it would come to
    /// the end of the window and wait.
    pub(super) fn relieve_span(&mut self, now: Now) {
        let span = self.settings.span;
        for at in self.ledger.wider_than(span) {
            if self.shares.lanes(&at).all(|lane| self.dispatch.is_saturated(lane, now.moment)) {
                continue;
            }
            let patient = self.ledger.width(&at) < span * UNKNOWN_PACE;
            for destination in self.saturated(&at, now) {
                let mut left = if self.is_slow(&destination, patient, now) { AT_ONCE } else { 0 };
                while left > 0 && self.is_far_behind(&destination, &at) && self.may_move(&at) {
                    self.move_oldest(&destination, &at, now);
                    left -= 1;
                }
            }
        }
    }

    /// The saturated lanes of a partition, in order.
    fn saturated(&self, at: &TopicPartition, now: Now) -> Vec<DestinationId> {
        let saturated = self.shares.lanes(at).filter(|lane| self.dispatch.is_saturated(lane, now.moment));
        let mut saturated: Vec<_> = saturated.cloned().collect();
        saturated.sort_unstable();
        saturated
    }

    fn is_far_behind(&self, destination: &DestinationId, at: &TopicPartition) -> bool {
        let oldest = self.dispatch.oldest(destination, at);
        oldest.is_some_and(|claim| self.ledger.behind(claim) > self.settings.span as u64 / 2)
    }

    /// Whether a lane holds more than it settles while the shortest delay lasts, or sends nothing now. Of one whose pace is
    /// not known the first is believed only when there is no more time for patience.
    fn is_slow(&mut self, destination: &DestinationId, patient: bool, now: Now) -> bool {
        let busy = self.time_for_all(destination, now);
        self.dispatch.is_shut(destination, now.moment)
            || busy.map_or(!patient, |busy| busy > self.settings.tiers.first().wait())
    }

    /// How long a lane is busy with what it holds, by its pace or by the rate it is held to.
    fn time_for_all(&mut self, destination: &DestinationId, now: Now) -> Option<Duration> {
        let held = self.dispatch.queued(destination);
        let busy = self.paces.entry(destination.clone()).or_default().time_for(held, now.moment);
        busy.max(self.dispatch.least_time(destination, held, now.moment))
    }

    /// Whether the producer takes more, and the partition is not stopped.
    pub(super) fn may_move(&self, at: &TopicPartition) -> bool {
        self.appends.outbox.has_room() && !self.appends.is_stopped(at)
    }

    fn move_oldest(&mut self, destination: &DestinationId, at: &TopicPartition, now: Now) -> bool {
        let Some(queued) = self.dispatch.take_oldest(destination, at) else {
            return false;
        };
        self.shares.remove(&queued, destination);
        let Some(queued) = self.unless_put_off(destination, queued, now) else {
            return true;
        };
        let wait = self.time_for_all(destination, now).map_or(Duration::ZERO, |wait| wait.min(LONGEST));
        let tier = self.settings.tiers.within(wait).unwrap_or(self.settings.tiers.first());
        if self.overflow(queued, tier, now) {
            self.paces.entry(destination.clone()).or_default().parked(now.moment.plus(tier.wait()));
        }
        true
    }

    /// Moves a record that waits in its lane to a delay, unless it is a copy.
    pub(super) fn overflow(&mut self, queued: Queued, tier: Tier, now: Now) -> bool {
        let Some(queued) = self.unless_over(queued) else {
            return false;
        };
        *self.active.entry(queued.claim.at.clone()).or_default() += 1;
        let policy = self.policy(queued.delivery.destination.as_ref());
        let disposition = park((tier, Cause::Overflow), &queued.delivery.progress, policy, now);
        self.append(queued, disposition.map_or_else(Destiny::Dead, Destiny::Tier), now);
        true
    }
}

//! Nobody waits for a stranger: what a lane cannot take in time moves to a delay when it stands in others' way, by the
//! bytes it holds of a partition or by how far behind it keeps the partition's offset. The clock does not start.
//! A lane that is alone, or among others as busy, simply waits (back-pressure).

use std::time::Duration;

use super::*;

/// Most records of a lane that move at once.
const AT_ONCE: usize = 2_000;
/// No overflow takes longer to come back; its receiver may have recovered meanwhile.
const LONGEST: Duration = Duration::from_secs(15 * 60);

impl DeliverCore {
    /// Moves the oldest records of a lane that fills its partition, while another lane there stands idle.
    pub(super) fn relieve_memory(&mut self, at: &TopicPartition, now: Now) {
        while let Some(destination) = self.shares.clogging(at) {
            if !self.move_oldest(&destination, at, now) {
                return;
            }
        }
    }

    /// Moves what keeps the offset of a partition far behind, while another lane there could do more: it would come to
    /// the end of the window and wait.
    pub(super) fn relieve_span(&mut self, now: Now) {
        let span = self.settings.span;
        for at in self.ledger.wider_than(span) {
            let mut lanes: Vec<_> = self.shares.lanes(&at).cloned().collect();
            lanes.sort_unstable();
            let (saturated, others): (Vec<_>, Vec<_>) =
                lanes.into_iter().partition(|lane| self.dispatch.is_saturated(lane));
            if others.is_empty() {
                continue;
            }
            for destination in saturated {
                for _ in 0..AT_ONCE {
                    let oldest = self.dispatch.oldest(&destination, &at);
                    let is_far_behind = oldest.is_some_and(|claim| self.ledger.behind(claim) > span as u64 / 2);
                    if !(is_far_behind && self.move_oldest(&destination, &at, now)) {
                        break;
                    }
                }
            }
        }
    }

    fn move_oldest(&mut self, destination: &DestinationId, at: &TopicPartition, now: Now) -> bool {
        let Some(queued) = self.dispatch.take_oldest(destination, at) else {
            return false;
        };
        self.shares.remove(&queued, destination);
        let held = self.dispatch.queued(destination);
        let pace = self.paces.entry(destination.clone()).or_default();
        let wait = pace.time_for(held, now.moment).map_or(Duration::ZERO, |wait| wait.min(LONGEST));
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
        let delay = Delay { tier, cause: Cause::Overflow, final_wait: queued.delivery.progress.final_wait };
        self.append(queued, Destiny::Tier(delay), now);
        true
    }
}

//! Waits without an attempt: the destination is not known or not enabled, or its lane clogs the partition.
//! How long they take is decided by `outcome::disposition`; the append is `after`'s.

use super::*;

impl DeliverCore {
    /// Waits in a tier without an attempt, because the destination is not known or not enabled.
    pub(super) fn put_off(&mut self, mut queued: Queued, reason: Reason, now: Now) {
        let policy = self.policy(queued.delivery.destination.as_ref());
        let disposition = put_off(reason, &queued.delivery.progress, policy, now);
        let began = now.kafka.max(queued.claim.spot.time);
        queued.delivery.progress.window_started_at.get_or_insert(began);
        *self.active.entry(queued.claim.at.clone()).or_default() += 1;
        let destiny = disposition.map_or_else(Destiny::Dead, Destiny::Tier);
        self.append(queued, destiny, now);
    }

    /// Moves the youngest records of a lane that clogs its partition to a delay, while another lane there stands idle.
    pub(super) fn relieve(&mut self, at: &TopicPartition, now: Now) {
        while let Some(destination) = self.shares.clogging(at) {
            let Some(queued) = self.dispatch.take_youngest(&destination) else {
                return;
            };
            self.shares.remove(&queued, &destination);
            self.overflow(queued, now);
        }
    }

    /// Moves a record that waits in its lane to the shortest delay; the clock does not start.
    pub(super) fn overflow(&mut self, queued: Queued, now: Now) {
        let Some(queued) = self.unless_over(queued) else {
            return;
        };
        *self.active.entry(queued.claim.at.clone()).or_default() += 1;
        let tier = self.settings.tiers.first();
        let delay = Delay { tier, cause: Cause::Overflow, final_wait: queued.delivery.progress.final_wait };
        self.append(queued, Destiny::Tier(delay), now);
    }
}

//! Whose partitions are whose: assigned, handed back, lost, and where the next owner is to begin.
//! Which tenure answers for a delivery is `delivery::tenure`'s to say; here it is told of assignments and reads.

use super::*;

impl DeliverCore {
    /// Begins to work on partitions.
    pub fn assigned(&mut self, grants: &[Grant]) {
        for Grant { at, epoch, note, draw } in grants {
            self.ledger.assign(at, *epoch);
            self.settled_up_to.remove(at);
            self.copies.entry(at.partition).or_default().begin_tenure();
            self.tenures.insert(at.clone(), Tenures::begin(at, note.as_deref(), *draw));
            self.returns.insert(at.clone(), Returns::begin(note.as_deref()));
        }
        self.expect_lanes(grants);
        self.share_limits();
        self.note_served();
    }

    /// Stops work on partitions: nothing new starts but what only waited for others to go with, what is under way goes on
    /// until [`Self::is_drained`].
    ///
    /// What waits below a record that was attempted or given up already goes to a delay: the offset could not pass it, and the next
    /// owner would repeat what lies above.
    pub fn revoke(&mut self, partitions: &[TopicPartition], now: Now) {
        self.start_gathered(partitions, now);
        for at in partitions {
            self.ledger.revoke(at);
            let settled = self.settled_up_to.get(at).copied().unwrap_or(0);
            let waiting = self.dispatch.withdraw(at);
            self.shares.forget(at);
            for queued in waiting {
                if queued.claim.sequence < settled {
                    self.hand_back(queued, now);
                } else {
                    self.withdrawn(&queued);
                }
            }
        }
    }

    /// Whether nothing of a revoked partition is under way, or it is ours again anyway.
    pub fn is_drained(&self, at: &TopicPartition) -> bool {
        !self.ledger.is_revoked(at) || !self.active.contains_key(at)
    }

    /// Ends the assignment of revoked partitions and answers their last positions.
    pub fn release(&mut self, partitions: &[TopicPartition]) -> Vec<Position> {
        let positions: Vec<_> = partitions.iter().filter_map(|at| self.ledger.release(at)).collect();
        self.share_limits();
        self.note_served();
        self.forget_flows();
        self.noted(positions)
    }

    /// Forgets partitions that were lost: they are somebody else's already, nothing may be stored for them.
    pub fn lost(&mut self, partitions: &[TopicPartition]) {
        for at in partitions {
            self.ledger.revoke(at);
            for queued in self.dispatch.withdraw(at) {
                self.withdrawn(&queued);
            }
            self.shares.forget(at);
        }
        self.release(partitions);
    }

    /// The positions that moved since the last call.
    pub fn take_positions(&mut self) -> Vec<Position> {
        let positions = self.ledger.take_positions();
        self.noted(positions)
    }

    /// Every commit tells the next owner of the tenures before it, and of what came back from the tiers below its offset.
    fn noted(&mut self, mut positions: Vec<Position>) -> Vec<Position> {
        for position in &mut positions {
            let tenures = self.tenures.get(&position.at).map(Tenures::note);
            let returns = self.returns.get_mut(&position.at);
            position.note = match (tenures, returns) {
                (Some(tenures), Some(returns)) => Some(returns.pass(position.next, &tenures)),
                (tenures, _) => tenures,
            };
        }
        positions
    }

    pub(super) fn tenures(&mut self, at: &TopicPartition) -> &mut Tenures {
        self.tenures.entry(at.clone()).or_insert_with(|| Tenures::begin(at, None, 0))
    }
}

//! What the delay core holds: of each tier how much, and of each destination how old.
//! Showing it is the driver's.

use super::*;

/// The oldest of what this replica holds of a tier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TierState {
    /// Which tier.
    pub tier: Tier,
    /// Records held in memory.
    pub held: usize,
    /// When the oldest is due, if any waits.
    pub oldest_due: Option<Moment>,
}

impl DelayCore {
    /// What is held, tier by tier.
    pub fn tiers_together(&self) -> Vec<TierState> {
        let mut states: BTreeMap<Tier, TierState> = BTreeMap::new();
        for waiting in self.tiers.values() {
            let none = TierState { tier: waiting.tier, held: 0, oldest_due: None };
            let state = states.entry(waiting.tier).or_insert(none);
            state.held += waiting.records.len();
            state.oldest_due = [state.oldest_due, waiting.due].into_iter().flatten().min();
        }
        states.into_values().collect()
    }

    /// When the oldest was accepted of what waits of each destination, to the second.
    pub fn oldest(&self) -> impl Iterator<Item = (&DestinationId, KafkaTime)> {
        self.ages.oldest()
    }

    /// Has what waits in a partition replaced: by nothing yet, or by nothing any more.
    pub(super) fn let_wait(&mut self, at: &TopicPartition, waiting: Option<Waiting>) {
        let before = match waiting {
            Some(waiting) => self.tiers.insert(at.clone(), waiting),
            None => self.tiers.remove(at),
        };
        for Held { record, accepted_at, .. } in before.into_iter().flat_map(|before| before.records) {
            self.ages.remove(key_of(&record), accepted_at);
        }
    }
}

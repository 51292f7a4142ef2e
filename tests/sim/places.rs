//! Where things lie in the simulated Kafka: every partition of every topic has one number, its slot.
//! First the deliveries, then the tiers from short to long, last the one partition of the dead letters.

use std::ops::Range;
use std::time::Duration;

use kafka_webhooks::delivery::claim::TopicPartition;
use kafka_webhooks::kafka::partitioner::partition_of;
use kafka_webhooks::kafka::record::Append;
use kafka_webhooks::outcome::schedule::{Tier, Tiers};
use kafka_webhooks::settle::Topics;

use crate::stage::Stage;

/// The number of a partition.
pub(crate) type Slot = usize;

/// Partitions of the deliveries topic and of each tier.
pub(crate) const PARTITIONS: usize = 3;
/// The waits, in milliseconds.
pub(crate) const WAITS: [i64; 3] = [1_000, 5_000, 20_000];
/// The dead letters.
pub(crate) const DEAD: Slot = PARTITIONS * (1 + WAITS.len());
/// All slots.
pub(crate) const SLOTS: usize = DEAD + 1;

/// The names of all slots.
#[derive(Debug)]
pub(crate) struct Places {
    pub(crate) topics: Topics,
    pub(crate) tiers: Tiers,
    at: Vec<TopicPartition>,
}

impl Places {
    pub(crate) fn new() -> Self {
        let topics = Topics {
            audiences: "audiences".into(),
            audience_records: "audience-records".into(),
            memberships: "memberships".into(),
            deliveries: "deliveries".into(),
            delays: "delays".into(),
            dead_letters: "dead".into(),
        };
        let wait = |ms: &i64| Tier::new(Duration::from_millis(ms.unsigned_abs())).expect("the waits are valid");
        let tiers = Tiers::new(WAITS.iter().map(wait).collect()).expect("there are waits");
        let names = std::iter::once(topics.deliveries.clone()).chain(tiers.as_slice().iter().map(|t| topics.tier(*t)));
        let partitions = |topic: std::sync::Arc<str>| {
            (0..PARTITIONS).map(move |partition| TopicPartition { topic: topic.clone(), partition: partition as i32 })
        };
        let mut at: Vec<_> = names.flat_map(partitions).collect();
        at.push(TopicPartition { topic: topics.dead_letters.clone(), partition: 0 });
        Self { topics, tiers, at }
    }

    pub(crate) fn at(&self, slot: Slot) -> &TopicPartition {
        &self.at[slot]
    }

    pub(crate) fn all_at(&self, slots: &[Slot]) -> Vec<TopicPartition> {
        slots.iter().map(|slot| self.at[*slot].clone()).collect()
    }

    pub(crate) fn slot(&self, at: &TopicPartition) -> Slot {
        self.at.iter().position(|own| own == at).expect("every partition has a slot")
    }

    /// Where an append goes.
    pub(crate) fn target(&self, append: &Append) -> Slot {
        if append.topic == self.topics.dead_letters {
            return DEAD;
        }
        let by_key = || partition_of(append.key.as_deref().unwrap_or_default(), PARTITIONS as i32);
        let partition = append.partition.unwrap_or_else(by_key);
        self.slot(&TopicPartition { topic: append.topic.clone(), partition })
    }
}

/// The slots a stage reads.
pub(crate) fn slots_of(stage: Stage) -> Range<Slot> {
    match stage {
        Stage::Deliver => 0..PARTITIONS,
        Stage::Delay => PARTITIONS..DEAD,
    }
}

/// How long a record waits in a slot, if that is one of a tier.
pub(crate) fn wait_of(slot: Slot) -> Option<i64> {
    (PARTITIONS..DEAD).contains(&slot).then(|| WAITS[slot / PARTITIONS - 1])
}

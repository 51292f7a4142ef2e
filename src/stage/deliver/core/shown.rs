//! What the deliver core has to show: the destinations that are served here and how they do, how old what is held is, and
//! since when a delivery could have been attempted. Counting and showing are the driver's.

use super::*;
use crate::delivery::dispatch::LaneState;
use crate::delivery::flow::FlowState;
use crate::delivery::lane::Due;
use crate::delivery::returns::Return;
use crate::kafka::partitioner::partitions_of;
use crate::outcome::time::KafkaTime;

impl DeliverCore {
    /// How each destination does whose deliveries lie in our partitions, or of which something is left; all its lanes
    /// together.
    pub fn shown(&self, now: Now) -> HashMap<&DestinationId, LaneState> {
        let mut shown: HashMap<&DestinationId, LaneState> = HashMap::with_capacity(self.served.len());
        for lane in &self.served {
            let limit = self.settings.terms.get(lane).map_or(0, |terms| self.own_limits(lane, terms).max_in_flight);
            let idle = LaneState { queued: 0, in_flight: 0, limit, flow: FlowState::default() };
            let state = self.dispatch.state(lane, now.moment).map_or(idle, |state| LaneState { limit, ..state });
            shown.entry(&lane.destination).and_modify(|all| all.join(state)).or_insert(state);
        }
        for (lane, queued, busy) in self.dispatch.lanes() {
            if queued + busy > 0
                && !self.served.contains(lane)
                && let Some(state) = self.dispatch.state(lane, now.moment)
            {
                shown.entry(&lane.destination).and_modify(|all| all.join(state)).or_insert(state);
            }
        }
        shown
    }

    /// Each lane with what waits in it and what is under way.
    pub fn lanes(&self) -> impl Iterator<Item = (&LaneId, usize, usize)> {
        self.dispatch.lanes()
    }

    /// Attempts and appends under way.
    pub fn active(&self) -> usize {
        self.active.values().sum()
    }

    /// When the oldest was accepted of what is held of each destination, to the second.
    pub fn oldest(&self) -> impl Iterator<Item = (&DestinationId, KafkaTime)> {
        self.ages.oldest()
    }

    /// Notes whose deliveries lie in the partitions that are ours now.
    pub(super) fn note_served(&mut self) {
        let ours: HashSet<i32> = self.ledger.assigned().map(|at| at.partition).collect();
        let partitions = self.settings.partitions;
        let is_ours = |(id, terms): &(&LaneId, &Terms)| {
            let mut homes = partitions_of(id.destination.as_str().as_bytes(), terms.spread, partitions);
            homes.any(|partition| ours.contains(&partition))
        };
        self.served = self.settings.terms.iter().filter(is_ours).map(|(id, _)| id.clone()).collect();
    }

    /// A fresh delivery is due when it is appended; what comes back from a tier, when its wait is over.
    pub(super) fn due(&self, record: &Record, returned: Option<&Return>) -> Due {
        let tier = returned.and_then(|returned| self.tier_of(returned.topic()));
        match (tier, returned) {
            (Some(tier), Some(returned)) => Due { tier: Some(tier), at: returned.time().plus(tier.wait()) },
            _ => Due { tier: None, at: record.time },
        }
    }

    fn tier_of(&self, topic: &str) -> Option<Tier> {
        self.tier_topics.get(topic).copied().or_else(|| self.settings.topics.tier_of(topic))
    }

    /// Tells of a delivery that is settled for the first time and was not made by route, which counts its own: so each is
    /// counted once, whoever reads it again before.
    pub(super) fn tell_made(&mut self, delivery: &Delivery) {
        if delivery.made_by != MadeBy::Route {
            let (destination, by) = (delivery.destination.clone(), delivery.made_by);
            self.happened(Happened::Made { destination, by });
        }
    }
}

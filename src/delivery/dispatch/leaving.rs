//! Deliveries that leave their lanes in another way than by an attempt, or come back to them: because their partition is
//! handed back, or because they are not tried for long. Why they do is decided by the stage.

use super::{Claim, Dispatch, LaneId, Queued, TopicPartition};

impl Dispatch {
    /// Takes out what waits for a partition that is handed back or lost.
    pub fn withdraw(&mut self, at: &TopicPartition) -> Vec<Queued> {
        let mut withdrawn = Vec::new();
        for lane in self.lanes.values_mut() {
            withdrawn.extend(lane.queue.withdraw(at));
        }
        // Lanes have no order of their own.
        withdrawn.sort_unstable_by_key(|queued| queued.claim.sequence);
        withdrawn
    }

    /// Takes the oldest delivery of a partition that waits in a lane, for moving it to a delay.
    pub fn take_oldest(&mut self, id: &LaneId, at: &TopicPartition) -> Option<Queued> {
        self.lanes.get_mut(id)?.queue.take_oldest(at)
    }

    /// Takes a delivery out of a lane by its place.
    pub fn take(&mut self, id: &LaneId, index: usize) -> Option<Queued> {
        self.lanes.get_mut(id)?.queue.take_at(index)
    }

    /// A delivery that waits in a lane, by its place.
    pub fn waiting(&self, id: &LaneId, index: usize) -> Option<&Queued> {
        self.lanes.get(id)?.queue.get(index)
    }

    /// Puts deliveries that were started, but not settled, back at the head of their lane.
    pub fn put_back(&mut self, id: &LaneId, batch: Vec<Queued>) {
        let lane = self.lanes.get_mut(id).expect("what was started has a lane");
        batch.into_iter().rev().for_each(|queued| lane.queue.push_front(queued));
        self.rotate(id);
        self.gathered(id);
    }

    /// The oldest delivery of a partition that waits in a lane.
    pub fn oldest(&self, id: &LaneId, at: &TopicPartition) -> Option<&Claim> {
        self.lanes.get(id)?.queue.oldest(at)
    }
}

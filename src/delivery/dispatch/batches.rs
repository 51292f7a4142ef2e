//! Lanes that make batches: they wait for more to go with what they have, unless they are hurried, and learn what their
//! receivers take at once. What goes together is the queue's to say.

use super::{Dispatch, LaneId, Queued};
use crate::delivery::queue::Readiness;
use crate::outcome::time::Moment;

impl Dispatch {
    /// Lets a lane wait for others no longer: what it holds leaves as it is.
    pub fn hurry(&mut self, id: &LaneId, now: Moment) {
        let Some(lane) = self.lanes.get_mut(id).filter(|lane| lane.limits.batch.is_some()) else { return };
        lane.queue.hurry(now);
        if lane.gathers {
            self.let_look(id);
        }
    }

    /// Hears that a batch was too large for the receiver.
    pub fn too_large(&mut self, id: &LaneId, batch: &[Queued]) {
        if let Some(lane) = self.lanes.get_mut(id) {
            lane.queue.refused(batch);
        }
    }

    /// Hears that the receiver took a batch.
    pub fn accepted(&mut self, id: &LaneId, batch: &[Queued]) {
        if let Some(lane) = self.lanes.get_mut(id).filter(|lane| lane.limits.batch.is_some()) {
            lane.queue.accepted(batch);
        }
    }

    /// Lets a lane wait until a moment for more to go with what it has.
    pub(super) fn gather(&mut self, id: LaneId, until: Moment) {
        self.hold_back(id.clone(), until);
        if let Some(lane) = self.lanes.get_mut(&id) {
            lane.gathers = true;
        }
    }

    /// Lets a lane look again that has gathered enough, or earlier deliveries than it had.
    pub(super) fn gathered(&mut self, id: &LaneId) {
        let Some(lane) = self.lanes.get(id).filter(|lane| lane.gathers) else { return };
        let is_due = match (lane.queue.readiness(Moment::default()), lane.gated) {
            (Readiness::At(due), Some(until)) => due < until,
            (Readiness::Now, _) => true,
            (Readiness::Empty | Readiness::At(_), _) => false,
        };
        if is_due {
            self.let_look(id);
        }
    }
}

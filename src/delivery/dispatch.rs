//! Which delivery is attempted next: lanes in rotation, a cap for each and one for the process.
//! What holds a lane back for a time (breaker, pause, rate) is `flow`'s to say and is waited for in `gates`.
//! Plain data. Nobody waits for a stranger: a lane may hold at most as many requests as are still free, so
//! however many lanes hang, a newcomer finds a place (the dynamic threshold known from shared switch buffers).

use std::collections::{BTreeSet, HashMap, VecDeque};

use super::breaker::Gate;
use super::claim::{Claim, TopicPartition};
use super::defect::{Defect, planted};
use super::flow::Permit;
use super::lane::{Lane, LaneLimits, Queued};
use crate::outcome::time::Moment;
use crate::route::destination::DestinationId;

pub use gates::{LaneState, Look};

mod gates;
#[cfg(test)]
mod tests;

/// All lanes of a replica.
#[derive(Debug)]
pub struct Dispatch {
    lanes: HashMap<DestinationId, Lane>,
    /// Lanes that may be ready, each once.
    rotation: VecDeque<DestinationId>,
    /// Ready lanes that found no place; they rotate again when something ends.
    waiting: Vec<DestinationId>,
    /// Lanes that wait for a moment, and cost nothing until then.
    gated: BTreeSet<(Moment, DestinationId)>,
    /// Lanes whose receiver throttles.
    slowed: BTreeSet<DestinationId>,
    /// When these are looked at again.
    look_at: Moment,
    requests: usize,
    max_requests: usize,
}

/// A delivery whose attempt may begin; its permit is given back by [`Dispatch::finished`].
#[derive(Debug)]
#[must_use = "the permit must be given back"]
pub struct Started {
    /// Whose lane.
    pub destination: DestinationId,
    /// What to attempt.
    pub queued: Queued,
    /// To be given back with the answer.
    pub permit: Permit,
}

impl Dispatch {
    /// No lanes yet; at most so many requests at once.
    pub fn new(max_requests: usize) -> Self {
        Self {
            lanes: HashMap::new(),
            rotation: VecDeque::new(),
            waiting: Vec::new(),
            gated: BTreeSet::new(),
            slowed: BTreeSet::new(),
            look_at: Moment::default(),
            requests: 0,
            max_requests: max_requests.max(1),
        }
    }

    /// Puts a delivery at the end of its lane.
    pub fn enqueue(&mut self, destination: &DestinationId, limits: LaneLimits, queued: Queued) {
        if !self.lanes.contains_key(destination) {
            self.lanes.insert(destination.clone(), Lane::new(limits));
        }
        let lane = self.lanes.get_mut(destination).expect("inserted above");
        lane.limits = limits;
        lane.queue.push_back(queued);
        self.rotate(destination);
    }

    /// Changes what a lane may do, if there is one.
    pub fn limit(&mut self, destination: &DestinationId, limits: LaneLimits) {
        if let Some(lane) = self.lanes.get_mut(destination) {
            lane.limits = limits;
            self.rotate(destination);
        }
    }

    /// The next delivery that may be attempted. `allowed` says whether a record may be started now
    /// (its partition is not stopped and its window not full).
    pub fn start(&mut self, now: Moment, allowed: impl Fn(&Claim) -> bool) -> Option<Started> {
        self.release(now);
        while let Some(destination) = self.rotation.pop_front() {
            let lane = self.lanes.get_mut(&destination).expect("a rotating lane exists");
            lane.rotating = false;
            if !lane.is_ready() {
                continue;
            }
            match lane.flow.gate(&lane.limits, now) {
                Gate::Open => {}
                Gate::Until(moment) => {
                    self.hold_back(destination, moment);
                    continue;
                }
                // The answer to its probe lets it look again.
                Gate::Shut => continue,
            }
            let free = self.max_requests.saturating_sub(self.requests);
            // With one lane alone that is half of the process; `max_requests` is sized for it.
            let fair = lane.in_flight == 0 || lane.requests_in_flight() + lane.limits.requests <= free;
            let fits = lane.limits.requests <= free || self.requests == 0;
            lane.crowded_out = !(fair && fits);
            let may = lane.queue.front().is_some_and(|queued| allowed(&queued.claim));
            if !(fair && fits && may) {
                self.waiting.push(destination);
                continue;
            }
            let queued = lane.queue.pop_front().expect("a ready lane holds something");
            lane.in_flight += 1;
            self.requests += lane.limits.requests;
            let permit = lane.flow.begin(&lane.limits, now);
            self.rotate(&destination);
            return Some(Started { destination, queued, permit });
        }
        None
    }

    /// Gives the permit of a delivery back that was started and never attempted.
    pub fn finished(&mut self, destination: &DestinationId, permit: Permit, now: Moment) {
        let lane = self.lanes.get_mut(destination).expect("what was started has a lane");
        lane.flow.void(permit, now);
        self.over(destination);
    }

    fn over(&mut self, destination: &DestinationId) {
        if planted(Defect::PermitLeaked) {
            return;
        }
        let lane = self.lanes.get_mut(destination).expect("what was started has a lane");
        lane.in_flight -= 1;
        self.requests -= lane.limits.requests;
        self.rotate(destination);
        self.wake();
    }

    /// Lets lanes that found no place look again; to be called when `allowed` may answer otherwise.
    pub fn wake(&mut self) {
        for destination in std::mem::take(&mut self.waiting) {
            self.rotate(&destination);
        }
    }

    /// Takes out what waits for a partition that is handed back or lost.
    pub fn withdraw(&mut self, at: &TopicPartition) -> Vec<Queued> {
        let mut withdrawn = Vec::new();
        for lane in self.lanes.values_mut() {
            for queued in std::mem::take(&mut lane.queue) {
                if queued.claim.at == *at {
                    withdrawn.push(queued);
                } else {
                    lane.queue.push_back(queued);
                }
            }
        }
        // Lanes have no order of their own.
        withdrawn.sort_unstable_by_key(|queued| queued.claim.sequence);
        withdrawn
    }

    /// Takes the oldest delivery of a partition that waits in a lane, for moving it to a delay.
    pub fn take_oldest(&mut self, destination: &DestinationId, at: &TopicPartition) -> Option<Queued> {
        let queue = &mut self.lanes.get_mut(destination)?.queue;
        // Nearly always the first: a lane has one partition, or few.
        let index = queue.iter().position(|queued| queued.claim.at == *at)?;
        queue.remove(index)
    }

    /// Takes a delivery out of a lane by its place.
    pub fn take(&mut self, destination: &DestinationId, index: usize) -> Option<Queued> {
        self.lanes.get_mut(destination)?.queue.remove(index)
    }

    /// A delivery that waits in a lane, by its place.
    pub fn waiting(&self, destination: &DestinationId, index: usize) -> Option<&Queued> {
        self.lanes.get(destination)?.queue.get(index)
    }

    /// Puts a delivery that was started, but not attempted, back at the head of its lane.
    pub fn put_back(&mut self, destination: &DestinationId, queued: Queued) {
        let lane = self.lanes.get_mut(destination).expect("what was started has a lane");
        lane.queue.push_front(queued);
        self.rotate(destination);
    }

    /// The oldest delivery of a partition that waits in a lane.
    pub fn oldest(&self, destination: &DestinationId, at: &TopicPartition) -> Option<&Claim> {
        let queue = &self.lanes.get(destination)?.queue;
        queue.iter().map(|queued| &queued.claim).find(|claim| claim.at == *at)
    }

    /// Whether a lane does all it may, by its own limits or by what is free in the process.
    pub fn is_saturated(&self, destination: &DestinationId, now: Moment) -> bool {
        let lane = self.lanes.get(destination);
        lane.is_some_and(|lane| lane.is_full() || lane.crowded_out || lane.gated.is_some() || lane.flow.is_shut(now))
    }

    /// Whether nothing waits in a lane or is under way.
    pub fn is_idle(&self, destination: &DestinationId) -> bool {
        self.lanes.get(destination).is_none_or(|lane| lane.queue.is_empty() && lane.in_flight == 0)
    }

    /// Deliveries that wait in a lane.
    pub fn queued(&self, destination: &DestinationId) -> usize {
        self.lanes.get(destination).map_or(0, |lane| lane.queue.len())
    }

    /// Deliveries of a lane that are under way.
    pub fn in_flight(&self, destination: &DestinationId) -> usize {
        self.lanes.get(destination).map_or(0, |lane| lane.in_flight)
    }

    /// Each lane that exists, with the deliveries that wait in it and those that are under way.
    pub fn lanes(&self) -> impl Iterator<Item = (&DestinationId, usize, usize)> {
        self.lanes.iter().map(|(id, lane)| (id, lane.queue.len(), lane.in_flight))
    }

    fn rotate(&mut self, destination: &DestinationId) {
        if let Some(lane) = self.lanes.get_mut(destination)
            && lane.is_ready()
            && !lane.rotating
        {
            lane.rotating = true;
            self.rotation.push_back(destination.clone());
        }
    }
}

//! Which delivery is attempted next: lanes in rotation, a cap for each and one for the process.
//! Plain data. Nobody waits for a stranger: a lane may hold at most as many requests as are still free, so
//! however many lanes hang, a newcomer finds a place (the dynamic threshold known from shared switch buffers).

use std::collections::{HashMap, VecDeque};

use super::claim::{Claim, TopicPartition};
use super::defect::{Defect, planted};
use super::lane::{Lane, LaneLimits, Queued};
use crate::route::destination::DestinationId;

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
}

impl Dispatch {
    /// No lanes yet; at most so many requests at once.
    pub fn new(max_requests: usize) -> Self {
        Self {
            lanes: HashMap::new(),
            rotation: VecDeque::new(),
            waiting: Vec::new(),
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

    /// The next delivery that may be attempted. `allowed` says whether a record may be started now
    /// (its partition is not stopped and its window not full).
    pub fn start(&mut self, allowed: impl Fn(&Claim) -> bool) -> Option<Started> {
        while let Some(destination) = self.rotation.pop_front() {
            let lane = self.lanes.get_mut(&destination).expect("a rotating lane exists");
            lane.rotating = false;
            if !lane.is_ready() {
                continue;
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
            self.rotate(&destination);
            return Some(Started { destination, queued });
        }
        None
    }

    /// Gives the permit of a started delivery back.
    pub fn finished(&mut self, destination: &DestinationId) {
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

    /// The oldest delivery of a partition that waits in a lane.
    pub fn oldest(&self, destination: &DestinationId, at: &TopicPartition) -> Option<&Claim> {
        let queue = &self.lanes.get(destination)?.queue;
        queue.iter().map(|queued| &queued.claim).find(|claim| claim.at == *at)
    }

    /// Whether a lane does all it may, by its own limit or by what is free in the process.
    pub fn is_saturated(&self, destination: &DestinationId) -> bool {
        let lane = self.lanes.get(destination);
        lane.is_some_and(|lane| lane.in_flight >= lane.limits.max_in_flight || lane.crowded_out)
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

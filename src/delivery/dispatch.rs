//! Which delivery is attempted next: lanes in rotation, a cap for each and one for the process.
//! What holds a lane back for a time (breaker, pause, rate) is `flow`'s to say and is waited for in `gates`.
//! Plain data. Nobody waits for a stranger: a lane may hold at most as many requests as are still free, so
//! however many lanes hang, a newcomer finds a place (the dynamic threshold known from shared switch buffers).

use std::collections::{BTreeSet, HashMap, VecDeque};

use super::breaker::Gate;
use super::claim::{Claim, TopicPartition};
use super::defect::{Defect, planted};
use super::flow::Permit;
use super::lane::{Lane, LaneId, LaneLimits, Queued};
use super::queue::Readiness;
use crate::outcome::time::Moment;
use crate::route::destination::DestinationId;
use group::Group;

pub use gates::{LaneState, Look};

mod batches;
mod gates;
mod group;
mod leaving;
#[cfg(test)]
pub(super) mod tests;

/// All lanes of a replica.
#[derive(Debug)]
pub struct Dispatch {
    lanes: HashMap<LaneId, Lane>,
    /// What the lanes of a destination share, where it has several.
    groups: HashMap<DestinationId, Group>,
    /// Lanes that may be ready, each once.
    rotation: VecDeque<LaneId>,
    /// Ready lanes that found no place; they rotate again when something ends.
    waiting: Vec<LaneId>,
    /// Lanes that wait for a moment, and cost nothing until then.
    gated: BTreeSet<(Moment, u64, LaneId)>,
    next_turn: u64,
    /// Lanes whose receiver throttles.
    slowed: BTreeSet<LaneId>,
    /// When these are looked at again.
    look_at: Moment,
    requests: usize,
    max_requests: usize,
}

/// Deliveries that may be attempted now, together; their permit is given back by [`Dispatch::finished`].
#[derive(Debug)]
#[must_use = "the permit must be given back"]
pub struct Started {
    /// Which lane.
    pub lane: LaneId,
    /// What to attempt: one, or a batch.
    pub batch: Vec<Queued>,
    /// To be given back with the answer.
    pub permit: Permit,
}

impl Dispatch {
    /// No lanes yet; at most so many requests at once.
    pub fn new(max_requests: usize) -> Self {
        Self {
            lanes: HashMap::new(),
            groups: HashMap::new(),
            rotation: VecDeque::new(),
            waiting: Vec::new(),
            gated: BTreeSet::new(),
            next_turn: 0,
            slowed: BTreeSet::new(),
            look_at: Moment::default(),
            requests: 0,
            max_requests: max_requests.max(1),
        }
    }

    /// Puts a delivery at the end of its lane.
    pub fn enqueue(&mut self, id: &LaneId, limits: LaneLimits, queued: Queued) {
        if !self.lanes.contains_key(id) {
            self.lanes.insert(id.clone(), Lane::new(limits));
        }
        let lane = self.lanes.get_mut(id).expect("inserted above");
        lane.limits = limits;
        lane.queue.push_back(queued);
        self.rotate(id);
        self.gathered(id);
    }

    /// Changes what a lane may do, if there is one.
    pub fn limit(&mut self, id: &LaneId, limits: LaneLimits) {
        if let Some(lane) = self.lanes.get_mut(id) {
            lane.limits = limits;
            self.rotate(id);
        }
    }

    /// The next deliveries that may be attempted, together. `allowed` says whether a record may be started now
    /// (its partition is not stopped and its window not full).
    pub fn start(&mut self, now: Moment, allowed: impl Fn(&Claim) -> bool) -> Option<Started> {
        self.release(now);
        while let Some(id) = self.rotation.pop_front() {
            let lane = self.lanes.get_mut(&id).expect("a rotating lane exists");
            lane.rotating = false;
            if !lane.is_ready() {
                continue;
            }
            if let Readiness::At(moment) = lane.queue.readiness(now) {
                self.gather(id, moment);
                continue;
            }
            let limits = lane.own_limits();
            match lane.flow.gate(&limits, now) {
                Gate::Open => {}
                Gate::Until(moment) => {
                    self.hold_back(id, moment);
                    continue;
                }
                // The answer to its probe lets it look again.
                Gate::Shut => continue,
            }
            let mut group = Group::of(&mut self.groups, &id, &lane.limits);
            if let Some(moment) = group.as_mut().and_then(|group| group.gate(&lane.limits, now)) {
                self.hold_back(id, moment);
                continue;
            }
            let free = self.max_requests.saturating_sub(self.requests);
            // With one lane alone that is half of the process; `max_requests` is sized for it.
            let fair = lane.in_flight == 0 || lane.requests_in_flight() + lane.limits.requests <= free;
            let fits = lane.limits.requests <= free || self.requests == 0;
            let has_room = group.as_ref().is_none_or(|group| group.has_room(lane.in_flight, &lane.limits));
            lane.crowded_out = !(fair && fits && has_room);
            let batch = if lane.crowded_out { Vec::new() } else { lane.queue.take(now, &allowed) };
            if batch.is_empty() {
                self.waiting.push(id);
                continue;
            }
            let mut permit = lane.flow.begin(&limits, now);
            permit.shared = group.and_then(|group| group.begin(lane.in_flight, &lane.limits, now));
            lane.in_flight += 1;
            lane.turn = None;
            self.requests += lane.limits.requests;
            self.rotate(&id);
            return Some(Started { lane: id, batch, permit });
        }
        None
    }

    /// Gives the permit of a delivery back that was started and never attempted.
    pub fn finished(&mut self, id: &LaneId, permit: Permit, now: Moment) {
        let lane = self.lanes.get_mut(id).expect("what was started has a lane");
        lane.flow.void(permit, now);
        if let (Some(spent), Some(group)) = (permit.shared, self.groups.get_mut(&id.destination)) {
            group.refund(spent);
        }
        self.over(id);
    }

    fn over(&mut self, id: &LaneId) {
        if planted(Defect::PermitLeaked) {
            return;
        }
        let lane = self.lanes.get_mut(id).expect("what was started has a lane");
        lane.in_flight -= 1;
        self.requests -= lane.limits.requests;
        if let Some(group) = Group::of(&mut self.groups, id, &lane.limits) {
            group.over(lane.in_flight);
        }
        // Who found no place comes first, else a lane would have its own again for as long as something waits in it.
        self.wake();
        self.rotate(id);
    }

    /// Lets lanes that found no place look again; to be called when `allowed` may answer otherwise.
    pub fn wake(&mut self) {
        for id in std::mem::take(&mut self.waiting) {
            self.rotate(&id);
        }
    }

    /// Whether a lane does all it may, by its own limits or by what is free in the process.
    pub fn is_saturated(&self, id: &LaneId, now: Moment) -> bool {
        let lane = self.lanes.get(id);
        let is_held = |lane: &Lane| lane.gated.is_some() && !lane.gathers;
        lane.is_some_and(|lane| lane.is_full() || lane.crowded_out || is_held(lane) || lane.flow.is_shut(now))
    }

    /// Whether nothing waits in a lane or is under way.
    pub fn is_idle(&self, id: &LaneId) -> bool {
        self.lanes.get(id).is_none_or(|lane| lane.queue.is_empty() && lane.in_flight == 0)
    }

    /// Deliveries that wait in a lane.
    pub fn queued(&self, id: &LaneId) -> usize {
        self.lanes.get(id).map_or(0, |lane| lane.queue.len())
    }

    /// Deliveries of a lane that are under way.
    pub fn in_flight(&self, id: &LaneId) -> usize {
        self.lanes.get(id).map_or(0, |lane| lane.in_flight)
    }

    /// Each lane that exists, with the deliveries that wait in it and those that are under way.
    pub fn lanes(&self) -> impl Iterator<Item = (&LaneId, usize, usize)> {
        self.lanes.iter().map(|(id, lane)| (id, lane.queue.len(), lane.in_flight))
    }

    fn rotate(&mut self, id: &LaneId) {
        if let Some(lane) = self.lanes.get_mut(id)
            && lane.is_ready()
            && !lane.rotating
        {
            lane.rotating = true;
            self.rotation.push_back(id.clone());
        }
    }
}

//! Lanes that are held back: until a moment, by a heap of moments, so that ten thousand of them cost nothing while they
//! wait; or until an answer comes. Why a lane is held back is `flow`'s to say.

use std::time::Duration;

use super::{Dispatch, Lane, LaneId, Permit};
use crate::delivery::flow::{Answer, Change, Flow, FlowState};
use crate::outcome::disposition::Obstacle;
use crate::outcome::time::Moment;

/// How often lanes are asked whether they are still slowed down.
const LOOK: Duration = Duration::from_secs(1);

/// A lane as one finds it who brings a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// Whether nothing waits in it or is under way.
    pub is_idle: bool,
    /// Deliveries that wait in it.
    pub queued: usize,
    /// What keeps them from being tried for longer than the shortest delay.
    pub obstacle: Option<Obstacle>,
}

/// What a lane has to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LaneState {
    /// Deliveries that wait in it.
    pub queued: usize,
    /// Deliveries under way.
    pub in_flight: usize,
    /// Most deliveries under way.
    pub limit: usize,
    /// What holds it back.
    pub flow: FlowState,
}

impl LaneState {
    /// Counts another lane of the same destination in; of what holds them back the worst is shown.
    pub fn join(&mut self, other: Self) {
        self.queued += other.queued;
        self.in_flight += other.in_flight;
        // The limit is that of the destination, in each of them.
        self.limit = self.limit.max(other.limit);
        self.flow.breaker = self.flow.breaker.max(other.flow.breaker);
        self.flow.paused_for = self.flow.paused_for.max(other.flow.paused_for);
    }
}

impl Dispatch {
    /// When there is something to start again without anything being heard.
    pub fn next_wake(&self) -> Option<Moment> {
        self.gated.first().map(|(moment, ..)| *moment)
    }

    /// Looks at a lane, with the length of the shortest delay.
    pub fn look(&self, id: &LaneId, shortest: Duration, now: Moment) -> Look {
        let Some(lane) = self.lanes.get(id) else {
            return Look { is_idle: true, queued: 0, obstacle: None };
        };
        let queued = lane.queue.len();
        let obstacle = lane.flow.obstacle(shortest, now);
        Look { is_idle: queued == 0 && lane.in_flight == 0, queued, obstacle }
    }

    /// Whether a lane sends nothing, but for a probe.
    pub fn is_shut(&self, id: &LaneId, now: Moment) -> bool {
        self.lanes.get(id).is_some_and(|lane| lane.flow.is_shut(now))
    }

    /// The least time from one delivery of a lane to the next, by its configuration; none where it has no rate limit.
    pub fn interval(&self, id: &LaneId) -> Option<Duration> {
        let limits = &self.lanes.get(id)?.limits;
        let requests = u32::try_from(limits.requests).unwrap_or(u32::MAX);
        let of_request = limits.rate?.interval().saturating_mul(requests);
        Some(limits.batch.map_or(of_request, |batch| of_request / u32::try_from(batch.size).unwrap_or(u32::MAX)))
    }

    /// Most deliveries of a lane that are under way at once.
    pub fn round(&self, id: &LaneId) -> usize {
        let most = |lane: &Lane| lane.limits.max_in_flight * lane.limits.batch.map_or(1, |batch| batch.size);
        self.lanes.get(id).map_or(0, most)
    }

    /// Hears what an attempt came to, gives its permit back, and says what changed for the lane.
    pub fn answered(&mut self, id: &LaneId, permit: Permit, heard: (Answer, Moment)) -> Vec<Change> {
        let (answer, now) = heard;
        let lane = self.lanes.get_mut(id).expect("what was started has a lane");
        let changes = lane.flow.hear(permit, answer, (&lane.limits, now));
        for change in &changes {
            match change {
                Change::Slowed(_) => {
                    self.slowed.insert(id.clone());
                }
                // It may go on before the moment it waits for.
                Change::Closed(_) => self.let_look(id),
                Change::Opened { .. } | Change::Paused(_) | Change::Recovered => {}
            }
        }
        self.over(id);
        changes
    }

    /// Whether an attempt that was begun, but could not be made, may be made now without asking again.
    pub fn lets_resume(&self, id: &LaneId, permit: Permit, now: Moment) -> bool {
        let lane = self.lanes.get(id);
        lane.is_some_and(|lane| lane.flow.lets_resume(permit, &lane.limits, now))
    }

    /// The lanes whose slowdown limits nothing any more, each once.
    pub fn recovered(&mut self, now: Moment) -> Vec<LaneId> {
        if self.slowed.is_empty() || now < self.look_at {
            return Vec::new();
        }
        self.look_at = now.plus(LOOK);
        let lanes = &mut self.lanes;
        let mut recovers = |id: &LaneId| lanes.get_mut(id).is_none_or(|lane| lane.flow.recovers(now));
        let recovered: Vec<_> = self.slowed.iter().filter(|id| recovers(id)).cloned().collect();
        for id in &recovered {
            self.slowed.remove(id);
            self.let_look(id);
        }
        recovered
    }

    /// What a lane has to show, if there is one.
    pub fn state(&self, id: &LaneId, now: Moment) -> Option<LaneState> {
        let lane = self.lanes.get(id)?;
        let (queued, in_flight, limit) = (lane.queue.len(), lane.in_flight, lane.limits.max_in_flight);
        Some(LaneState { queued, in_flight, limit, flow: lane.flow.state(now) })
    }

    /// Forgets what holds idle lanes back, but for those that are kept, and answers which those are.
    pub fn forget_flows(&mut self, is_kept: impl Fn(&LaneId) -> bool) -> Vec<LaneId> {
        let idle = self.lanes.iter().filter(|(_, lane)| lane.queue.is_empty() && lane.in_flight == 0);
        let mut gone: Vec<_> = idle.map(|(id, _)| id).filter(|id| !is_kept(id)).cloned().collect();
        gone.sort_unstable();
        for id in &gone {
            self.let_look(id);
            self.slowed.remove(id);
            if let Some(lane) = self.lanes.get_mut(id) {
                lane.flow = Flow::default();
            }
        }
        gone
    }

    /// Lets the lanes rotate whose moment has come.
    pub(super) fn release(&mut self, now: Moment) {
        while self.gated.first().is_some_and(|(moment, ..)| *moment <= now)
            && let Some((.., id)) = self.gated.pop_first()
        {
            if let Some(lane) = self.lanes.get_mut(&id) {
                lane.gated = None;
                lane.gathers = false;
            }
            self.rotate(&id);
        }
    }

    pub(super) fn hold_back(&mut self, id: LaneId, until: Moment) {
        if let Some(lane) = self.lanes.get_mut(&id) {
            let turn = *lane.turn.get_or_insert_with(|| {
                self.next_turn += 1;
                self.next_turn
            });
            lane.gated = Some(until);
            lane.crowded_out = false;
            self.gated.insert((until, turn, id));
        }
    }

    /// Lets a lane look again before the moment it waits for.
    pub(super) fn let_look(&mut self, id: &LaneId) {
        let Some(lane) = self.lanes.get_mut(id) else { return };
        if let (Some(until), Some(turn)) = (lane.gated.take(), lane.turn) {
            lane.gathers = false;
            self.gated.remove(&(until, turn, id.clone()));
            self.rotate(id);
        }
    }
}

//! Waits without an attempt, and decisions that wait for the clock.
//! How long they take is decided by `outcome::disposition`; the append is `after`'s.

use super::*;
use crate::outcome::disposition::{Attempted, Obstacle, put_off};
use crate::outcome::time::ClockTrust;

/// A decision that waits for the clock to be compared with Kafka's.
#[derive(Debug)]
pub(super) enum Undecided {
    /// What follows an attempt.
    Attempt(LaneId, Attempted),
    /// What follows when it cannot even be tried.
    Obstacle(Obstacle),
}

/// Absent or paused destinations that are told of.
const MOST_ABSENT: usize = 100;

/// Whether a process is too young to give something up because of its age.
pub(super) fn is_too_early(reason: Reason, now: Now) -> bool {
    reason.is_of_time() && now.trust == ClockTrust::Unknown
}

impl DeliverCore {
    /// Waits in a tier without an attempt, because the destination is not known or not enabled.
    pub(super) fn put_off(&mut self, queued: Queued, reason: Reason, now: Now) {
        *self.active.entry(queued.claim.at.clone()).or_default() += 1;
        if let Some(lane) = self.tell_once(&queued) {
            self.happened(Happened::Absent { lane, reason });
        }
        self.decline(queued, Obstacle::Absent(reason), now);
    }

    /// Waits in a tier without an attempt and without its clock running, because its destination is paused.
    pub(super) fn pause(&mut self, queued: Queued, now: Now) {
        *self.active.entry(queued.claim.at.clone()).or_default() += 1;
        if let Some(lane) = self.tell_once(&queued) {
            self.happened(Happened::Paused { destination: lane.destination });
        }
        self.decline(queued, Obstacle::Paused, now);
    }

    /// The lane of a delivery, if nobody was told of it before.
    fn tell_once(&mut self, queued: &Queued) -> Option<LaneId> {
        let id = queued.delivery.lane()?;
        (self.absent.len() < MOST_ABSENT && self.absent.insert(id.clone())).then_some(id)
    }

    /// Waits in a tier without an attempt, or is given up; it counts as under way already.
    pub(super) fn decline(&mut self, mut queued: Queued, obstacle: Obstacle, now: Now) {
        let lane = queued.delivery.lane();
        let policy = self.policy(lane.as_ref());
        let disposition = put_off(obstacle, &queued.delivery.progress, policy, now);
        if disposition.is_err_and(|reason| is_too_early(reason, now)) {
            return self.undecided.push((queued, Undecided::Obstacle(obstacle)));
        }
        let progress = &mut queued.delivery.progress;
        if obstacle.runs_the_clock() {
            progress.window_started_at.get_or_insert(now.kafka.max(queued.claim.spot.time));
        } else {
            progress.paused_at = progress.window_started_at.map(|_| now.kafka.max(queued.claim.spot.time));
        }
        let destiny = disposition.map_or_else(Destiny::Dead, Destiny::Tier);
        self.append(queued, destiny, now);
    }

    /// Decides what could not be decided while nothing was known of the clock.
    pub(super) fn decide_at_last(&mut self, now: Now) {
        if now.trust == ClockTrust::Unknown {
            return;
        }
        for (queued, undecided) in std::mem::take(&mut self.undecided) {
            let at = queued.claim.at.clone();
            match (self.still_ours(queued), undecided) {
                (Some(queued), Undecided::Attempt(lane, attempted)) => {
                    self.carry_out(lane, queued, attempted, now);
                }
                (Some(queued), Undecided::Obstacle(obstacle)) => {
                    self.ended(&at);
                    match obstacle {
                        Obstacle::Absent(reason) => self.put_off(queued, reason, now),
                        Obstacle::Paused => self.pause(queued, now),
                        // It may be gone meanwhile.
                        Obstacle::Breaker { .. } | Obstacle::RetryAfter { .. } => self.admit_again(queued, now),
                    }
                }
                (None, _) => {}
            }
        }
    }
}

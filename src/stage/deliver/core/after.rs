//! What follows: a finished attempt becomes a disposition, a confirmation makes it settled.
//! The decision itself is `outcome::disposition`'s, the proof `settle`'s; here the two meet the books.

use std::time::Duration;

use super::appends::Refused;
use super::*;
use crate::kafka::record::Confirmation;
use crate::outcome::Outcome;
use crate::outcome::disposition::{Attempted, Disposition, after_attempt};
use crate::settle::{dead_letter, delay};

/// How long no attempt starts after a failure of our own.
const HOLD: Duration = Duration::from_millis(100);

impl DeliverCore {
    /// Hears what an attempt came to.
    pub fn attempted(&mut self, token: Token, report: Report, now: Now) {
        let tried = match report {
            Report::Tried(tried) => tried,
            Report::OurFault(error) => return self.our_fault(token, error, now),
        };
        let Some(Started { lane, batch, permit }) = self.attempts.remove(&token) else {
            return;
        };
        self.heard(&lane, permit, tried.attempted, now);
        if tried.asks_for_less && batch.len() > 1 {
            return self.split(&lane, batch, now);
        }
        if tried.attempted.outcome == Outcome::Delivered {
            self.dispatch.accepted(&lane, &batch);
        }
        let is_idle = self.dispatch.is_idle(&lane);
        let pace = self.paces.entry(lane.clone()).or_default();
        pace.settled(batch.len(), now.moment);
        if is_idle {
            pace.rest(now.moment);
        }
        for queued in batch {
            if let Some(queued) = self.still_ours(queued) {
                self.tried(lane.clone(), queued, &tried, now);
            }
        }
    }

    /// A batch was too large for the receiver, which says nothing of its deliveries: they go again at once, in smaller ones.
    fn split(&mut self, lane: &LaneId, batch: Vec<Queued>, now: Now) {
        self.happened(Happened::Split { lane: lane.clone(), deliveries: batch.len() });
        self.dispatch.too_large(lane, &batch);
        let batch = batch.into_iter().filter_map(|queued| self.still_ours(queued)).collect();
        self.back_to_lane(lane, batch, now);
        self.dispatch.hurry(lane, now.moment);
    }

    /// Hears whether an append is in the log.
    pub fn confirmed(&mut self, confirmation: &Confirmation, now: Now) {
        let Some(mut pending) = self.appends.remove(confirmation.token) else {
            return;
        };
        let claim = pending.queued.claim.clone();
        let at = claim.at.clone();
        match Settled::appended(pending.queued.claim, confirmation) {
            Ok(settled) => {
                let after = match pending.destiny {
                    Destiny::Tier(_) => After::Delay,
                    Destiny::Dead(_) => After::Nothing,
                };
                if after == After::Delay && !self.ledger.is_current(&claim) && !planted(Defect::StaleDelayCounts) {
                    pending.queued.claim = claim;
                    return self.delay_anew(confirmation.token, pending, now);
                }
                settled.pass(&mut self.ledger);
                self.end_of_life(&pending.queued.delivery, &claim, after);
                self.report(pending.queued.delivery, pending.destiny);
                // It may have stopped its partition.
                self.sweeping.append(&mut self.unswept);
                self.dispatch.wake();
            }
            Err((claim, error)) => {
                pending.queued.claim = claim;
                let Some(queued) = self.still_ours(pending.queued) else {
                    // It may have stopped its partition.
                    return self.dispatch.wake();
                };
                pending.queued = queued;
                let topic = self.topic(pending.destiny);
                self.happened(Happened::Refused { at, topic, error: error.clone() });
                let refused = Refused { token: confirmation.token, pending, error: &error };
                self.appends.refused(refused, &self.settings.tiers, now.moment);
            }
        }
    }

    /// A delay is in the log, but under a former assignment: whoever reads the record again answers for the delivery. If
    /// that is us, by a copy that joined this one, it goes into the tier once more, under the present one.
    fn delay_anew(&mut self, token: Token, pending: Pending, now: Now) {
        if let Some(queued) = self.still_ours(pending.queued) {
            self.appends.insert(token, Pending { queued, ..pending });
            self.submit(token, now);
        }
        self.dispatch.wake();
    }

    /// Hears that the producer had no room for an append.
    pub fn no_room(&mut self, token: Token, now: Now) {
        self.appends.outbox.no_room(token, now.moment);
    }

    fn tried(&mut self, lane: LaneId, mut queued: Queued, tried: &Tried, now: Now) {
        let outcome = tried.attempted.outcome;
        let progress = &mut queued.delivery.progress;
        progress.attempts += u32::from(outcome.costs_an_attempt());
        progress.last_attempt_at = Some(tried.began);
        // Not before its record was there, whatever our clock says.
        let began = tried.began.max(queued.claim.spot.time);
        progress.window_started_at.get_or_insert(began);
        queued.delivery.last = Some(tried.last.clone());
        self.carry_out(lane, queued, tried.attempted, now);
    }

    pub(super) fn carry_out(&mut self, lane: LaneId, queued: Queued, attempted: Attempted, now: Now) {
        let policy = self.policy(Some(&lane));
        match after_attempt(attempted, &queued.delivery.progress, policy, now) {
            Disposition::Done => {
                let claim = queued.claim.clone();
                let settled = Settled::delivered(queued.claim, attempted.outcome);
                settled.expect("only a delivered one is done").pass(&mut self.ledger);
                self.end_of_life(&queued.delivery, &claim, After::Nothing);
                self.tell_made(&queued.delivery);
                let destination = lane.destination;
                self.happened(Happened::Delivered { destination, delivery: queued.delivery });
            }
            Disposition::Delay(delay) => self.append(queued, Destiny::Tier(delay), now),
            Disposition::DeadLetter(reason) if is_too_early(reason, now) => {
                self.undecided.push((queued, Undecided::Attempt(lane, attempted)));
            }
            Disposition::DeadLetter(reason) => self.append(queued, Destiny::Dead(reason), now),
        }
    }

    /// A failure of our own: the attempt keeps its permit and is ordered again after a moment.
    fn our_fault(&mut self, token: Token, error: Box<str>, now: Now) {
        let Some(started) = self.attempts.get(&token) else {
            return;
        };
        let lane = started.lane.clone();
        self.hold_until = now.moment.plus(HOLD);
        self.held_back.push(token);
        self.happened(Happened::OurFault { lane, error });
    }

    /// Asks for the append that carries a disposition out.
    pub(super) fn append(&mut self, queued: Queued, destiny: Destiny, now: Now) {
        let token = self.token();
        if let Destiny::Dead(_) = destiny {
            self.not_again(&queued.claim);
        }
        self.appends.insert(token, Pending { queued, destiny, refusals: 0, stops: false });
        self.submit(token, now);
    }

    pub(super) fn submit(&mut self, token: Token, now: Now) {
        let Some(pending) = self.appends.outbox.get(token) else {
            return;
        };
        let Pending { queued, destiny, .. } = pending;
        let topics = &self.settings.topics;
        let append = match destiny {
            Destiny::Tier(Delay { tier, final_wait, .. }) => {
                let mut delivery = queued.delivery.clone();
                let claim = &queued.claim;
                delivery.stamp = self.tenures.get(&claim.at).map(|tenures| tenures.stamp(claim.spot));
                delivery.progress.hops += 1;
                delivery.progress.waiting_since.get_or_insert(claim.spot.time);
                delivery.progress.final_wait = *final_wait;
                delay::into_tier(&delivery, *tier, queued.claim.at.partition, topics)
            }
            Destiny::Dead(reason) => dead_letter::of_delivery(&queued.delivery, *reason, now.kafka, topics),
        };
        if planted(Defect::SettledBeforeConfirmed)
            && let Ok(settled) = Settled::routed(queued.claim.clone(), 0)
        {
            settled.pass(&mut self.ledger);
        }
        self.out.push(Output::Append(token, append));
    }

    fn report(&mut self, delivery: Delivery, destiny: Destiny) {
        self.tell_made(&delivery);
        let destination = delivery.destination.clone();
        self.happened(match destiny {
            Destiny::Tier(Delay { tier, cause, .. }) => Happened::Delayed { destination, delivery, tier, cause },
            Destiny::Dead(reason) => Happened::DeadLettered { destination, delivery, reason },
        });
    }

    fn topic(&self, destiny: Destiny) -> Arc<str> {
        match destiny {
            Destiny::Tier(delay) => self.settings.topics.tier(delay.tier),
            Destiny::Dead(_) => self.settings.topics.dead_letters.clone(),
        }
    }
}

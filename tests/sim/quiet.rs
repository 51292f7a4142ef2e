//! The end of a run: faults stop, receivers recover, and everything must be settled soon. Then the books are closed.

use crate::life::Life;
use crate::member::Member;
use crate::places::{DEAD, Slot, slots_of};
use crate::receivers::Manner;
use crate::stage::{Core, Stage};
use crate::violation::{Checked, Invariant, hold};
use crate::world::World;
use crate::{places::SLOTS, plan::Mood};

/// Rounds until everything must be settled; in each a quarter of a second passes.
const ROUNDS: usize = 1_600;
const ROUND: i64 = 250;

impl World {
    /// Stops faults and goes round until nothing is under way.
    pub(crate) fn become_quiet(&mut self) -> Checked {
        let mood = std::mem::replace(&mut self.plan.mood, Mood::Moving);
        // One that asks for a minute's peace after each request would be asked for hours yet.
        for receiver in self.receivers.iter_mut().filter(|receiver| receiver.manner == Manner::Throttling) {
            receiver.manner = Manner::Healthy;
        }
        if mood == Mood::Rough {
            self.refusing = [false; SLOTS];
            for receiver in &mut self.receivers {
                receiver.manner = Manner::Healthy;
            }
            while !self.adrift.is_empty() {
                self.land_adrift()?;
            }
            for _ in 0..self.plan.replicas {
                self.restart()?;
            }
        }
        for round in 0..ROUNDS {
            self.now += ROUND;
            for m in 0..self.members.len() {
                self.round(m)?;
            }
            if self.is_quiet() {
                self.report.add("rounds to quiet", round as u64);
                return Ok(());
            }
        }
        let behind = (0..DEAD).map(|slot| (slot, self.log.owner(slot), self.log.behind(slot)));
        let lags = behind.filter(|(.., behind)| !behind.is_empty());
        let busy = self.members.iter().map(Member::state).enumerate().collect::<Vec<_>>();
        let lags: Vec<_> = lags.collect();
        hold(false, Invariant::Liveness, || {
            format!("not quiet after {ROUNDS} rounds; lags: {lags:?}; members: {busy:?}")
        })
    }

    fn round(&mut self, m: usize) -> Checked {
        if self.members[m].zombie {
            self.hear_lost(m)?;
        }
        if !self.members[m].is_blocked() {
            let free = slots_of(self.members[m].stage).filter(|slot| self.log.owner(*slot).is_none());
            let mine: Vec<Slot> = free.filter(|slot| slot % self.plan.replicas == m / 2).collect();
            self.assign_all(m, &mine);
            let held: Vec<Slot> = self.members[m].held.keys().copied().collect();
            for slot in held {
                self.read(m, slot, usize::MAX)?;
            }
        }
        self.credit(m)?;
        self.credit(m)?;
        self.turn(m)?;
        for index in (0..self.members[m].trials.len()).rev() {
            self.finish_one(m, index)?;
        }
        for index in (0..self.members[m].pending.len()).rev() {
            self.confirm_well(m, index)?;
        }
        self.turn(m)?;
        self.poll(m)?;
        self.commit(m)
    }

    fn is_quiet(&self) -> bool {
        (0..DEAD).all(|slot| self.log.behind(slot).is_empty()) && self.members.iter().all(|member| member.is_idle())
    }

    /// Closes the books: every delivery has ended, no permit and no memory is held.
    pub(crate) fn judge(&mut self) -> Checked {
        self.sweep()?;
        for (number, course) in self.facts.courses.iter().enumerate() {
            let delivered: u32 = course.hops.iter().map(|hop| hop.delivered).sum();
            let dead: u32 = course.hops.iter().map(|hop| hop.dead[0] + hop.dead[1]).sum();
            hold(delivered + dead > 0, Invariant::NothingGone, || format!("delivery {number} is gone: {course:?}"))?;
            let faultless = self.report.get("revoked") == 0 && self.report.get("crash") == 0;
            hold(!faultless || delivered + dead == 1, Invariant::RepeatsAreExplained, || {
                format!("delivery {number} ended {delivered} times delivered and {dead} times dead without a fault")
            })?;
        }
        for (m, member) in self.members.iter().enumerate() {
            let bytes: usize = member.held.values().map(|held| held.load.bytes()).sum();
            hold(bytes == 0, Invariant::MemoryIsBounded, || format!("member {m} holds {bytes} bytes of nothing"))?;
            if let Core::Deliver(core) = &member.core {
                let lanes: Vec<_> = core.lanes().filter(|(_, queued, busy)| queued + busy > 0).collect();
                let active = core.active();
                hold(lanes.is_empty() && active == 0, Invariant::PermitsComeBack, || {
                    format!("member {m} has {active} under way and holds {lanes:?} of nothing")
                })?;
            }
        }
        Ok(())
    }

    /// Every life below every committed offset is settled, and nothing was begun more often than explained.
    pub(crate) fn sweep(&mut self) -> Checked {
        for number in 0..self.facts.courses.len() {
            let hops = self.facts.courses[number].hops.len();
            for index in 0..hops {
                let hop = &self.facts.courses[number].hops[index];
                let life = Life { delivery: number as u32, hops: index as u32 };
                let allowed = hop.copies + hop.again[Stage::Deliver as usize];
                hold(hop.attempts <= allowed, Invariant::RepeatsAreExplained, || {
                    format!("{life:?} was attempted {} times of {allowed}", hop.attempts)
                })?;
                let arose = hop.copies > 0 || hop.waits > 0;
                hold(arose, Invariant::NothingGone, || format!("{life:?} was never in the log"))?;
            }
        }
        Ok(())
    }
}

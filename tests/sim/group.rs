//! Who owns which partition: assignments, orderly handing back, lost sessions, crashes.
//! One partition may move while the others go on, as with the cooperative protocol. Reading and committing is in `poll`.

use kafka_webhooks::delivery::claim::Epoch;
use kafka_webhooks::delivery::load::Load;
use kafka_webhooks::kafka::offsets::Grant;

use crate::facts::Again;
use crate::log::Reading;
use crate::member::{Done, Drain, Held};
use crate::places::{Slot, slots_of};
use crate::stage::Stage;
use crate::turn::STUCK;
use crate::violation::Checked;
use crate::world::World;

/// How long a client waits for handed back partitions to be drained, in milliseconds.
const DRAIN: i64 = 3_000;

impl World {
    /// Assigns some of the partitions that nobody owns.
    pub(crate) fn assign(&mut self, m: usize) -> Checked {
        let free: Vec<Slot> = slots_of(self.members[m].stage).filter(|slot| self.log.owner(*slot).is_none()).collect();
        let chosen: Vec<Slot> = free.into_iter().filter(|_| self.rng.one_in(2)).collect();
        // What it decided before is carried out before.
        self.turn(m)?;
        self.assign_all(m, &chosen);
        self.turn_soon(m)
    }

    pub(crate) fn assign_all(&mut self, m: usize, slots: &[Slot]) {
        if slots.is_empty() {
            return;
        }
        let now = self.clock(m);
        let member = &mut self.members[m];
        member.epochs += 1;
        member.unsent.clear();
        let epoch = Epoch(member.epochs);
        // What went into a tier and is read again begins anew.
        member.lives.retain(|_, done| *done != Done::Delayed);
        let mut grants = Vec::new();
        for slot in slots {
            let partition = self.log.partition(*slot);
            let draw = self.rng.draw();
            partition.begin_tenure(m, epoch, draw as u32);
            let held = Held { epoch, fetch: partition.committed, stored: None, load: Load::default() };
            member.held.insert(*slot, held);
            let note = partition.note.as_deref().map(Into::into);
            grants.push(Grant { at: self.places.at(*slot).clone(), epoch, note, draw });
        }
        member.core.assigned(&grants);
        if member.stage == Stage::Deliver {
            for slot in slots {
                let reading = Reading { at: self.places.at(*slot), epoch, load: &Load::default() };
                let history = self.log.partition(*slot).history(&reading);
                history.into_iter().for_each(|record| member.core.arrived(record, now));
            }
        }
        self.report.count("assigned");
    }

    /// A member is to hand back one of its partitions, or all.
    pub(crate) fn revoke(&mut self, m: usize) -> Checked {
        let held: Vec<Slot> = self.members[m].held.keys().copied().collect();
        if held.is_empty() {
            return Ok(());
        }
        let slots = if self.rng.one_in(4) { held } else { vec![*self.rng.pick(&held)] };
        let now = self.clock(m);
        self.members[m].core.revoke(&self.places.all_at(&slots), now);
        self.members[m].drains.push(Drain { slots, until: Some(self.now + DRAIN) });
        self.report.count("revoked");
        self.turn_soon(m)
    }

    /// The group throws a member out, which goes on without knowing.
    pub(crate) fn lose(&mut self, m: usize) -> Checked {
        if !self.members[m].held.is_empty() {
            self.members[m].zombie = true;
            self.report.count("lost");
            self.disown(m);
            // Whoever cannot reach the group often cannot reach the leaders either.
            for pending in &mut self.members[m].pending {
                pending.until = self.now + self.rng.between(-STUCK, STUCK);
            }
        }
        Ok(())
    }

    fn disown(&mut self, m: usize) {
        let stage = self.members[m].stage;
        for (slot, held) in &self.members[m].held {
            if self.log.owner(*slot) == Some(m) {
                let again = Again { log: &self.log, slot: *slot, to: held.fetch, stage, all: true };
                let count = self.facts.allow_again(&again);
                self.report.add("again after a fault", count);
                self.log.partition(*slot).owner = None;
            }
        }
    }

    /// It hears of it, and often joins again to get what it had.
    pub(crate) fn hear_lost(&mut self, m: usize) -> Checked {
        // What it decided before is carried out before.
        self.turn(m)?;
        let slots: Vec<Slot> = self.members[m].held.keys().copied().collect();
        let member = &mut self.members[m];
        member.held.clear();
        member.zombie = false;
        // What it had no room for may be dropped with them.
        member.unsent.clear();
        member.core.lost(&self.places.all_at(&slots));
        if self.rng.one_in(2) {
            let free: Vec<Slot> = slots.into_iter().filter(|slot| self.log.owner(*slot).is_none()).collect();
            self.assign_all(m, &free);
        }
        self.turn_soon(m)
    }

    /// A process dies: its memory is gone, what it had sent may arrive or not.
    pub(crate) fn crash(&mut self) -> Checked {
        let replica = self.rng.below(self.plan.replicas);
        if !self.members[2 * replica].alive {
            return Ok(());
        }
        self.report.count("crash");
        for m in [2 * replica, 2 * replica + 1] {
            self.disown(m);
            let stage = self.members[m].stage;
            for pending in std::mem::take(&mut self.members[m].pending) {
                match self.rng.below(3) {
                    _ if pending.written => {}
                    0 => self.write(&pending, stage)?,
                    1 => self.adrift.push((pending.slot, pending.append, pending.life, stage)),
                    _ => {}
                }
            }
            for trial in std::mem::take(&mut self.members[m].trials).into_iter().filter(|trial| !trial.held) {
                let answer = self.receivers[trial.receiver].answer(self.now - trial.since, &mut self.rng);
                if let Some(attempted) = answer.filter(|_| self.rng.one_in(2)) {
                    trial.lives.iter().for_each(|life| self.answered(*life, attempted.outcome));
                }
            }
        }
        let pair = self.pair();
        for (m, mut member) in (2 * replica..).zip(pair) {
            member.alive = false;
            self.members[m] = member;
        }
        Ok(())
    }

    pub(crate) fn restart(&mut self) -> Checked {
        let dead = (0..self.plan.replicas).find(|replica| !self.members[2 * replica].alive);
        if let Some(replica) = dead {
            let pair = self.pair();
            for (m, member) in (2 * replica..).zip(pair) {
                self.members[m] = member;
            }
        }
        Ok(())
    }
}

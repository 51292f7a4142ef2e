//! Who owns which partition: assignments, orderly handing back, lost sessions, crashes, commits.
//! One partition may move while the others go on, as with the cooperative protocol. What the stage does is in `turn`.

use kafka_webhooks::delivery::claim::Epoch;
use kafka_webhooks::delivery::load::Load;

use crate::facts::Again;
use crate::log::Reading;
use crate::member::{Drain, Held};
use crate::places::{Slot, slots_of};
use crate::receivers;
use crate::turn::STUCK;
use crate::violation::{Checked, Invariant, hold};
use crate::world::World;

/// How long a client waits for handed back partitions to be drained, in milliseconds.
const DRAIN: i64 = 3_000;
/// Bytes of one partition a member holds before it reads no more of it.
const FULL: usize = 24 * 1024;
/// Records read at once.
const BATCH: usize = 6;
/// Most bytes of a record in memory, with what it costs beyond them.
const RECORD: usize = 1024;

impl World {
    /// Assigns some of the partitions that nobody owns.
    pub(crate) fn assign(&mut self, m: usize) -> Checked {
        let free: Vec<Slot> = slots_of(self.members[m].stage).filter(|slot| self.log.owner(*slot).is_none()).collect();
        let chosen: Vec<Slot> = free.into_iter().filter(|_| self.rng.one_in(2)).collect();
        self.assign_all(m, &chosen);
        self.turn_soon(m)
    }

    pub(crate) fn assign_all(&mut self, m: usize, slots: &[Slot]) {
        if slots.is_empty() {
            return;
        }
        let member = &mut self.members[m];
        member.epochs += 1;
        member.unsent.clear();
        let epoch = Epoch(member.epochs);
        for slot in slots {
            let partition = self.log.partition(*slot);
            partition.owner = Some(m);
            let held = Held { epoch, fetch: partition.committed, stored: None, load: Load::default() };
            member.held.insert(*slot, held);
        }
        let at: Vec<_> = self.places.all_at(slots).into_iter().map(|at| (at, epoch)).collect();
        member.core.assigned(&at);
        self.report.count("assigned");
    }

    /// A poll: stores what was left and reads a few records of each partition.
    pub(crate) fn poll(&mut self, m: usize) -> Checked {
        if self.members[m].is_blocked() {
            return Ok(());
        }
        let left = std::mem::take(&mut self.members[m].left);
        self.members[m].store(&left, &self.places)?;
        let held: Vec<Slot> = self.members[m].held.keys().copied().collect();
        for slot in held {
            let many = self.rng.below(BATCH);
            self.read(m, slot, many)?;
        }
        self.turn_soon(m)
    }

    pub(crate) fn read(&mut self, m: usize, slot: Slot, many: usize) -> Checked {
        let now = self.clock(m);
        let member = &mut self.members[m];
        let Some(held) = member.held.get_mut(&slot) else { return Ok(()) };
        for _ in 0..many {
            let reading = Reading { at: self.places.at(slot), epoch: held.epoch, load: &held.load };
            let bytes = held.load.bytes();
            hold(bytes <= FULL + RECORD, Invariant::MemoryIsBounded, || format!("{bytes} bytes are held of {slot}"))?;
            let Some((life, record)) = self.log.partition(slot).read(held.fetch, &reading) else { break };
            if bytes > FULL {
                break;
            }
            held.fetch += 1;
            // What somebody reads who owns it no longer is read by its owner too.
            self.facts.hop(life).again[member.stage as usize] += u32::from(member.zombie);
            member.core.arrived(record, now);
        }
        self.listen(m);
        Ok(())
    }

    pub(crate) fn commit(&mut self, m: usize) -> Checked {
        let slots: Vec<Slot> = self.members[m].held.keys().copied().collect();
        slots.into_iter().try_for_each(|slot| self.commit_one(m, slot))
    }

    /// Commits what is stored; refused from whoever is no longer the owner. Judges what the offset passes.
    pub(crate) fn commit_one(&mut self, m: usize, slot: Slot) -> Checked {
        let Some(next) = self.members[m].held.get(&slot).and_then(|held| held.stored) else { return Ok(()) };
        if self.members[m].zombie || self.log.owner(slot) != Some(m) {
            self.report.count("commit refused");
            return Ok(());
        }
        let (committed, end) = (self.log.committed(slot), self.log.end(slot));
        if next == committed {
            return Ok(());
        }
        hold(committed < next && next <= end, Invariant::OffsetsPassOnlySettled, || {
            format!("slot {slot} is committed to {next}, from {committed}, and ends at {end}")
        })?;
        self.report.trace([3, slot as u64, next.unsigned_abs()]);
        for life in self.log.partition(slot).commit(next) {
            hold(self.facts.is_settled(life, slot), Invariant::OffsetsPassOnlySettled, || {
                format!("slot {slot} is committed to {next}, past {life:?}, which is not settled")
            })?;
        }
        Ok(())
    }

    /// A member is to hand back one of its partitions, or all.
    pub(crate) fn revoke(&mut self, m: usize) -> Checked {
        let held: Vec<Slot> = self.members[m].held.keys().copied().collect();
        if held.is_empty() {
            return Ok(());
        }
        let slots = if self.rng.one_in(4) { held } else { vec![*self.rng.pick(&held)] };
        self.members[m].core.revoke(&self.places.all_at(&slots));
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
                    self.answered(trial.life, attempted.outcome);
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

    /// The delay stage asks how far the deliver group is behind, or hears what it asked before.
    pub(crate) fn credit(&mut self, m: usize) -> Checked {
        let now = self.clock(m);
        let member = &mut self.members[m];
        let crate::stage::Core::Delay(core) = &mut member.core else { return Ok(()) };
        if let Some(observed) = member.observed.take() {
            observed.into_iter().for_each(|(partition, lag, mark)| core.credit(partition, lag, mark));
            return self.turn_soon(m);
        }
        let wanted = core.wants_credit(now).into_iter();
        let log = &self.log;
        let observed: Vec<_> = wanted.map(|(to, mark)| (to, log.lag(to as Slot), mark)).collect();
        member.observed = (!observed.is_empty()).then_some(observed);
        Ok(())
    }

    /// A receiver behaves like another from now on, or like itself again.
    pub(crate) fn change(&mut self) -> Checked {
        let index = self.rng.below(self.receivers.len());
        let first = receivers::all();
        // The brief one must fail often enough to be seen giving up.
        if first[index].terms.is_some_and(|terms| terms.max_attempts.is_some()) {
            return Ok(());
        }
        let like = if self.rng.one_in(3) { self.rng.below(first.len()) } else { index };
        self.receivers[index].manner = first[like].manner;
        Ok(())
    }
}

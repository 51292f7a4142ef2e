//! Handing partitions back once they are drained, or when the client has waited long enough; with the last commit, and with
//! what the next owner may therefore do again. Mirrors `Drain` of the drivers: a late answer is given to nobody.

use crate::facts::Again;
use crate::places::Slot;
use crate::violation::Checked;
use crate::world::World;

impl World {
    pub(crate) fn hand_back(&mut self, m: usize) -> Checked {
        for index in (0..self.members[m].drains.len()).rev() {
            let drain = &self.members[m].drains[index];
            let at = self.places.all_at(&drain.slots);
            let drained = at.iter().all(|at| self.members[m].core.is_drained(at));
            let timed_out = drain.until.is_some_and(|until| until <= self.now);
            if drained {
                let drain = self.members[m].drains.remove(index);
                let positions = self.members[m].core.release(&at);
                if drain.until.is_some() {
                    self.members[m].store(&positions, &self.places)?;
                    self.report.count("handed back");
                    self.give_up(m, &drain.slots, true)?;
                }
            } else if timed_out {
                self.report.count("drain timed out");
                self.members[m].drains[index].until = None;
                let slots = self.members[m].drains[index].slots.clone();
                self.give_up(m, &slots, false)?;
            }
        }
        Ok(())
    }

    /// Ends the ownership of partitions with a last commit; what is read again may be done again.
    pub(crate) fn give_up(&mut self, m: usize, slots: &[Slot], drained: bool) -> Checked {
        let stage = self.members[m].stage;
        for slot in slots {
            self.commit_one(m, *slot)?;
            let Some(held) = self.members[m].held.remove(slot) else { continue };
            if self.log.owner(*slot) == Some(m) {
                self.log.partition(*slot).owner = None;
                let again = Again { log: &self.log, slot: *slot, to: held.fetch, stage, all: !drained };
                let count = self.facts.allow_again(&again);
                self.report.add(if drained { "again after a drain" } else { "again after a fault" }, count);
            }
        }
        Ok(())
    }
}

//! What a Kafka client does for its stage: reads within a limit, stores positions, commits them, answers how far a group
//! is behind. Each commit is judged by what it passes.

use crate::log::Reading;
use crate::places::Slot;
use crate::stage::Core;
use crate::violation::{Checked, Invariant, hold};
use crate::world::World;

/// Bytes of one partition a member holds before it reads no more of it.
const FULL: usize = 24 * 1024;
/// Records read at once.
const BATCH: usize = 6;
/// Most bytes of a record in memory, with what it costs beyond them.
const RECORD: usize = 1024;

impl World {
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
            self.log.partition(slot).was_read(held.epoch, held.fetch, m);
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
        let Some(stored) = self.members[m].held.get(&slot).and_then(|held| held.stored.clone()) else { return Ok(()) };
        let next = stored.next;
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
        for (life, stamp) in self.log.partition(slot).commit(&stored) {
            // Whoever read its source again answers for it.
            let left_to_another = stamp.is_some_and(|stamp| self.log.was_read_again(slot, &stamp, usize::MAX));
            hold(left_to_another || self.facts.is_settled(life, slot), Invariant::OffsetsPassOnlySettled, || {
                format!("slot {slot} is committed to {next}, past {life:?}, which is not settled")
            })?;
        }
        Ok(())
    }

    /// The delay stage asks how far the deliver group is behind, or hears what it asked before.
    pub(crate) fn credit(&mut self, m: usize) -> Checked {
        let now = self.clock(m);
        let member = &mut self.members[m];
        let Core::Delay(core) = &mut member.core else { return Ok(()) };
        if let Some(observed) = member.observed.take() {
            observed.into_iter().for_each(|(partition, behind, mark)| core.credit(partition, &behind, mark));
            return self.turn_soon(m);
        }
        let wanted = core.wants_credit(now).into_iter();
        let log = &self.log;
        let observed: Vec<_> = wanted.map(|(to, mark)| (to, log.behind(to as Slot), mark)).collect();
        member.observed = (!observed.is_empty()).then_some(observed);
        Ok(())
    }
}

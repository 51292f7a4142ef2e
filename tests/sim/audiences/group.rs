//! Who owns which partition: assignments, orderly handing back, lost sessions, crashes; and appends that land late.

use kafka_webhooks::delivery::claim::Epoch;
use kafka_webhooks::kafka::offsets::Grant;

use super::member::{Held, Member};
use super::source::PARTITIONS;
use super::world::World;
use crate::plan::Mood;
use crate::violation::Checked;

/// How long a client waits for handed back partitions to be drained, in milliseconds.
const DRAIN: i64 = 300;

impl World {
    /// A member gets some of the partitions that nobody owns.
    pub(crate) fn assign(&mut self, m: usize) -> Checked {
        let free = (0..PARTITIONS).filter(|partition| self.kafka.owner[*partition].is_none());
        let free: Vec<usize> = free.collect();
        let chosen: Vec<usize> = free.into_iter().filter(|_| self.rng.one_in(2)).collect();
        self.assign_all(m, &chosen)
    }

    pub(crate) fn assign_all(&mut self, m: usize, partitions: &[usize]) -> Checked {
        for partition in partitions {
            let member = &mut self.members[m];
            member.epochs += 1;
            let epoch = Epoch(member.epochs);
            let fetch = self.kafka.committed[*partition];
            member.held.insert(*partition, Held { epoch, fetch, stored: None });
            self.kafka.owner[*partition] = Some((m, epoch));
            let grant = Grant { at: self.kafka.at(*partition), epoch, note: None, draw: 0 };
            member.core.assigned(&[grant]);
        }
        self.turn(m)
    }

    /// A member is to hand a partition back.
    pub(crate) fn revoke(&mut self, m: usize) -> Checked {
        let held: Vec<usize> = self.members[m].held.keys().copied().collect();
        let partition = *self.rng.pick(&held);
        let until = (self.mood == Mood::Rough).then_some(self.now + DRAIN);
        let at = self.kafka.at(partition);
        self.members[m].core.revoke(&[at]);
        self.members[m].drains.push((partition, until));
        self.turn_soon(m)
    }

    /// Hands back what is drained; what is not in time is somebody else's then.
    pub(crate) fn hand_back(&mut self, m: usize) -> Checked {
        for (partition, until) in std::mem::take(&mut self.members[m].drains) {
            let at = self.kafka.at(partition);
            if self.members[m].core.is_drained(&at) {
                self.store(m)?;
                for position in self.members[m].core.release(&[at]) {
                    if let Some(held) = self.members[m].held.get_mut(&partition) {
                        held.stored = Some(position.next as usize);
                    }
                }
                self.commit_one(m, partition)?;
                self.count("handed back");
            } else if until.is_some_and(|until| self.now > until) {
                self.members[m].core.lost(&[at]);
                self.count("drain timed out");
            } else {
                self.members[m].drains.push((partition, until));
                continue;
            }
            self.members[m].held.remove(&partition);
            self.disown(m, partition);
        }
        Ok(())
    }

    /// The group throws a member out, which goes on without knowing.
    pub(crate) fn lose(&mut self, m: usize) -> Checked {
        self.members[m].zombie = true;
        self.count("lost");
        let held: Vec<usize> = self.members[m].held.keys().copied().collect();
        held.into_iter().for_each(|partition| self.disown(m, partition));
        Ok(())
    }

    /// It hears of it.
    pub(crate) fn hear_lost(&mut self, m: usize) -> Checked {
        let held = std::mem::take(&mut self.members[m].held);
        let lost: Vec<_> = held.keys().map(|partition| self.kafka.at(*partition)).collect();
        let member = &mut self.members[m];
        member.zombie = false;
        member.drains.clear();
        member.core.lost(&lost);
        self.turn_soon(m)
    }

    /// A process dies: its memory is gone, what it had sent may arrive or not.
    pub(crate) fn crash(&mut self, m: usize) -> Checked {
        self.count("crash");
        for partition in 0..PARTITIONS {
            self.disown(m, partition);
        }
        let mut dead = Member::new(&self.kafka);
        dead.alive = false;
        let member = std::mem::replace(&mut self.members[m], dead);
        for pending in member.pending.into_iter().filter(|pending| !pending.written) {
            match self.rng.below(3) {
                0 => self.kafka.write(&pending.append, self.now)?,
                1 => self.adrift.push(pending.append),
                _ => {}
            }
        }
        Ok(())
    }

    pub(crate) fn restart(&mut self) -> Checked {
        if let Some(dead) = self.members.iter_mut().find(|member| !member.alive) {
            *dead = Member::new(&self.kafka);
        }
        Ok(())
    }

    /// An append of a dead process arrives after all.
    pub(crate) fn land(&mut self) -> Checked {
        if self.adrift.is_empty() {
            return Ok(());
        }
        let index = self.rng.below(self.adrift.len());
        let append = self.adrift.swap_remove(index);
        self.count("landed late");
        self.kafka.write(&append, self.now)
    }

    fn disown(&mut self, m: usize, partition: usize) {
        if self.kafka.owner[partition].is_some_and(|(owner, _)| owner == m) {
            self.kafka.owner[partition] = None;
        }
    }
}

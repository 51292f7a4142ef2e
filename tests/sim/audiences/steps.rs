//! What replicas do: read, decide, append, commit; and what Kafka answers, with any luck.

use kafka_webhooks::kafka::record::{AppendError, Confirmation};
use kafka_webhooks::stage::diff::core::{Happened, Output};

use super::member::{Followed, Pending, Told};
use super::world::World;
use crate::plan::Mood;
use crate::violation::{Broken, Checked, Invariant, hold};

impl World {
    /// The client hands over some records.
    pub(crate) fn poll(&mut self, m: usize) -> Checked {
        let partitions: Vec<usize> = self.members[m].held.keys().copied().collect();
        let partition = *self.rng.pick(&partitions);
        for _ in 0..=self.rng.below(4) {
            let Some(held) = self.members[m].held.get_mut(&partition) else { break };
            let Some(record) = self.kafka.input(partition, held.fetch, held.epoch) else { break };
            held.fetch += 1;
            self.members[m].core.arrived(record);
        }
        self.turn_soon(m)
    }

    /// The table reads on.
    pub(crate) fn table(&mut self, m: usize) -> Checked {
        let partitions: Vec<usize> = self.members[m].followed.keys().copied().collect();
        let Some(partition) = (!partitions.is_empty()).then(|| *self.rng.pick(&partitions)) else { return Ok(()) };
        let most = 1 + self.rng.below(12);
        let member = &mut self.members[m];
        let Some(followed) = member.followed.get_mut(&partition) else { return Ok(()) };
        for _ in 0..most {
            let Some(record) = self.kafka.membership(partition, followed.next, followed.epoch) else {
                followed.next = self.kafka.end(partition);
                break;
            };
            followed.next = record.offset as usize + 1;
            member.told.push_back(Told::Record(record));
        }
        if !followed.restored && followed.next >= followed.end {
            followed.restored = true;
            member.told.push_back(Told::Restored(partition, followed.epoch));
        }
        if let Some((partition, epoch, offset)) = member.rereads.pop_front() {
            let record = self.kafka.membership(partition, offset as usize, epoch);
            let record = record.filter(|record| record.offset == offset);
            member.told.push_back(Told::Reread(partition, epoch, offset, record));
        }
        Ok(())
    }

    /// The stage hears what the table told.
    pub(crate) fn hear(&mut self, m: usize) -> Checked {
        let now = self.clock();
        for _ in 0..=self.rng.below(20) {
            let member = &mut self.members[m];
            match member.told.pop_front() {
                Some(Told::Record(record)) => member.core.told(&record, now),
                Some(Told::Restored(partition, epoch)) => member.core.restored(partition as i32, epoch),
                Some(Told::Reread(partition, epoch, offset, record)) => {
                    member.core.reread(partition as i32, epoch, (offset, record.as_ref()));
                }
                None => break,
            }
        }
        self.turn_soon(m)
    }

    /// The stage looks around and does what its core asks for.
    pub(crate) fn turn(&mut self, m: usize) -> Checked {
        let now = self.clock();
        self.members[m].core.proceed(now);
        for output in self.members[m].core.take_outputs() {
            let member = &mut self.members[m];
            match output {
                Output::Append(token, _) if self.mood == Mood::Rough && self.rng.one_in(50) => {
                    member.core.no_room(token, now);
                }
                Output::Append(token, append) => member.pending.push(Pending { token, append, written: false }),
                Output::Follow { partition, epoch } => {
                    let partition = partition as usize;
                    let end = self.kafka.end(partition);
                    member.rereads.retain(|(other, ..)| *other != partition);
                    member.followed.insert(partition, Followed { epoch, next: 0, end, restored: false });
                }
                Output::Leave { partition, epoch } => {
                    let partition = partition as usize;
                    if member.followed.get(&partition).is_some_and(|own| own.epoch == epoch) {
                        member.followed.remove(&partition);
                        member.rereads.retain(|(other, ..)| *other != partition);
                    }
                }
                Output::Reread { partition, epoch, offset } => {
                    member.rereads.push_back((partition as usize, epoch, offset));
                }
                Output::Happened(Happened::Healed) => self.count("healed"),
                Output::Happened(Happened::Restored { .. }) => self.count("restored"),
                Output::Happened(Happened::GaveWay { .. }) => self.count("gave way"),
                Output::Happened(_) => {}
                Output::Failed(changed) => return Err(Broken(Invariant::NothingGone, changed.to_string())),
            }
        }
        self.store(m)?;
        self.hand_back(m)
    }

    pub(crate) fn store(&mut self, m: usize) -> Checked {
        let member = &mut self.members[m];
        for position in member.core.take_positions() {
            let partition = position.at.partition as usize;
            if let Some(held) = member.held.get_mut(&partition).filter(|held| held.epoch == position.epoch) {
                held.stored = Some(position.next as usize);
            }
        }
        Ok(())
    }

    pub(crate) fn commit(&mut self, m: usize) -> Checked {
        self.store(m)?;
        let partitions: Vec<usize> = self.members[m].held.keys().copied().collect();
        partitions.into_iter().try_for_each(|partition| self.commit_one(m, partition))
    }

    /// Commits what is stored; a partition that is somebody else's takes nothing.
    pub(crate) fn commit_one(&mut self, m: usize, partition: usize) -> Checked {
        let held = &self.members[m].held[&partition];
        let (Some(next), true) = (held.stored, self.kafka.owner[partition] == Some((m, held.epoch))) else {
            return Ok(());
        };
        for offset in self.kafka.committed[partition]..next {
            let input = self.kafka.inputs[partition].get(offset);
            let is_settled = input.is_some_and(|input| self.kafka.truth.is_settled(input));
            hold(is_settled, Invariant::OffsetsPassOnlySettled, || {
                format!("partition {partition} is committed to {next}, past {offset}: {input:?}")
            })?;
        }
        self.kafka.committed[partition] = next.max(self.kafka.committed[partition]);
        Ok(())
    }

    /// Kafka answers an append.
    pub(crate) fn confirm(&mut self, m: usize) -> Checked {
        let index = self.rng.below(self.members[m].pending.len());
        let luck = if self.mood == Mood::Rough { self.rng.below(100) } else { 99 };
        let written = self.members[m].pending[index].written;
        match luck {
            0..12 if !written => {
                self.members[m].pending[index].written = true;
                let append = self.members[m].pending[index].append.clone();
                self.kafka.write(&append, self.now)
            }
            12..15 => self.answer(m, index, Err(AppendError::Unconfirmed("timed out".into()))),
            15..17 if !written => self.answer(m, index, Err(AppendError::Refused("not authorised".into()))),
            _ => self.confirm_well(m, index),
        }
    }

    pub(crate) fn confirm_well(&mut self, m: usize, index: usize) -> Checked {
        let pending = &self.members[m].pending[index];
        if !pending.written {
            let append = pending.append.clone();
            self.kafka.write(&append, self.now)?;
        }
        self.count("confirmed");
        self.answer(m, index, Ok(()))
    }

    fn answer(&mut self, m: usize, index: usize, result: Result<(), AppendError>) -> Checked {
        let now = self.clock();
        let member = &mut self.members[m];
        let token = member.pending.swap_remove(index).token;
        member.core.confirmed(&Confirmation { token, result }, now);
        self.turn_soon(m)
    }
}

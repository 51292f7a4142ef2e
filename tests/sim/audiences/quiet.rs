//! The end of a run: faults stop, everything that is under way arrives, and what is left must be true.

use super::source::{KEYS, PARTITIONS, USERS, user};
use super::truth::plain;
use super::world::World;
use crate::plan::Mood;
use crate::violation::{Checked, Invariant, hold};

/// Rounds after which everything must be settled.
const ROUNDS: usize = 20_000;
/// Rounds without anything to do, after which nothing will come.
const STILL: usize = 40;

impl World {
    pub(crate) fn become_quiet(&mut self) -> Checked {
        while !self.adrift.is_empty() {
            self.land()?;
        }
        for m in 0..self.members.len() {
            self.restart()?;
            if self.members[m].zombie {
                self.hear_lost(m)?;
            }
        }
        let mood = std::mem::replace(&mut self.mood, Mood::Moving);
        let mut still = 0;
        for _ in 0..ROUNDS {
            still = if self.is_still() { still + 1 } else { 0 };
            if still > STILL {
                self.mood = mood;
                self.counts.insert("forgotten", self.kafka.truth.forgotten() as u64);
                return Ok(());
            }
            self.round()?;
        }
        hold(false, Invariant::Liveness, || {
            let committed = &self.kafka.committed;
            let ends: Vec<usize> = self.kafka.inputs.iter().map(Vec::len).collect();
            let pending: Vec<_> = self.members.iter().map(|member| member.pending.len()).collect();
            format!("committed {committed:?} of {ends:?}, pending {pending:?}")
        })
    }

    fn is_still(&self) -> bool {
        let is_committed = |partition: usize| {
            self.kafka.committed[partition] == self.kafka.inputs[partition].len() && self.kafka.owner[partition].is_some()
        };
        (0..PARTITIONS).all(is_committed) && self.members.iter().all(|member| member.is_quiet())
    }

    fn round(&mut self) -> Checked {
        self.now += 50;
        for m in 0..self.members.len() {
            if self.members[m].drains.is_empty() {
                self.assign(m)?;
            }
            if !self.members[m].held.is_empty() {
                self.poll(m)?;
            }
            self.table(m)?;
            self.hear(m)?;
            while !self.members[m].pending.is_empty() {
                self.confirm_well(m, 0)?;
            }
            self.turn(m)?;
            if !self.members[m].held.is_empty() {
                self.commit(m)?;
            }
        }
        Ok(())
    }

    pub(crate) fn judge(&self) -> Checked {
        for number in 0..USERS {
            let partition = number % PARTITIONS;
            let owner = self.kafka.owner[partition].map(|(owner, _)| &self.members[owner]);
            for (index, key) in KEYS.into_iter().enumerate() {
                let known = owner.and_then(|owner| plain(owner.core.holds(partition as i32, key, &user(number))));
                let holds = self.kafka.truth.holds(number, index);
                hold(known == holds, Invariant::MembershipsAreTheFold, || {
                    format!("the owner knows {known:?} of u{number} and {key}, true is {holds:?}")
                })?;
            }
        }
        self.kafka.truth.judge()?;
        if self.mood == Mood::Rough { Ok(()) } else { self.kafka.truth.judge_calls(&self.kafka.inputs) }
    }
}

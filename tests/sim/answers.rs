//! Answers: a receiver ends an attempt, Kafka answers an append, in any order and with any luck.
//! What the core then says of it is judged in `verdicts`.

use kafka_webhooks::kafka::record::{AppendError, Confirmation};
use kafka_webhooks::outcome::Outcome;
use kafka_webhooks::outcome::disposition::Attempted;
use kafka_webhooks::stage::deliver::core::{Report, Tried};

use crate::batches::TOO_MANY;
use crate::member::{Done, Known, Pending};
use crate::places::DEAD;
use crate::plan::Mood;
use crate::receivers::{self, Manner};
use crate::stage::{Said, Stage};
use crate::violation::Checked;
use crate::world::World;

/// What Kafka does with an append.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Luck {
    Confirmed,
    WrittenOnly,
    WrittenUnconfirmed,
    Unconfirmed,
    Refused,
    TooLarge,
}

impl World {
    pub(crate) fn finish(&mut self, m: usize) -> Checked {
        let index = self.rng.below(self.members[m].trials.len());
        self.finish_one(m, index)?;
        self.turn_soon(m)
    }

    /// Ends an attempt, unless its receiver keeps silent.
    pub(crate) fn finish_one(&mut self, m: usize, index: usize) -> Checked {
        let trial = &self.members[m].trials[index];
        let (token, age) = (trial.token, self.now - trial.since);
        if trial.held {
            return Ok(());
        }
        let now = self.clock(m);
        if self.plan.mood == Mood::Rough && self.rng.one_in(80) {
            self.report.count("our fault");
            self.not_attempted(m, index);
            let receiver = self.members[m].trials[index].receiver;
            self.watch_fault(m, token, receiver);
            self.members[m].trials[index].held = true;
            self.members[m].core.attempted(token, Report::OurFault("no descriptors".into()), now);
            self.listen(m);
            return Ok(());
        }
        let receiver = &self.receivers[trial.receiver];
        let Some(attempted) = receiver.answer(age, &mut self.rng) else { return Ok(()) };
        let asks_for_less = receiver.manner == Manner::Narrow && trial.lives.len() > TOO_MANY;
        let attempted = if asks_for_less {
            self.not_attempted(m, index);
            Attempted { outcome: Outcome::Rejected, retry_after: None }
        } else {
            attempted
        };
        let trial = self.members[m].trials.swap_remove(index);
        for life in &trial.lives {
            self.members[m].lives.remove(&Known(*life, None));
            if !asks_for_less {
                self.answered(*life, attempted.outcome);
            }
        }
        self.watch_end(m, &trial, attempted);
        let last = receivers::last(attempted.outcome);
        let report = Report::Tried(Tried { attempted, began: trial.began, last, asks_for_less });
        self.members[m].core.attempted(token, report, now);
        self.listen(m);
        self.verdict(m, None)
    }

    /// What was ordered was no attempt: it could not be made, or goes again in smaller batches.
    fn not_attempted(&mut self, m: usize, index: usize) {
        for life in &self.members[m].trials[index].lives {
            self.facts.hop(*life).attempts -= 1;
        }
    }

    /// The receiver has answered, whether anybody hears it or not.
    pub(crate) fn answered(&mut self, life: crate::life::Life, outcome: Outcome) {
        self.report.count(outcome.label());
        self.facts.hop(life).delivered += u32::from(outcome == Outcome::Delivered);
        if outcome == Outcome::Delivered {
            self.facts.end(life);
        }
        let course = self.facts.course(life);
        course.costed += u32::from(outcome.costs_an_attempt());
        course.outcomes.push(outcome);
    }

    pub(crate) fn confirm(&mut self, m: usize) -> Checked {
        let index = self.rng.below(self.members[m].pending.len());
        if self.members[m].pending[index].until > self.now {
            return Ok(());
        }
        let luck = self.luck(&self.members[m].pending[index].clone_place());
        self.confirm_with(m, index, luck)?;
        self.turn_soon(m)
    }

    /// Confirms an append as Kafka does on a good day.
    pub(crate) fn confirm_well(&mut self, m: usize, index: usize) -> Checked {
        self.confirm_with(m, index, Luck::Confirmed)
    }

    fn luck(&mut self, (slot, written): &(usize, bool)) -> Luck {
        if self.plan.mood != Mood::Rough {
            return Luck::Confirmed;
        }
        let draw = self.rng.below(200);
        match draw {
            0..20 if !written => Luck::WrittenOnly,
            20..24 => Luck::WrittenUnconfirmed,
            _ if *written => Luck::Confirmed,
            _ if self.refusing[*slot] => Luck::Refused,
            24..28 => Luck::Unconfirmed,
            28..31 => Luck::Refused,
            31 if *slot != DEAD => Luck::TooLarge,
            _ => Luck::Confirmed,
        }
    }

    fn confirm_with(&mut self, m: usize, index: usize, luck: Luck) -> Checked {
        let stage = self.members[m].stage;
        if luck == Luck::WrittenOnly {
            self.members[m].pending[index].written = true;
            let pending = &self.members[m].pending[index];
            let (slot, life) = (pending.slot, pending.life);
            self.log.append(slot, &pending.append, life, self.now);
            return self.facts.landed(slot, life, Some(stage), self.now);
        }
        let mut pending = self.members[m].pending.swap_remove(index);
        if matches!(luck, Luck::Confirmed | Luck::WrittenUnconfirmed) && !pending.written {
            pending.written = true;
            self.write(&pending, stage)?;
        }
        let error = self.error(&pending, luck, stage);
        let source = Known::of(stage, Self::source(&pending), &pending.append);
        let delayed = stage == Stage::Deliver && pending.slot != DEAD;
        let former = delayed && pending.epoch != self.epoch_of(m, pending.life);
        if error.is_none() && !former {
            self.members[m].lives.insert(source, if delayed { Done::Delayed } else { Done::Settled });
        } else if stage == Stage::Delay {
            self.members[m].lives.remove(&source);
        }
        let confirmation = Confirmation { token: pending.token, result: error.map_or(Ok(()), Err) };
        let now = self.clock(m);
        self.members[m].core.confirmed(&confirmation, now);
        self.listen(m);
        self.verdict(m, Some(&pending))?;
        let again = |said: &Said| matches!(said, Said::Append(token, _) if *token == pending.token);
        if confirmation.result.is_ok() && !self.members[m].said.iter().any(again) {
            self.members[m].asked.remove(&pending.token);
        } else if let Some(asked) = self.members[m].asked.get_mut(&pending.token) {
            asked.refused = true;
        }
        Ok(())
    }

    fn error(&mut self, pending: &Pending, luck: Luck, stage: Stage) -> Option<AppendError> {
        let source = Self::source(pending);
        match luck {
            Luck::Confirmed | Luck::WrittenOnly => None,
            Luck::WrittenUnconfirmed => {
                self.report.count("append written unconfirmed");
                self.facts.hop(source).again[stage as usize] += 1;
                Some(AppendError::Unconfirmed("timed out".into()))
            }
            Luck::Unconfirmed => {
                self.report.count("append unconfirmed");
                Some(AppendError::Unconfirmed("timed out".into()))
            }
            Luck::Refused => {
                self.report.count("append refused");
                Some(AppendError::Refused("not authorised".into()))
            }
            Luck::TooLarge => {
                self.report.count("append too large");
                self.facts.course(source).too_large = true;
                Some(AppendError::TooLarge)
            }
        }
    }
}

impl Pending {
    fn clone_place(&self) -> (usize, bool) {
        (self.slot, self.written)
    }
}

//! A stage's turn, as its driver makes it: proceed, carry out what the core asks for, leave positions to be stored, hand
//! back what is drained. Attempts and appends are judged as they are asked for.

use std::collections::BTreeMap;

use kafka_webhooks::delivery::Delivery;
use kafka_webhooks::delivery::claim::Epoch;
use kafka_webhooks::delivery::tenure::REMEMBERED;
use kafka_webhooks::kafka::record::{Append, Token};
use kafka_webhooks::stage::deliver::core::Order;

use crate::life::{Life, before};
use crate::member::{Asked, Done, Known, Pending, Trial};
use crate::places::{DEAD, Slot, wait_of};
use crate::plan::Mood;
use crate::stage::{Core, Said, Stage};
use crate::violation::{Checked, Invariant, hold};
use crate::world::{MAX_REQUESTS, SKEW, World};

/// Appends the producer of one stage takes.
const ROOM: usize = 36;
/// How long Kafka may be silent about an append, in milliseconds.
pub(crate) const STUCK: i64 = 15_000;

impl World {
    pub(crate) fn turn(&mut self, m: usize) -> Checked {
        let now = self.clock(m);
        self.members[m].core.proceed(now);
        self.listen(m);
        while let Some(said) = self.members[m].said.pop_front() {
            match said {
                Said::Attempt(order) => self.order(m, order)?,
                Said::Append(token, append) => self.ask(m, token, append)?,
                Said::Repeated => self.report.count("copy dropped"),
                Said::Split => self.report.count("batch split"),
                Said::Delivered(_) | Said::Delayed(_) | Said::Dead(..) | Said::Forgotten(_) | Said::Other => {}
            }
        }
        let refused = std::mem::take(&mut self.members[m].refused_now);
        self.members[m].unsent.extend(refused);
        let moved = self.members[m].core.take_positions();
        self.members[m].left.extend(moved);
        self.hand_back(m)?;
        self.wakes_ahead(m)?;
        self.count_permits(m)
    }

    /// Takes what the core says; it is carried out with the next turn.
    pub(crate) fn listen(&mut self, m: usize) {
        let at = self.clock(m).kafka;
        for said in self.members[m].core.take_outputs() {
            if let Said::Append(token, append) = &said {
                let receiver = self.facts.identify(append).map(|life| self.facts.course(life).receiver);
                let open = receiver.is_ok_and(|receiver| self.is_open(m, receiver));
                self.members[m].asked.entry(*token).or_insert(Asked { at, refused: false, open });
            }
            if let Said::Forgotten(id) = &said {
                self.forget_watch(m, id);
            }
            self.members[m].said.push_back(said);
        }
    }

    fn order(&mut self, m: usize, order: Order) -> Checked {
        self.is_a_batch(&order)?;
        let Order { token, deliveries, .. } = order;
        let (began, since) = (self.clock(m).kafka, self.now);
        let lives: Vec<Life> = deliveries.iter().map(|delivery| self.life_of(delivery)).collect();
        let receiver = self.facts.course(lives[0]).receiver;
        let again = self.members[m].trials.iter().any(|trial| trial.token == token);
        hold(again || self.members[m].unsent.is_empty(), Invariant::MemoryIsBounded, || {
            format!("member {m} begins {lives:?} while its producer has no room")
        })?;
        for (life, delivery) in lives.iter().zip(&deliveries) {
            let (life, home) = (*life, self.home(*life));
            hold(self.members[m].works_on(home), Invariant::RepeatsAreExplained, || {
                format!("member {m} attempts {life:?} of slot {home}, which it knows it lost")
            })?;
            self.starts(m, Known(life, None), token)?;
            self.is_nobody_elses(m, home, delivery)?;
            let attempts = self.facts.attempt(life, since, SKEW)?;
            self.report.add("repeat", u64::from(attempts > 1));
            self.report.trace([1, u64::from(life.delivery), u64::from(life.hops)]);
        }
        let era = self.watch_begin(m, token, receiver)?;
        let trials = &mut self.members[m].trials;
        trials.retain(|trial| trial.token != token);
        trials.push(Trial { token, receiver, lives, began, since, era, held: false });
        Ok(())
    }

    fn ask(&mut self, m: usize, token: Token, append: Append) -> Checked {
        let life = self.facts.identify(&append)?;
        let slot = self.places.target(&append);
        let stage = self.members[m].stage;
        if stage == Stage::Delay && slot != DEAD {
            self.starts(m, Known::of(stage, life, &append), token)?;
            let due = self.facts.hop(life).due;
            hold(due.is_some_and(|due| self.now + SKEW >= due), Invariant::NeverEarly, || {
                format!("{life:?} leaves its tier at {} and is due at {due:?}", self.now)
            })?;
        }
        let source = if wait_of(slot).is_some() { before(life) } else { life };
        if stage == Stage::Deliver {
            let settled = self.members[m].lives.get(&Known(source, None)) == Some(&Done::Settled);
            hold(!settled, Invariant::CopiesDoNotLiveOn, || {
                format!("member {m} appends {life:?} to slot {slot}, which it had settled")
            })?;
            let home = self.home(life);
            hold(self.members[m].works_on(home), Invariant::RepeatsAreExplained, || {
                format!("member {m} appends {life:?} of slot {home}, which it knows it lost")
            })?;
        }
        let rough = self.plan.mood == Mood::Rough;
        if self.members[m].pending.len() >= ROOM || (rough && self.rng.one_in(60)) {
            self.report.count("no room");
            self.members[m].refused_now.insert(token);
            let now = self.clock(m);
            self.members[m].core.no_room(token, now);
            return Ok(());
        }
        self.members[m].unsent.remove(&token);
        let until = if rough && self.rng.one_in(50) { self.now + self.rng.between(0, STUCK) } else { 0 };
        let epoch = self.epoch_of(m, life);
        self.members[m].pending.push(Pending { token, append, slot, life, epoch, written: false, until });
        Ok(())
    }

    /// Whether a process may begin with a life: not while a twin is under way there, never after it was settled there.
    fn starts(&mut self, m: usize, known: Known, token: Token) -> Checked {
        let member = &mut self.members[m];
        let life = known.0;
        let before = member.lives.insert(known, Done::UnderWay(token));
        // What waited to be tried again may have been dropped with its partition.
        let fine = match before {
            None => true,
            Some(Done::UnderWay(other)) => other == token || !member.is_under_way(other),
            Some(Done::Delayed | Done::Settled) => false,
        };
        hold(fine, Invariant::CopiesDoNotLiveOn, || {
            format!("member {m} begins {life:?} as {token:?}, which is {before:?} there")
        })
    }

    /// The assignment under which a member works on a life's partition.
    pub(crate) fn epoch_of(&mut self, m: usize, life: Life) -> Option<Epoch> {
        let home = self.home(life);
        self.members[m].held.get(&home).map(|held| held.epoch)
    }

    /// Whether no later tenure answers for a delivery that came out of a tier. Who lost the partition cannot know, and
    /// the oldest tenures are forgotten.
    fn is_nobody_elses(&self, m: usize, home: Slot, delivery: &Delivery) -> Checked {
        let Some(stamp) = delivery.stamp.filter(|_| self.log.owner(home) == Some(m)) else { return Ok(()) };
        hold(!self.log.was_read_again(home, &stamp, REMEMBERED - 1), Invariant::CopiesDoNotLiveOn, || {
            format!("member {m} attempts {} from {stamp}, which a later tenure read again", delivery.id)
        })
    }

    /// Puts an append into the log.
    pub(crate) fn write(&mut self, pending: &Pending, by: Stage) -> Checked {
        let Pending { append, slot, life, .. } = pending;
        self.report.trace([2, *slot as u64, u64::from(life.delivery)]);
        self.log.append(*slot, append, *life, self.now);
        self.facts.landed(*slot, *life, Some(by), self.now)
    }

    /// Permits in use are those of attempts under way, within all limits.
    fn count_permits(&mut self, m: usize) -> Checked {
        let member = &self.members[m];
        let Core::Deliver(core) = &member.core else { return Ok(()) };
        let mut requests = 0;
        let mut together: BTreeMap<&str, usize> = BTreeMap::new();
        for (id, _, in_flight) in core.lanes() {
            let index = self.receivers.iter().position(|receiver| receiver.lane == *id);
            // What is held after a failure of our own may have been dropped with its partition.
            let of_lane = || member.trials.iter().filter(|trial| Some(trial.receiver) == index);
            let (under_way, most_under_way) = (of_lane().filter(|trial| !trial.held).count(), of_lane().count());
            let limits = index.and_then(|index| self.receivers[index].terms.as_ref()).map(|terms| terms.limits);
            let most = limits.map_or(0, |limits| limits.max_in_flight);
            requests += in_flight * limits.map_or(0, |limits| limits.requests);
            let of_destination = together.entry(id.destination.as_str()).or_default();
            *of_destination += in_flight;
            hold(*of_destination <= most, Invariant::PermitsComeBack, || {
                format!("member {m} holds {of_destination} permits of {most} for {id} and its like")
            })?;
            let right = (under_way..=most_under_way).contains(&in_flight);
            hold(right && in_flight <= most, Invariant::PermitsComeBack, || {
                format!("member {m} holds {in_flight} permits of {most} for {under_way} attempts of {id}")
            })?;
        }
        hold(requests <= MAX_REQUESTS, Invariant::PermitsComeBack, || format!("member {m} makes {requests} requests"))
    }

    /// The life of the source of an append.
    pub(crate) fn source(pending: &Pending) -> Life {
        if wait_of(pending.slot).is_some() { before(pending.life) } else { pending.life }
    }
}

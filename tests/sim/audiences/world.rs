//! The world of a run: draws the steps; each kind of step is in `steps` and `group`, the end in `quiet`.

use std::collections::BTreeMap;

use kafka_webhooks::kafka::record::Append;
use kafka_webhooks::outcome::time::{ClockTrust, KafkaTime, Moment, Now};

use super::kafka::Kafka;
use super::member::Member;
use super::source;
use crate::plan::Mood;
use crate::rng::Rng;
use crate::violation::{Broken, Checked, Violation};

const REPLICAS: usize = 3;
const BEGAN: i64 = 1_700_000_000_000;

#[derive(Clone, Copy, Debug)]
enum Step {
    Produce,
    Poll,
    Table,
    Hear,
    Turn,
    Confirm,
    Commit,
    Tick,
    Assign,
    Revoke,
    Compact,
    Lose,
    HearLost,
    Crash,
    Restart,
    Land,
    Leap,
    Week,
}

const WORK: [(Step, usize); 9] = [
    (Step::Produce, 10),
    (Step::Poll, 120),
    (Step::Table, 200),
    (Step::Hear, 200),
    (Step::Turn, 60),
    (Step::Confirm, 220),
    (Step::Commit, 30),
    (Step::Tick, 100),
    (Step::Assign, 30),
];
const MOVES: [(Step, usize); 3] = [(Step::Revoke, 4), (Step::Compact, 2), (Step::Week, 1)];
const FAULTS: [(Step, usize); 6] =
    [(Step::Lose, 6), (Step::HearLost, 6), (Step::Crash, 6), (Step::Restart, 40), (Step::Land, 6), (Step::Leap, 3)];

#[derive(Debug)]
pub(crate) struct World {
    pub(crate) mood: Mood,
    pub(crate) rng: Rng,
    pub(crate) now: i64,
    pub(crate) kafka: Kafka,
    pub(crate) members: Vec<Member>,
    /// Appends of dead processes that are still on their way.
    pub(crate) adrift: Vec<Append>,
    pub(crate) counts: BTreeMap<&'static str, u64>,
    produced: i64,
}

/// Runs so many steps, then stops all faults, waits for quiet and judges.
pub(crate) fn run(mood: Mood, seed: u64, steps: u64) -> Result<World, Violation> {
    let mut world = World::new(mood, seed);
    let mut step = 0;
    let result = (|| {
        while step < steps {
            step += 1;
            world.step()?;
        }
        world.become_quiet()?;
        world.judge()
    })();
    match result {
        Ok(()) => Ok(world),
        Err(Broken(invariant, detail)) => Err(Violation { invariant, detail, seed, step }),
    }
}

impl World {
    fn new(mood: Mood, seed: u64) -> Self {
        let kafka = Kafka::new();
        let members = (0..REPLICAS).map(|_| Member::new(&kafka)).collect();
        Self {
            mood,
            rng: Rng::new(seed),
            now: BEGAN,
            kafka,
            members,
            adrift: Vec::new(),
            counts: BTreeMap::new(),
            produced: 0,
        }
    }

    pub(crate) fn count(&mut self, name: &'static str) {
        *self.counts.entry(name).or_default() += 1;
    }

    pub(crate) fn clock(&self) -> Now {
        let since = std::time::Duration::from_millis((self.now - BEGAN) as u64);
        Now { moment: Moment::after(since), kafka: KafkaTime::from_millis(self.now), trust: ClockTrust::Sane }
    }

    fn draw(&mut self) -> Step {
        let tables: &[&[(Step, usize)]] = match self.mood {
            Mood::Calm => &[&WORK],
            Mood::Moving => &[&WORK, &MOVES],
            Mood::Rough => &[&WORK, &MOVES, &FAULTS],
        };
        let all = || tables.iter().copied().flatten();
        let mut left = self.rng.below(all().map(|(_, weight)| weight).sum());
        for (step, weight) in all() {
            match left.checked_sub(*weight) {
                Some(rest) => left = rest,
                None => return *step,
            }
        }
        Step::Turn
    }

    fn step(&mut self) -> Checked {
        match self.draw() {
            Step::Produce => self.produce(),
            Step::Poll => self.at_some(|member| !member.held.is_empty(), Self::poll),
            Step::Table => self.at_some(|member| !member.followed.is_empty(), Self::table),
            Step::Hear => self.at_some(|member| !member.told.is_empty(), Self::hear),
            Step::Turn => self.at_some(|_| true, Self::turn),
            Step::Confirm => self.at_some(|member| !member.pending.is_empty(), Self::confirm),
            Step::Commit => self.at_some(|member| !member.held.is_empty(), Self::commit),
            Step::Tick => self.pass_time(1, 25),
            Step::Leap => self.pass_time(500, 30_000),
            // What was said before is long over now, and may be forgotten.
            Step::Week => self.pass_time(source::WEEK, source::WEEK + 20_000_000),
            Step::Assign => self.at_some(|member| !member.zombie && member.drains.is_empty(), Self::assign),
            Step::Revoke => self.at_some(Member::may_lose, Self::revoke),
            Step::Compact => {
                let partition = self.rng.below(source::PARTITIONS);
                self.kafka.compact(partition, self.now);
                Ok(())
            }
            Step::Lose => self.at_some(Member::may_lose, Self::lose),
            Step::HearLost => self.at_some(|member| member.zombie, Self::hear_lost),
            Step::Crash => self.at_some(|_| true, Self::crash),
            Step::Restart => self.restart(),
            Step::Land => self.land(),
        }
    }

    /// One record, or what an audience that was just computed brings.
    fn produce(&mut self) -> Checked {
        let count = if self.rng.one_in(8) { 20 } else { 1 };
        (0..count).for_each(|_| self.produce_one());
        Ok(())
    }

    fn produce_one(&mut self) {
        self.produced += 1;
        let (partition, input) = source::next(&mut self.rng, self.produced, self.now);
        match &input.what {
            source::What::Delete { .. } => self.count("deleted"),
            source::What::Fact { version, .. } if version.millis < input.time.as_millis() => self.count("late"),
            source::What::Fact { .. } | source::What::Nonsense => {}
        }
        self.kafka.truth.produced(&input);
        self.kafka.inputs[partition].push(input);
    }

    /// Does something at a member that is alive and fits, if there is one.
    fn at_some(&mut self, fits: impl Fn(&Member) -> bool, step: impl Fn(&mut Self, usize) -> Checked) -> Checked {
        let (first, count) = (self.rng.below(REPLICAS), REPLICAS);
        let mut all = (0..count).map(|index| (first + index) % count);
        match all.find(|index| self.members[*index].alive && fits(&self.members[*index])) {
            Some(index) => step(self, index),
            None => Ok(()),
        }
    }

    fn pass_time(&mut self, low: i64, high: i64) -> Checked {
        self.now += self.rng.between(low, high);
        Ok(())
    }

    /// Hearing does not always lead to a turn at once: a driver hears many things and then looks around.
    pub(crate) fn turn_soon(&mut self, member: usize) -> Checked {
        if self.rng.one_in(6) { Ok(()) } else { self.turn(member) }
    }
}

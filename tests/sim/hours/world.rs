//! The world of a run of hours: one replica, one partition, two destinations, and a queue of what happens when. It jumps
//! from one event to the next; nothing is drawn, so each run is the same. What goes in and out is `traffic`'s.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use kafka_webhooks::app::build::settings;
use kafka_webhooks::app::sizes::{DELAY_BUDGET, DELIVER_BUDGET};
use kafka_webhooks::config::{Surroundings, load_text};
use kafka_webhooks::delivery::claim::TopicPartition;
use kafka_webhooks::kafka::record::{Append, Token};
use kafka_webhooks::outcome::Outcome;
use kafka_webhooks::outcome::time::{Moment, Now};
use kafka_webhooks::route::destination::DestinationId;
use kafka_webhooks::stage::delay::core::DelayCore;
use kafka_webhooks::stage::deliver::core::DeliverCore;

use super::client::Client;
use super::receiver::{Manner, Receiver};
use super::tally::Tally;
use crate::log::Partition;
use crate::member::Clocks;
use crate::places::Slot;
use crate::stage::{Core, Said};

/// When it begins, by the broker's clock, in milliseconds; and how long before that the process was born.
const BEGIN: i64 = 1_700_000_000_000;
const AGE: i64 = 10_000;
/// How long things take, in milliseconds: from an append to whoever reads it, to its confirmation; from one poll to the
/// next; from one commit to the next; from one question for credit to the next, and to its answer; an answer of the healthy one.
const FETCH: i64 = 5;
const CONFIRM: i64 = 10;
const COMMIT: i64 = 500;
const ASK: i64 = 50;
const HEAR: i64 = 20;
pub(super) const HEALTHY: i64 = 5;
/// Between two appends for the healthy one.
const STEP: i64 = 20;
/// Where things lie: the deliveries, the tiers, the dead letters.
pub(super) const DELIVERIES: Slot = 0;
const STAGES: [usize; 2] = [0, 1];
/// No run is longer.
const MOST: i64 = 48 * 3_600_000;

/// A run: what waits for whom.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scenario {
    /// Further keys of the destination whose lane cannot keep up, in flow style, each with a comma before it.
    pub(crate) keys: &'static str,
    pub(crate) manner: Manner,
    /// Deliveries that wait from the beginning.
    pub(crate) waiting: usize,
    /// Deliveries for the healthy one per second, by the second.
    pub(crate) neighbour: fn(i64) -> i64,
}

/// What may happen; of what happens at once, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Event {
    Produce,
    Land(usize),
    Read(usize),
    Answer,
    Commit,
    Ask,
    Hear,
    Turn(usize),
}

/// A run under way.
pub(crate) struct World {
    scenario: Scenario,
    pub(super) now: i64,
    events: BinaryHeap<Reverse<(i64, Event)>>,
    pub(super) topics: Vec<Arc<str>>,
    pub(super) log: Vec<Partition>,
    pub(super) clients: [Client; 2],
    pub(super) receiver: Receiver,
    pub(super) ids: [DestinationId; 2],
    /// Appends that are on their way, by stage, with when they land.
    pub(super) landing: [Vec<(i64, Token, Append)>; 2],
    pub(super) answers: BTreeMap<i64, Vec<(Token, usize, Outcome)>>,
    heard: Vec<(i32, Range<i64>, u64)>,
    /// What is planned already: reading, by stage; a commit; a question.
    reading: [bool; 2],
    committing: bool,
    asking: bool,
    waking: [i64; 2],
    pub(super) number: u32,
    pub(crate) tally: Tally,
}

/// Runs until all that waits for the one that cannot keep up is delivered or dead.
pub(crate) fn run(scenario: Scenario) -> Tally {
    let mut world = World::new(scenario);
    for _ in 0..scenario.waiting {
        world.produce(1);
    }
    world.tally.writes = vec![1; scenario.waiting];
    world.plan(0, Event::Produce);
    world.reading[0] = true;
    world.plan(0, Event::Read(0));
    while world.tally.delivered + world.tally.dead.values().sum::<usize>() < scenario.waiting {
        assert!(world.now - BEGIN < MOST, "not done after {MOST} ms: {}", world.tally);
        world.step();
    }
    world.tally
}

impl World {
    fn new(scenario: Scenario) -> Self {
        let text = format!(
            "kafka: {{ brokers: localhost:9092 }}\ndestinations:\n  - {{ id: healthy, type: webhooks, url: https://a.example.com }}\n  - {{ id: slow, type: webhooks, url: https://b.example.com{} }}\n",
            scenario.keys
        );
        let surroundings = Surroundings { environment: &|_| None, file_descriptors: 1 << 20, brokers: None };
        let config = load_text(Path::new("hours.yaml"), &text, &surroundings).expect("the configuration is valid");
        let settings = settings(&config, 1, &HashMap::new());
        let names = settings.topics.clone();
        let tiers = settings.tiers.as_slice().iter().map(|tier| names.tier(*tier));
        let topics: Vec<_> = std::iter::once(names.deliveries.clone()).chain(tiers).collect();
        let at = |slot: Slot| (slot, TopicPartition { topic: topics[slot].clone(), partition: 0 });
        let deliver = Core::Deliver(Box::new(DeliverCore::new(settings)));
        let delay = Core::Delay(Box::new(DelayCore::new(names, 1)));
        let clients = [
            Client::new(deliver, DELIVER_BUDGET, std::iter::once(at(DELIVERIES))),
            Client::new(delay, DELAY_BUDGET, (1..topics.len()).map(at)),
        ];
        let id = |name| DestinationId::new(name).expect("the names are valid");
        Self {
            scenario,
            now: BEGIN,
            events: BinaryHeap::new(),
            log: (0..topics.len()).map(|_| Partition::default()).collect(),
            topics,
            clients,
            receiver: Receiver::new(scenario.manner),
            ids: [id("healthy"), id("slow")],
            landing: [Vec::new(), Vec::new()],
            answers: BTreeMap::new(),
            heard: Vec::new(),
            reading: [false; 2],
            committing: false,
            asking: false,
            waking: [i64::MAX; 2],
            number: 0,
            tally: Tally::default(),
        }
    }

    pub(super) fn clock(&self) -> Now {
        Clocks { born: BEGIN - AGE, skew: 0 }.now(self.now)
    }

    pub(super) fn since(&self) -> i64 {
        self.now - BEGIN
    }

    pub(super) fn plan(&mut self, after: i64, event: Event) {
        self.events.push(Reverse((self.now + after, event)));
    }

    /// All that happens at the next moment at which anything does, then a turn of each stage that heard of it.
    fn step(&mut self) {
        let Reverse((next, _)) = self.events.peek().expect("there is always something to come");
        self.now = *next;
        let mut turns = [false; 2];
        while let Some(Reverse((_, event))) = self.events.peek().filter(|Reverse((at, _))| *at == self.now).copied() {
            self.events.pop();
            let stage = self.happens(event);
            turns[0] |= stage == Some(0);
            turns[1] |= stage == Some(1);
        }
        for stage in STAGES {
            if turns[stage] {
                self.turn(stage);
            }
        }
    }

    /// Answers which stage is to look around.
    fn happens(&mut self, event: Event) -> Option<usize> {
        match event {
            Event::Produce => {
                let second = self.since() / 1_000;
                let per_second = (self.scenario.neighbour)(second);
                let count = per_second * (self.since() + STEP) / 1_000 - per_second * self.since() / 1_000;
                for _ in 0..count {
                    self.produce(0);
                }
                self.tally.neighbour.produced += count as usize;
                self.plan(STEP, Event::Produce);
                self.read_soon(0);
                None
            }
            Event::Land(stage) => {
                self.land(stage);
                Some(stage)
            }
            Event::Read(stage) => {
                let now = self.clock();
                self.reading[stage] = false;
                if self.clients[stage].read(&self.log, now) {
                    self.read_soon(stage);
                }
                Some(stage)
            }
            Event::Answer => {
                self.answer();
                Some(0)
            }
            Event::Commit => {
                self.committing = false;
                self.clients.iter_mut().for_each(|client| client.commit(&mut self.log));
                None
            }
            Event::Ask => {
                let now = self.clock();
                self.asking = false;
                let Core::Delay(core) = &mut self.clients[1].core else { return None };
                let behind = self.log[DELIVERIES].behind();
                self.heard = core.wants_credit(now).into_iter().map(|(to, mark)| (to, behind.clone(), mark)).collect();
                if !self.heard.is_empty() {
                    self.plan(HEAR, Event::Hear);
                    self.ask_later();
                }
                None
            }
            Event::Hear => {
                let Core::Delay(core) = &mut self.clients[1].core else { return None };
                self.heard.drain(..).for_each(|(partition, behind, mark)| core.credit(partition, &behind, mark));
                Some(1)
            }
            Event::Turn(stage) => {
                self.waking[stage] = i64::MAX;
                Some(stage)
            }
        }
    }

    pub(super) fn read_soon(&mut self, stage: usize) {
        if !std::mem::replace(&mut self.reading[stage], true) {
            self.plan(FETCH, Event::Read(stage));
        }
    }

    fn ask_later(&mut self) {
        if !std::mem::replace(&mut self.asking, true) {
            self.plan(ASK - self.now % ASK, Event::Ask);
        }
    }

    /// A stage looks around, and what it asks for is carried out.
    fn turn(&mut self, stage: usize) {
        let now = self.clock();
        self.clients[stage].core.proceed(now);
        for said in self.clients[stage].core.take_outputs() {
            match said {
                Said::Attempt(order) => self.attempt(&order),
                Said::Append(token, append) => {
                    if self.landing[stage].last().is_none_or(|(at, ..)| *at < self.now + CONFIRM) {
                        self.plan(CONFIRM, Event::Land(stage));
                    }
                    self.landing[stage].push((self.now + CONFIRM, token, append));
                }
                Said::Delivered(delivery) => self.delivered(&delivery),
                Said::Dead(delivery, reason) if delivery.destination.as_ref() == Some(&self.ids[1]) => {
                    self.tally.dies(reason);
                }
                Said::Dead(..) => self.tally.neighbour.dead += 1,
                Said::Delayed(cause) => self.tally.waits(cause),
                Said::Repeated => self.tally.repeated += 1,
                Said::Forgotten(_) | Said::Split | Said::Other => {}
            }
        }
        if self.clients[stage].store() && !std::mem::replace(&mut self.committing, true) {
            self.plan(COMMIT - self.now % COMMIT, Event::Commit);
        }
        if self.clients[stage].is_behind(&self.log) {
            self.read_soon(stage);
        }
        self.wake_later(stage);
    }

    fn wake_later(&mut self, stage: usize) {
        let wake = match &self.clients[stage].core {
            Core::Deliver(core) => core.next_wake(),
            Core::Delay(core) => core.next_wake(),
        };
        let Some(wake) = wake else { return };
        let rest = wake.since(Moment::default()).as_nanos().div_ceil(1_000_000) as i64;
        let at = BEGIN - AGE + rest;
        if at <= self.now {
            // What is due lacks credit.
            return self.ask_later();
        }
        if at < self.waking[stage] {
            self.waking[stage] = at;
            self.plan(at - self.now, Event::Turn(stage));
        }
    }
}

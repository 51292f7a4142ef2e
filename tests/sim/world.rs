//! The world of a run: log, replicas, receivers, truth. Draws the steps and counts them; each kind of step is in a file
//! of its own, and makes its checks where the thing happens.

use std::time::Duration;

use kafka_webhooks::kafka::record::Append;
use kafka_webhooks::outcome::time::Now;
use kafka_webhooks::stage::delay::core::DelayCore;
use kafka_webhooks::stage::deliver::core::{DeliverCore, Settings};

use crate::facts::Facts;
use crate::life::Life;
use crate::log::Log;
use crate::member::{Clocks, Member};
use crate::places::{PARTITIONS, Places, SLOTS, Slot};
use crate::plan::{Mood, Plan, Step};
use crate::receivers::{self, EXPIRY, Receiver, WINDOW};
use crate::report::Report;
use crate::rng::Rng;
use crate::stage::{Core, Stage};
use crate::violation::{Broken, Checked, Violation};

/// How far clocks of replicas may be from the broker's, in milliseconds.
pub(crate) const SKEW: i64 = 40;
/// Requests of one replica at once.
pub(crate) const MAX_REQUESTS: usize = 20;
/// Bytes all partitions of a stage may hold.
const BUDGET: usize = 256 * 1024;
/// Bytes from which a lane that fills a partition gives way.
const CLOGGED_AT: usize = 8 * 1024;
/// Records of a partition from which a lane that cannot keep up gives way.
const SPAN: usize = 30;
/// Returned records that may lie unsettled in one partition.
const ALLOWANCE: u64 = 60;
/// Steps between full sweeps.
const SWEEP: u64 = 5_000;

/// Everything there is in a run.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) plan: Plan,
    pub(crate) rng: Rng,
    /// The broker's clock.
    pub(crate) now: i64,
    pub(crate) places: Places,
    pub(crate) log: Log,
    /// Two for each replica: deliver, then delay.
    pub(crate) members: Vec<Member>,
    pub(crate) receivers: Vec<Receiver>,
    pub(crate) facts: Facts,
    pub(crate) report: Report,
    /// Appends of dead processes that are still on their way.
    pub(crate) adrift: Vec<(Slot, Append, Life, Stage)>,
    pub(crate) refusing: [bool; SLOTS],
}

/// Runs so many steps, then stops all faults and waits for quiet.
pub(crate) fn run(plan: Plan, seed: u64, steps: u64) -> Result<World, Violation> {
    let mut world = World::new(plan, seed);
    let mut step = 0;
    let result = (|| {
        while step < steps {
            step += 1;
            world.step()?;
            if step.is_multiple_of(SWEEP) {
                world.sweep()?;
            }
        }
        world.become_quiet()?;
        world.judge()?;
        if plan.mood == Mood::Rough { world.report.proves_something() } else { Ok(()) }
    })();
    match result {
        Ok(()) => Ok(world),
        Err(Broken(invariant, detail)) => Err(Violation { invariant, detail, seed, step }),
    }
}

impl World {
    fn new(plan: Plan, seed: u64) -> Self {
        let mut world = Self {
            plan,
            rng: Rng::new(seed),
            now: 1_700_000_000_000,
            places: Places::new(),
            log: Log::new(),
            members: Vec::new(),
            receivers: receivers::all(),
            facts: Facts::default(),
            report: Report::default(),
            adrift: Vec::new(),
            refusing: [false; SLOTS],
        };
        for _ in 0..plan.replicas {
            let pair = world.pair();
            world.members.extend(pair);
        }
        world
    }

    /// The members of a replica that starts now.
    pub(crate) fn pair(&mut self) -> [Member; 2] {
        let skew = if self.plan.mood == Mood::Rough { self.rng.between(-SKEW, SKEW) } else { 0 };
        let clocks = Clocks { born: self.now, skew };
        let settings = Settings {
            topics: self.places.topics.clone(),
            tiers: self.places.tiers.clone(),
            give_up_after: Duration::from_millis(WINDOW.unsigned_abs()),
            expire_after: Duration::from_millis(EXPIRY.unsigned_abs()),
            partitions: PARTITIONS as i32,
            max_requests: MAX_REQUESTS,
            budget: BUDGET,
            clogged_at: CLOGGED_AT,
            span: SPAN,
            terms: receivers::terms(&self.receivers),
        };
        let deliver = Core::Deliver(Box::new(DeliverCore::new(settings)));
        let delay = DelayCore::new(self.places.topics.clone(), PARTITIONS as i32).with_allowance(ALLOWANCE);
        let delay = Core::Delay(Box::new(delay));
        [Member::new(Stage::Deliver, deliver, clocks), Member::new(Stage::Delay, delay, clocks)]
    }

    /// The partition of the deliveries topic where a delivery lies.
    pub(crate) fn home(&self, life: Life) -> Slot {
        let course = &self.facts.courses[life.delivery as usize];
        self.receivers[course.receiver].home(course.id)
    }

    pub(crate) fn clock(&self, member: usize) -> Now {
        self.members[member].clocks.now(self.now)
    }

    fn step(&mut self) -> Checked {
        let step = self.plan.draw(&mut self.rng);
        self.report.trace([step as u64, self.now.unsigned_abs(), 0]);
        match step {
            Step::Produce => self.produce(),
            Step::Copy => self.copy(),
            Step::Poll => self.at_some(|member| !member.held.is_empty(), Self::poll),
            Step::Finish => self.at_some(|member| !member.trials.is_empty(), Self::finish),
            Step::Confirm => self.at_some(|member| !member.pending.is_empty(), Self::confirm),
            Step::Turn => self.at_some(|_| true, Self::turn),
            Step::Tick => self.pass_time(1, 25),
            Step::Leap => self.pass_time(200, 6_000),
            Step::Commit => self.at_some(|member| !member.held.is_empty(), Self::commit),
            Step::Credit => self.at_some(|member| member.stage == Stage::Delay, Self::credit),
            Step::Assign => self.at_some(|member| !member.zombie && !member.is_blocked(), Self::assign),
            Step::Revoke => self.at_some(Member::may_lose, Self::revoke),
            Step::Lose => self.at_some(Member::may_lose, Self::lose),
            Step::HearLost => self.at_some(|member| member.zombie, Self::hear_lost),
            Step::Crash => self.crash(),
            Step::Restart => self.restart(),
            Step::Change => self.change(),
            Step::Refuse => self.refuse(),
            Step::Land => self.land_adrift(),
        }
    }

    /// Does something at a member that is alive and fits, if there is one.
    fn at_some(&mut self, fits: impl Fn(&Member) -> bool, step: impl Fn(&mut Self, usize) -> Checked) -> Checked {
        let first = self.rng.below(self.members.len());
        let count = self.members.len();
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
        if self.rng.one_in(8) { Ok(()) } else { self.turn(member) }
    }
}

//! The harness of all fault runs: a load on destinations of several kinds while a test does its worst to the replicas, then
//! a fresh event, quiet, and the oracle's judgement in a few lines.
//!
//! What a fault may repeat at one destination: what was in flight there, and what had been answered since the last commit,
//! which is `COMMIT_INTERVAL` old at most and some more on a busy machine (`support::again`). What failed or was rejected
//! counts alike: its attempt is made again, and a second dead letter or a second record in a tier comes of it. The end of a
//! session adds nothing: the others keep what they have, and give up only what they have committed. Nor does a source
//! record that is routed again, as long as its deliveries are among the last 5,000 of their partition.

use std::time::{Duration, Instant};

use crate::support::again::{Again, Beginning, Since};
use crate::support::cluster::Cluster;
use crate::support::fleet::Counts;
use crate::support::kinds::{IN_FLIGHT, Kind, LONG, destinations, is_fresh, slowest};
use crate::support::load::{Acknowledged, Events, Load, Pace, produce};
use crate::support::note;
use crate::support::oracle::{Kept, Ledger, Request, Verdict, is_good, judge_all};
use crate::support::program::Setup;
use crate::support::receiver::Receiver;
use crate::support::wait::until;

/// Fresh events are numbered from here on.
const FRESH: usize = 1_000_000_000;
/// The promise of liveness: a fresh event goes through so long after the last fault.
const RECOVERS_WITHIN: Duration = Duration::from_secs(30);

/// How many events may wait upstream: enough for the longest standstill, and not so many that catching up with them is
/// taken for the time to recover, or that copies come later than they are remembered.
const LEAD: usize = 3_000;

/// What a run is made of.
#[derive(Clone, Copy)]
pub(super) struct Plan {
    pub(super) name: &'static str,
    pub(super) seed: u64,
    pub(super) partitions: i32,
    pub(super) kinds: &'static [Kind],
    /// Where a run of this size still gets; reached only by one that fails.
    pub(super) patience: Duration,
}

/// A run under way.
pub(super) struct Trial {
    plan: Plan,
    pub(super) setup: Setup,
    pub(super) events: Events,
    pub(super) ledger: Ledger,
    began: Beginning,
    _receiver: Receiver,
}

/// A run whose faults are over.
pub(super) struct Ended {
    pub(super) acknowledged: Acknowledged,
    /// From the last fault to the first delivery of an event that came after it, and to quiet.
    recovered: (Duration, Duration),
}

/// What is allowed to come again.
pub(super) enum Allowed<'a> {
    /// What faults at these moments left in flight or uncommitted.
    After(&'a [Instant]),
    /// One of so many deliveries, of all destinations together.
    OneOf(usize),
}

/// What all destinations come to together.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sum {
    pub(super) repeats: usize,
    pub(super) retries: usize,
    pub(super) dead: usize,
    surplus: usize,
    /// Repeats of what was delivered longer than a commit takes before any fault.
    late: usize,
    /// How long before a fault the oldest of what was repeated had been delivered.
    oldest: Duration,
    budget: usize,
    settled: usize,
}

impl Trial {
    /// Topics, destinations and a receiver; no replica yet.
    pub(super) fn new(cluster: Cluster, plan: Plan) -> Self {
        let receiver = Receiver::start();
        let mut setup = Setup::local_on(cluster, plan.name);
        setup.partitions = plan.partitions;
        // The shortest session with which a busy machine's heartbeats come in time.
        setup.properties = "session.timeout.ms: 1500, heartbeat.interval.ms: 300".to_owned();
        // Replicas that start while events wait must not ask.
        setup.more_topics = "start_at: beginning".to_owned();
        let ledger = destinations(&mut setup, &receiver, plan.kinds);
        setup.create_topics();
        note(&format!("{}: seed {:#x}", plan.name, plan.seed));
        let events = Events { seed: plan.seed };
        Self { plan, setup, events, ledger, began: Beginning::now(), _receiver: receiver }
    }

    /// Writes events at a rate, or as fast as the slowest destination takes them where the machine is slower.
    pub(super) fn load(&self, count: usize, per_second: usize) -> Load {
        let (kinds, ledger) = (self.plan.kinds, self.ledger.clone());
        let most = move || slowest(kinds, &ledger) + LEAD;
        Load::start_behind(&self.setup, self.events, Pace { first: 0, count, per_second }, most)
    }

    /// Waits until there were so many requests in all.
    pub(super) fn reaches(&self, requests: usize) {
        let reached = || (self.ledger.count() >= requests).then_some(());
        until(&format!("{requests} requests"), self.plan.patience, reached);
    }

    /// Waits for so many more requests.
    pub(super) fn goes_on(&self, more: usize) {
        self.reaches(self.ledger.count() + more);
    }

    /// Sends fresh events after the last fault, ends the load and waits for quiet.
    pub(super) fn recovers(&self, end: impl FnOnce() -> Acknowledged, last_fault: Instant) -> Ended {
        let before = self.ledger.count();
        let fresh = produce(&self.setup, self.events, FRESH..FRESH + 20);
        let is_fresh = is_fresh(self.events, FRESH);
        let first = until("a fresh delivery", self.plan.patience, || self.ledger.first_from(before, &is_fresh));
        let first = first.at - last_fault;
        let mut acknowledged = end();
        acknowledged.extend(fresh);
        until("all to be delivered", self.plan.patience, || {
            (slowest(self.plan.kinds, &self.ledger) >= acknowledged.len()).then_some(())
        });
        self.setup.quiet_but_for(&[LONG], self.plan.patience);
        assert!(first < RECOVERS_WITHIN, "{first:?} to the first fresh delivery");
        Ended { acknowledged, recovered: (first, last_fault.elapsed()) }
    }

    /// Holds what receivers and Kafka have against what was acknowledged, and prints what it came to.
    pub(super) fn judge(&self, ended: &Ended, allowed: Allowed<'_>, counts: Counts) -> Sum {
        let (dead, waiting) = (self.setup.read("dead-letters"), self.setup.waiting());
        let kept = Kept { dead: &dead, waiting: &waiting };
        let mut sum = Sum::default();
        // A session that ended by itself leaves as much in flight as a fault; when that was is not known.
        let more = counts.sessions_lost as usize * IN_FLIGHT;
        for kind in self.plan.kinds {
            let requests = self.ledger.of(kind.id());
            let verdict = judge_all((self.events, &ended.acknowledged), kind.id(), &requests, kept);
            verdict.nothing_lost(kind.id());
            kind.is_right(&verdict, ended.acknowledged.len());
            let surplus = verdict.repeats + verdict.more_dead + verdict.more_waiting;
            let budget = match &allowed {
                Allowed::After(faults) => self.budget(&requests, faults, &mut sum) + more,
                Allowed::OneOf(_) => usize::MAX,
            };
            self.say(*kind, &verdict, (requests.len(), budget));
            assert!(surplus <= budget, "{}: {surplus} came again, {budget} are allowed", kind.id());
            sum.add(&verdict, budget);
        }
        if let Allowed::OneOf(many) = allowed {
            sum.budget = sum.settled / many + more * self.plan.kinds.len();
        }
        let (fresh, quiet) = ended.recovered;
        note(&format!(
            "  {} events, {sum}; {} copies dropped, {} sessions lost; fresh delivery {fresh:.1?} after the last fault, quiet {quiet:.1?}; {:.1?} in all",
            ended.acknowledged.len(),
            counts.copies_dropped,
            counts.sessions_lost,
            self.began.moment.elapsed()
        ));
        assert!(sum.surplus <= sum.budget, "{sum}");
        assert!(sum.retries > 0 && sum.dead > 0, "a run without retry or dead letter proves nothing: {sum}");
        sum
    }

    /// What may come again after faults; notes what came again although it should have been committed.
    fn budget(&self, requests: &[Request], faults: &[Instant], sum: &mut Sum) -> usize {
        let faults: Vec<Since> = faults.iter().map(|fault| self.began.at(*fault)).collect();
        let seen = |request: &'_ &Request| self.began.at(request.at);
        let good = requests.iter().filter(|request| is_good(request.status));
        let again = Again::of(good.map(|request| (&*request.delivery, seen(&request))), &faults);
        sum.late += again.stale.len();
        sum.oldest = sum.oldest.max(again.oldest);
        let all = requests.iter().map(|request| (&*request.delivery, seen(&request)));
        Again::of(all, &faults).within.iter().map(|within| IN_FLIGHT + within).sum()
    }

    fn say(&self, kind: Kind, verdict: &Verdict, (requests, budget): (usize, usize)) {
        let allowed = if budget == usize::MAX { String::new() } else { format!(" of {budget} allowed") };
        note(&format!(
            "  {}: {requests} requests, {} delivered, {} dead, {} waiting; too many: {} delivered, {} dead, {} waiting{allowed}",
            kind.id(),
            verdict.delivered,
            verdict.dead,
            verdict.waiting,
            verdict.repeats,
            verdict.more_dead,
            verdict.more_waiting,
        ));
    }
}

impl Sum {
    fn add(&mut self, verdict: &Verdict, budget: usize) {
        self.repeats += verdict.repeats;
        self.retries += verdict.retries;
        self.dead += verdict.dead;
        self.surplus += verdict.repeats + verdict.more_dead + verdict.more_waiting;
        self.budget = self.budget.saturating_add(budget);
        self.settled += verdict.delivered + verdict.dead + verdict.waiting;
    }

    /// A run in which nothing came again proves nothing about what may.
    pub(super) fn saw_repeats(&self) {
        assert!(self.surplus > 0, "nothing came again: {self}");
    }
}

impl std::fmt::Display for Sum {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { repeats, retries, dead, surplus, late, oldest, .. } = self;
        write!(f, "{retries} retries, {dead} dead, {repeats} repeats")?;
        if *repeats > 0 {
            write!(f, " ({late} late, the oldest delivered {oldest:.1?} before a fault)")?;
        }
        write!(f, "; {surplus} too many")?;
        if self.budget < usize::MAX { write!(f, " of {} allowed", self.budget) } else { Ok(()) }
    }
}

//! What the runs share: two destinations under load, faults with a beginning and an end, and the judgement.
//! One destination is well, the other is moody: it refuses some at first and some for good, so that retries and dead letters
//! are part of every run.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use kafka_webhooks::kafka::client::COMMIT_INTERVAL;

use crate::support::cluster::Cluster;
use crate::support::load::{Acknowledged, Events, Load, Pace};
use crate::support::note;
use crate::support::oracle::{Answer, Ledger, Request, Verdict, is_good, judge};
use crate::support::program::{Program, Setup};
use crate::support::receiver::Receiver;
use crate::support::wait::until_explained;

/// For what comes by itself; reached only by a test that fails.
pub(super) const PATIENCE: Duration = Duration::from_secs(120);
/// What came during a long fault takes its time.
const LONG_PATIENCE: Duration = Duration::from_secs(600);
/// So long after a fault work has resumed.
pub(super) const RECOVERS_WITHIN: Duration = Duration::from_secs(30);
/// With more than so many threads ready to run per processor a machine is overrun, and takes as much longer for everything.
const OVERRUN: f64 = 4.0;
/// Fresh events that must be delivered too before work counts as resumed.
const FRESH: usize = 50;
/// What was delivered so long before a fault may not be committed yet: the interval, and what a commit takes on a busy machine.
const UNCOMMITTED: Duration = COMMIT_INTERVAL.saturating_add(Duration::from_millis(500));

/// How often a fault comes: in each run, or when somebody has a night for it.
pub(super) fn times(usually: usize, full: usize) -> usize {
    if is_full() { full } else { usually }
}

/// Whether faults are to come as often as a night allows.
pub(super) fn is_full() -> bool {
    std::env::var("KAFKA_WEBHOOKS_TEST_FAULTS").is_ok_and(|faults| faults == "full")
}

/// How many threads were ready to run on each processor in the last minute.
fn threads_per_processor() -> f64 {
    let loads = std::fs::read_to_string("/proc/loadavg").unwrap();
    let load: f64 = loads.split(' ').next().unwrap().parse().unwrap();
    load / std::thread::available_parallelism().unwrap().get() as f64
}

/// Two destinations, a load, and what was seen of it.
pub(super) struct Scene {
    pub(super) setup: Setup,
    pub(super) ledger: Ledger,
    /// Lives as long as the run.
    _receiver: Receiver,
    events: Events,
    faults: Vec<Fault>,
}

/// A fault that is over.
#[derive(Clone, Copy, Debug)]
struct Fault {
    began: Instant,
    /// When work had resumed.
    over: Instant,
    took: Duration,
}

/// What repeats a run may come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Repeats {
    None,
    /// Only of what was delivered during a fault, or too shortly before it to be committed.
    AroundFaults,
}

impl Scene {
    /// A setup with both destinations; nothing runs yet.
    pub(super) fn new(cluster: Cluster, name: &str, seed: u64) -> Self {
        let (events, receiver) = (Events { seed }, Receiver::start());
        let ledger = Ledger::on(&receiver, move |seen, before| {
            let number = events.number(&seen.body).unwrap_or_default();
            match number % 100 {
                _ if seen.path == "/well" => Answer::ok().after_ms(5),
                7 => Answer::status(404),
                n if n % 10 == 3 && before == 0 => Answer::status(503),
                _ => Answer::ok().after_ms(5),
            }
        });
        let mut setup = Setup::local_on(cluster, name);
        setup.destination("well", receiver.url("/well"), "");
        setup.destination("moody", receiver.url("/moody"), "");
        // The clock of deliveries that wait runs during a fault.
        setup.retries = "{ tiers: [100ms, 200ms, 400ms], give_up_after: 1h }".to_owned();
        Self { setup, ledger, _receiver: receiver, events, faults: Vec::new() }
    }

    /// Begins a load that goes on until it is stopped.
    pub(super) fn load(&self, per_second: usize) -> Load {
        Load::start(&self.setup, self.events, Pace { first: 0, count: usize::MAX, per_second })
    }

    /// Begins a load of so many events, numbered from there.
    pub(super) fn load_of(&self, (first, count): (usize, usize), per_second: usize) -> Load {
        Load::start(&self.setup, self.events, Pace { first, count, per_second })
    }

    /// Waits until so many more requests have come: work goes on.
    pub(super) fn goes_on(&self, requests: usize) {
        let goal = self.ledger.count() + requests;
        let explain = || format!("request {goal}, there are {}", self.ledger.count());
        until_explained(explain, PATIENCE, || (self.ledger.count() >= goal).then_some(()));
    }

    /// Waits until all that Kafka had acknowledged by now, and fresh events, are delivered; answers how long it took.
    pub(super) fn catches_up(&self, load: &Load, most: Duration) -> Duration {
        let start = Instant::now();
        let mut missing: BTreeSet<usize> = (0..load.acknowledged() + FRESH).collect();
        let (mut looked, events) = (0, self.events);
        until_explained(
            || "all events so far to be delivered".to_owned(),
            most,
            || {
                self.ledger.look(&mut looked, |request| {
                    if request.destination == "well" && is_good(request.status) {
                        missing.remove(&events.number(&request.body).unwrap_or_default());
                    }
                });
                missing.is_empty().then_some(())
            },
        );
        start.elapsed()
    }

    /// Remembers a fault that began then and has ended now, once work has resumed by itself; answers how long that took.
    pub(super) fn recovers(&mut self, began: Instant, load: &Load) -> Duration {
        let took = self.catches_up(load, PATIENCE);
        self.is_in_time(took, RECOVERS_WITHIN);
        self.faults.push(Fault { began, over: Instant::now(), took });
        took
    }

    /// The same after a fault so long that what came meanwhile takes its own time: work goes on soon, all else follows.
    pub(super) fn recovers_in_time(&mut self, most: Duration, began: Instant, load: &Load) {
        let start = Instant::now();
        self.goes_on(1);
        let took = start.elapsed();
        self.is_in_time(took, most);
        self.catches_up(load, LONG_PATIENCE);
        self.faults.push(Fault { began, over: Instant::now(), took });
    }

    fn is_in_time(&self, took: Duration, most: Duration) {
        let most = most.mul_f64((threads_per_processor() / OVERRUN).max(1.0));
        assert!(took <= most, "recovered after {took:.1?}, {most:.1?} at most");
    }

    /// Ends a run in which faults came and work resumed: all is settled, nothing lost, and what came twice may have.
    pub(super) fn ends(&self, what: &str, load: Load, repeats: Repeats) -> BTreeMap<&'static str, Verdict> {
        let acknowledged = load.stop();
        self.settles(&acknowledged);
        let verdicts = self.judge(what, &acknowledged, repeats);
        let took: Vec<_> = self.faults.iter().map(|fault| format!("{:.1}", fault.took.as_secs_f64())).collect();
        note(&format!("  {} faults, recovered after {} s", took.len(), took.join(", ")));
        assert!(!self.faults.is_empty(), "a run in which nothing went wrong proves nothing");
        verdicts
    }

    /// Waits until everything is settled and committed.
    pub(super) fn settles(&self, acknowledged: &Acknowledged) {
        self.is_done(acknowledged);
        self.setup.quiet();
    }

    /// Waits until everything is delivered or dead, committed or not.
    pub(super) fn is_done(&self, acknowledged: &Acknowledged) {
        let all = acknowledged.len();
        for destination in ["well", "moody"] {
            let delivered = || self.ledger.delivered(destination);
            let dead = || self.setup.read("dead-letters").iter().filter(|dead| dead.key_text() == destination).count();
            let explain = || format!("all {all} for {destination}: {} delivered, {} dead", delivered(), dead());
            until_explained(explain, PATIENCE, || {
                let delivered = delivered();
                (delivered >= all || delivered + dead() >= all).then_some(())
            });
        }
    }

    /// Waits until these very events are delivered, whatever else may be, and everything is committed.
    pub(super) fn settles_all(&self, awaited: &Acknowledged) {
        let missing = || awaited.difference(&self.arrived()).count();
        until_explained(|| format!("{} events", missing()), PATIENCE, || (missing() == 0).then_some(()));
        self.setup.quiet();
    }

    /// The events that were delivered.
    pub(super) fn arrived(&self) -> Acknowledged {
        let mut arrived = Acknowledged::new();
        self.ledger.look(&mut 0, |request| {
            if request.destination == "well" && is_good(request.status) {
                arrived.extend(self.number(&request.body));
            }
        });
        arrived
    }

    /// The number of an event of this scene.
    pub(super) fn number(&self, body: &[u8]) -> Option<usize> {
        self.events.number(body)
    }

    /// How long each delivery waited that was refused at first.
    pub(super) fn waits_of_retries(&self) -> Vec<Duration> {
        let (mut refused, mut waits) = (BTreeMap::new(), Vec::new());
        self.ledger.look(&mut 0, |request| {
            if request.status == 503 {
                refused.insert(request.delivery.clone(), request.answered_at);
            } else if let Some(at) = refused.remove(&request.delivery) {
                waits.push(request.at.saturating_duration_since(at));
            }
        });
        waits
    }

    /// Judges both destinations, says what was counted, and makes sure that there was something to judge.
    pub(super) fn judge(
        &self,
        what: &str,
        acknowledged: &Acknowledged,
        repeats: Repeats,
    ) -> BTreeMap<&'static str, Verdict> {
        let dead = self.setup.read("dead-letters");
        note(&format!("{what}: seed {:#x}, {} events", self.events.seed, acknowledged.len()));
        let mut verdicts = BTreeMap::new();
        for destination in ["well", "moody"] {
            let requests = self.ledger.of(destination);
            let verdict = judge((self.events, acknowledged), destination, &requests, &dead);
            let refused = requests.iter().filter(|request| request.status == 503).count();
            note(&format!(
                "  {destination}: {} requests, {} delivered, {} dead, {refused} refused at first; repeats {}, dead again {}",
                requests.len(),
                verdict.delivered,
                verdict.dead,
                verdict.repeats,
                verdict.more_dead,
            ));
            verdict.nothing_lost(destination);
            match repeats {
                Repeats::None => verdict.exactly_once(destination),
                Repeats::AroundFaults => self.repeats_are_of_faults(&requests),
            }
            if destination == "moody" {
                assert!(refused > 0 && verdict.dead > 0, "a run without retries and dead letters proves nothing");
            }
            verdicts.insert(destination, verdict);
        }
        verdicts
    }

    /// Nothing came again that was delivered long enough before a fault, or after one.
    fn repeats_are_of_faults(&self, requests: &[Request]) {
        let mut first: BTreeMap<&str, Instant> = BTreeMap::new();
        for request in requests.iter().filter(|request| is_good(request.status)) {
            let at = *first.entry(&request.delivery).or_insert(request.at);
            let during = |fault: &Fault| fault.began <= at + UNCOMMITTED && at <= fault.over;
            let came_first = at == request.at;
            assert!(
                came_first || self.faults.iter().any(during),
                "{} came {:?} after it was delivered, which was in no fault",
                request.delivery,
                request.at - at
            );
        }
    }
}

/// Waits until `/readyz` refuses because of this; answers what it said.
pub(super) fn is_unready(program: &Program, because: &str) -> String {
    let heard = std::cell::RefCell::new(String::new());
    let explain = || format!("/readyz to speak of {because:?}, it says {:?}", heard.borrow());
    until_explained(explain, PATIENCE, || {
        let (status, body) = program.get("/readyz")?;
        let found = status == 503 && body.contains(because);
        heard.replace(body.clone());
        found.then_some(body)
    })
}

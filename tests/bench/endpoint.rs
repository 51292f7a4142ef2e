//! A receiver as the scenarios see it: started with a behaviour, told which run begins, asked what came.
//! The other side of the pipe is `receiver`.

use std::time::{Duration, Instant};

use crate::failure::{Failure, OrFail as _};
use crate::part::Part;
use crate::receiver::tally::{Counts, Latencies};

/// How an endpoint answers.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Behaviour {
    Fast,
    After(Duration),
    Hangs,
    Says(u16),
    /// 429, and asks for so much patience.
    Throttles(Duration),
    /// Refuses every connection until it is told to come up; then it answers after so long.
    DownThenAfter(Duration),
}

/// A running receiver.
pub(crate) struct Endpoint {
    part: Part,
    address: String,
    run: u32,
}

/// How long an event may take after the one before it.
const STALLED: Duration = Duration::from_secs(30);

/// So many events per second come at least, beyond those 30 s; slower than that is a failure, not a figure.
const SLOWEST: f64 = 1_000.0;

impl Endpoint {
    pub(crate) fn start(behaviour: Behaviour) -> Result<Self, Failure> {
        let mut args = vec!["receiver".to_owned()];
        match behaviour {
            Behaviour::Fast => {}
            Behaviour::After(delay) => args.extend(after(delay)),
            Behaviour::Hangs => args.push("--hang".to_owned()),
            Behaviour::Says(status) => args.extend(["--status".to_owned(), status.to_string()]),
            Behaviour::Throttles(patience) => {
                let seconds = patience.as_secs().to_string();
                args.extend(["--status", "429", "--retry-after", &seconds].map(str::to_owned));
            }
            Behaviour::DownThenAfter(delay) => {
                args.push("--down".to_owned());
                args.extend(after(delay));
            }
        }
        let mut part = Part::start(&args)?;
        let address = part.hear()?;
        Ok(Self { part, address, run: 0 })
    }

    pub(crate) fn id(&self) -> String {
        self.part.id()
    }

    /// `host:port`.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/hook", self.address)
    }

    /// Forgets what came; answers the number of the run that its events must carry.
    pub(crate) fn begin(&mut self, events: u32) -> Result<u32, Failure> {
        self.expect(self.run + 1, events)?;
        Ok(self.run)
    }

    /// Forgets what came and counts the events of a run that began at another endpoint.
    pub(crate) fn expect(&mut self, run: u32, events: u32) -> Result<(), Failure> {
        self.run = run;
        self.part.ask(&format!("begin {run} {events}")).map(drop)
    }

    /// Ends the time in which it refuses.
    pub(crate) fn come_up(&mut self) -> Result<(), Failure> {
        self.part.ask("up").map(drop)
    }

    pub(crate) fn counts(&mut self) -> Result<Counts, Failure> {
        let line = self.part.ask("counts")?;
        serde_json::from_str(&line).or_fail("the receiver's counts are no counts")
    }

    pub(crate) fn latencies(&mut self) -> Result<Latencies, Failure> {
        let line = self.part.ask("latencies")?;
        serde_json::from_str(&line).or_fail("the receiver's latencies are none")
    }

    /// Waits until all events came at least once; fails when they come too slowly, when nothing new comes
    /// any more, or when `alive` says no.
    pub(crate) fn all(&mut self, events: u32, mut alive: impl FnMut() -> bool) -> Result<Counts, Failure> {
        let began = Instant::now();
        let deadline = STALLED + Duration::from_secs_f64(f64::from(events) / SLOWEST);
        let (mut last, mut moved) = (0, Instant::now());
        loop {
            let counts = self.counts()?;
            if counts.distinct >= events {
                return Ok(counts);
            }
            if counts.distinct > last {
                (last, moved) = (counts.distinct, Instant::now());
            }
            let why = match (moved.elapsed() > STALLED, began.elapsed() > deadline, alive()) {
                (true, ..) => "nothing new came for 30 s",
                (_, true, _) => "that is too slow",
                (.., false) => "the sender ended",
                _ => {
                    pause(Duration::from_millis(20));
                    continue;
                }
            };
            let (Counts { distinct, strays, .. }, waited) = (counts, began.elapsed().as_secs());
            let count = format!("{distinct} of {events} events came in the {waited} s that were waited");
            return Err(Failure::Said(format!("{count} ({strays} strays): {why}")));
        }
    }
}

fn after(delay: Duration) -> [String; 2] {
    ["--delay-ms".to_owned(), delay.as_millis().to_string()]
}

/// Waits between two looks, or out a stretch of time that is itself measured.
pub(crate) fn pause(time: Duration) {
    let (_silent, nobody) = std::sync::mpsc::channel::<()>();
    // Nobody sends, so this ends by its deadline.
    let _elapsed = nobody.recv_timeout(time);
}

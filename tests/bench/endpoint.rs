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
}

/// A running receiver.
pub(crate) struct Endpoint {
    part: Part,
    address: String,
    run: u32,
}

/// How long the last event may take after the one before it.
const STALLED: Duration = Duration::from_secs(30);

impl Endpoint {
    pub(crate) fn start(behaviour: Behaviour) -> Result<Self, Failure> {
        let mut args = vec!["receiver".to_owned()];
        match behaviour {
            Behaviour::Fast => {}
            Behaviour::After(delay) => args.extend(["--delay-ms".to_owned(), delay.as_millis().to_string()]),
            Behaviour::Hangs => args.push("--hang".to_owned()),
            Behaviour::Says(status) => args.extend(["--status".to_owned(), status.to_string()]),
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
        self.run += 1;
        self.part.ask(&format!("begin {} {events}", self.run))?;
        Ok(self.run)
    }

    pub(crate) fn counts(&mut self) -> Result<Counts, Failure> {
        let line = self.part.ask("counts")?;
        serde_json::from_str(&line).or_fail("the receiver's counts are no counts")
    }

    pub(crate) fn latencies(&mut self) -> Result<Latencies, Failure> {
        let line = self.part.ask("latencies")?;
        serde_json::from_str(&line).or_fail("the receiver's latencies are none")
    }

    /// Waits until all events came at least once; fails when nothing new comes any more or `alive` says no.
    pub(crate) fn all(&mut self, events: u32, mut alive: impl FnMut() -> bool) -> Result<Counts, Failure> {
        let (mut last, mut moved) = (0, Instant::now());
        loop {
            let counts = self.counts()?;
            if counts.distinct >= events {
                return Ok(counts);
            }
            if counts.distinct > last {
                (last, moved) = (counts.distinct, Instant::now());
            }
            let stalled = moved.elapsed() > STALLED;
            if stalled || !alive() {
                let why = if stalled { "nothing came for 30 s" } else { "the sender ended" };
                let Counts { distinct, strays, .. } = counts;
                return Err(Failure::Said(format!("{distinct} of {events} events came ({strays} strays): {why}")));
            }
            pause(Duration::from_millis(20));
        }
    }
}

/// Waits between two looks, or out a stretch of time that is itself measured.
pub(crate) fn pause(time: Duration) {
    let (_silent, nobody) = std::sync::mpsc::channel::<()>();
    // Nobody sends, so this ends by its deadline.
    let _elapsed = nobody.recv_timeout(time);
}

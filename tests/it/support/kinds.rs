//! Destinations of several kinds, as a receiver behaves to each of them, and where their deliveries must end.

use std::time::{Duration, Instant};

use super::load::Events;
use super::oracle::{Answer, Ledger, Verdict};
use super::program::Setup;
use super::receiver::Receiver;

/// The default `max_in_flight` of a destination.
pub const IN_FLIGHT: usize = 100;
/// The tiers of runs with these kinds; nothing comes back from the last one while a test runs.
pub const TIERS: [&str; 5] = ["100ms", "200ms", "400ms", "800ms", LONG];
pub const LONG: &str = "1h";
/// Batches of the one that takes them.
const BATCHES: &str = "enable_batching: true, batch_size: 50, batch_wait: 200ms";
/// How often and how long a flapping one is down, in milliseconds.
const FLAPS: (u128, u128) = (3_000, 300);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Answers 200 soon.
    Well,
    /// Answers 200 late.
    Slow,
    /// Answers 503 for a tenth of the time, but no more than three times to the same delivery.
    Flapping,
    /// Answers 503 always; tried twice.
    Dead,
    /// Answers 503 always; tried once, which is cheaper.
    GivenUp,
    /// Answers 404 always.
    Rejecting,
    /// Takes batches of a mapping; answers as a flapping one does.
    Bulk,
    /// Answers 429 and asks for an hour's rest: its deliveries wait in [`LONG`].
    Closed,
}

impl Kind {
    pub fn id(self) -> &'static str {
        match self {
            Self::Well => "well",
            Self::Slow => "slow",
            Self::Flapping => "flapping",
            Self::Dead => "dead",
            Self::GivenUp => "given-up",
            Self::Rejecting => "rejecting",
            Self::Bulk => "bulk",
            Self::Closed => "closed",
        }
    }

    /// Options of its destination. Those that are to deliver have more time than any run. What is behind an open breaker
    /// waits for its window to close, so only one of those that fail has a breaker.
    fn keys(self) -> &'static str {
        match self {
            Self::Well | Self::Slow | Self::Closed => ", give_up_after: 4h",
            // As many deliveries in flight as the others may have.
            Self::Bulk => ", give_up_after: 4h, max_in_flight: 2, breaker: { after: 0 }",
            Self::Flapping => ", give_up_after: 4h, breaker: { after: 20, probe: 100ms, probe_max: 200ms }",
            Self::Dead => ", max_attempts: 2, give_up_after: 10s, breaker: { after: 0 }",
            Self::GivenUp => ", max_attempts: 1, breaker: { after: 0 }",
            Self::Rejecting => "",
        }
    }

    fn answer(self, age: Duration, before: usize) -> Answer {
        match self {
            Self::Well => Answer::ok().after_ms(5),
            Self::Slow => Answer::ok().after_ms(50),
            Self::Flapping | Self::Bulk if age.as_millis() % FLAPS.0 < FLAPS.1 && before < 3 => Answer::status(503),
            Self::Flapping | Self::Bulk => Answer::ok(),
            Self::Dead | Self::GivenUp => Answer::status(503),
            Self::Rejecting => Answer::status(404),
            Self::Closed => Answer::status(429).retry_after(3_600),
        }
    }

    /// Every acknowledged event is where it belongs.
    pub fn is_right(self, verdict: &Verdict, acknowledged: usize) {
        let end = (verdict.delivered, verdict.dead, verdict.waiting);
        let expected = match self {
            Self::Well | Self::Slow | Self::Flapping | Self::Bulk => (acknowledged, 0, 0),
            Self::Dead | Self::GivenUp | Self::Rejecting => (0, acknowledged, 0),
            Self::Closed => (0, 0, acknowledged),
        };
        assert_eq!(end, expected, "{}: delivered, dead, waiting", self.id());
    }
}

/// Makes a destination for each kind, with tiers that suit them, and has the receiver answer.
pub fn destinations(setup: &mut Setup, receiver: &Receiver, kinds: &'static [Kind]) -> Ledger {
    setup.tiers = TIERS.to_vec();
    setup.retries = format!("{{ tiers: [{}], give_up_after: 4h }}", TIERS.join(", "));
    for kind in kinds {
        let url = receiver.url(&format!("/{}", kind.id()));
        if *kind == Kind::Bulk {
            let mapping = format!("trigger: 'type = \"track\"', url: \"{url}\", {BATCHES}");
            setup.mappings(kind.id(), &[&mapping], kind.keys());
        } else {
            setup.destination(kind.id(), url, kind.keys());
        }
    }
    receiver.forget();
    let began = Instant::now();
    Ledger::on(receiver, move |seen, before| {
        let kind = kinds.iter().find(|kind| seen.path.trim_start_matches('/') == kind.id());
        kind.map_or(Answer::status(500), |kind| kind.answer(began.elapsed(), before))
    })
}

/// How many events the slowest of those destinations has that take any.
pub fn slowest(kinds: &[Kind], ledger: &Ledger) -> usize {
    let takes = |kind: &&Kind| matches!(kind, Kind::Well | Kind::Slow | Kind::Flapping | Kind::Bulk);
    kinds.iter().filter(takes).map(|kind| ledger.delivered(kind.id())).min().unwrap_or_default()
}

/// Whether a request brought one of these events to a destination that is well.
pub fn is_fresh(events: Events, first: usize) -> impl Fn(&super::oracle::Request) -> bool {
    move |request| request.destination == Kind::Well.id() && events.number(&request.body) >= Some(first)
}

//! What a person may ask of the load tool, and how large a run that makes.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

use crate::bare::BareOptions;
use crate::receiver::ReceiverOptions;
use crate::topics::Layout;

/// Measures the program on an Apache Kafka of its own, beside the least that could do the same work.
///
/// Figures are for comparison within one run only. Needs Java and Maven, as the tests on Apache Kafka do.
#[derive(Debug, Parser)]
#[command(name = "load", after_help = "Example: cargo bench --bench load -- --scenario fast --rounds 1")]
pub(crate) struct Options {
    /// Run only this scenario; may be given several times
    #[arg(long = "scenario", value_name = "NAME")]
    pub(crate) scenarios: Vec<Scenario>,
    /// Events of a closed loop (all there before the clock starts) [default: 200000]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) events: Option<u32>,
    /// How often program and yardsticks take turns in `fast` [default: 3]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) rounds: Option<u32>,
    /// Length of each measurement of an open loop (events at a rate of their own) [default: 10]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) seconds: Option<u32>,
    /// Also write everything found, as JSON
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// Small counts: shows that the tool works, and measures nothing worth keeping
    #[arg(long)]
    pub(crate) quick: bool,
    /// Cargo says this to every benchmark.
    #[arg(long, hide = true)]
    pub(crate) bench: bool,
    #[command(subcommand)]
    pub(crate) part: Option<PartOptions>,
}

/// The tool's own processes.
#[derive(Debug, Subcommand)]
pub(crate) enum PartOptions {
    #[command(hide = true)]
    Receiver(ReceiverOptions),
    #[command(hide = true)]
    Bare(BareOptions),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Scenario {
    /// A receiver that answers at once, the program beside the yardsticks
    Fast,
    /// A receiver that takes 50 ms, 1,000 requests under way
    #[value(name = "latency-50ms")]
    Latency50Ms,
    /// Events at 2,000/s and 5,000/s
    OpenLoop,
    /// One destination never answers, a healthy one beside it
    HungNeighbour,
    /// A healthy destination beside bad ones in its partition
    Isolation,
    /// 200 destinations never answer, a healthy one among them
    ManyHung,
    /// Every request is answered with 503
    AllFailing,
    /// Deliveries wait in the delays, and cost memory
    Waiting,
    /// A destination is down, its deliveries go round in the delays
    OneDown,
    /// A thousand destinations whose triggers an event does not match
    Routing,
    /// What ten fields of an event are mapped to
    Mapping,
    /// A million memberships are learnt, and restored by another process
    Memberships,
}

/// A destination that is down, and how the program looks after it meanwhile.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outage {
    /// Deliveries that wait for it.
    pub(crate) waiting: u32,
    pub(crate) tiers: &'static [&'static str],
    /// What its section says of the breaker.
    pub(crate) breaker: &'static str,
}

impl Outage {
    /// Breaker and tiers as they come.
    const USUAL: Self = Self { waiting: 20_000, tiers: Layout::USUAL.tiers, breaker: "" };
    /// Long enough in its tier that the breaker closes before the first return.
    const WAVE: Self = Self { waiting: 500_000, tiers: &["90s", "1h"], ..Self::USUAL };
    const SHORT: Self =
        Self { waiting: 500, tiers: &["2s", "1h"], breaker: "breaker: { probe: 500ms, probe_max: 500ms }" };
}

/// How large a run is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sizes {
    pub(crate) events: u32,
    pub(crate) rounds: u32,
    pub(crate) seconds: u32,
    /// Delivered before the clock starts, to warm connections, compilers and caches.
    pub(crate) warm_up: u32,
    /// Deliveries that wait.
    pub(crate) waiting: u32,
    /// Members of an audience.
    pub(crate) members: u32,
    /// Tries to meet a bar that asks for the best of several.
    pub(crate) tries: u32,
    /// Rates of the open loop, in events per second.
    pub(crate) rates: [u32; 2],
    /// Rate of a healthy destination beside bad ones, and of one among many that hang.
    pub(crate) beside: u32,
    pub(crate) among: u32,
    /// Destinations that hang.
    pub(crate) hung: u32,
    /// Outages that end, of a destination with limits and of one without.
    pub(crate) outages: [Outage; 2],
}

impl Options {
    pub(crate) fn sizes(&self) -> Sizes {
        let usual = if self.quick {
            Sizes {
                events: 1_000,
                rounds: 1,
                seconds: 1,
                warm_up: 50,
                waiting: 1_000,
                members: 1_000,
                tries: 1,
                rates: [100, 200],
                beside: 100,
                among: 5,
                hung: 5,
                outages: [Outage::SHORT; 2],
            }
        } else {
            Sizes {
                events: 200_000,
                rounds: 3,
                seconds: 10,
                warm_up: 5_000,
                waiting: 500_000,
                members: 1_000_000,
                tries: 3,
                rates: [2_000, 5_000],
                beside: 500,
                among: 25,
                hung: 200,
                outages: [Outage::USUAL, Outage::WAVE],
            }
        };
        Sizes {
            events: self.events.unwrap_or(usual.events),
            rounds: self.rounds.unwrap_or(usual.rounds),
            seconds: self.seconds.unwrap_or(usual.seconds),
            ..usual
        }
    }

    /// Those asked for, else all.
    pub(crate) fn scenarios(&self) -> &[Scenario] {
        if self.scenarios.is_empty() { Scenario::value_variants() } else { &self.scenarios }
    }
}

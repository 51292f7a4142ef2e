//! The closed loop: events are in Kafka before the clock starts, in a transaction whose commit shows them to every
//! consumer at once; the clock stops with the last different event at the receiver. By then everything is joined,
//! connected and warm, for the program and the yardsticks alike.

use crate::bare;
use crate::endpoint::{Behaviour, Endpoint};
use crate::failure::Failure;
use crate::measure::{Parties, Row, per_second};
use crate::options::Sizes;
use crate::producer::hold;
use crate::subject::{Destination, Subject};
use crate::topics::{Broker, Layout};

/// Who works.
#[derive(Clone, Copy, Debug)]
pub(super) enum Who {
    Program,
    Bare(bare::Kind),
}

/// What is measured.
#[derive(Clone, Copy, Debug)]
pub(super) struct Closed {
    pub(super) scenario: &'static str,
    pub(super) who: Who,
    pub(super) behaviour: Behaviour,
    pub(super) in_flight: usize,
}

impl Who {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Program => "program",
            Self::Bare(bare::Kind::Reqwest) => "bare",
            Self::Bare(bare::Kind::Hop) => "bare-hop",
            Self::Bare(bare::Kind::Hyper) => "bare-hyper",
            Self::Bare(bare::Kind::Wire) => "wire (no Kafka)",
        }
    }
}

impl Closed {
    pub(super) fn measure(self, broker: &Broker, sizes: &Sizes) -> Result<Row, Failure> {
        let topics = broker.topics(Layout::STAYS)?;
        let mut endpoint = Endpoint::start(self.behaviour)?;
        let mut subject = match self.who {
            Who::Program => {
                let usual = Destination::usual("load", &endpoint);
                let destination = Destination { in_flight: self.in_flight, ..usual };
                Subject::program(&topics, &[destination])?
            }
            Who::Bare(kind) => Subject::yardstick(kind, &topics, &endpoint, self.in_flight)?,
        };
        let run = endpoint.begin(sizes.warm_up)?;
        hold(&topics, run, sizes.warm_up)?.release()?;
        endpoint.all(sizes.warm_up, || subject.is_alive())?;

        let run = endpoint.begin(sizes.events)?;
        let held = hold(&topics, run, sizes.events)?;
        let window = Parties { broker: Some(broker), subject: &subject, endpoint: &endpoint }.open()?;
        let began = held.release()?;
        let counts = endpoint.all(sizes.events, || subject.is_alive())?;
        let parties = Parties { broker: Some(broker), subject: &subject, endpoint: &endpoint };
        Ok(Row {
            cpu_us: parties.close(&window, sizes.events)?,
            per_second: per_second(counts.distinct, began, counts.last_us),
            peak_mb: subject.memory()?.peak,
            ..Row::of(self.scenario, self.who.name(), counts)
        })
    }
}

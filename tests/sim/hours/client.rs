//! One stage of a replica that is never disturbed, with its Kafka client: what it has read, what it holds, what it would
//! commit. The valve is the program's own. When what happens is `world`'s business.

use kafka_webhooks::delivery::claim::{Epoch, TopicPartition};
use kafka_webhooks::delivery::load::Load;
use kafka_webhooks::kafka::consumer::valve::{Flow, Gauge, adjust};
use kafka_webhooks::kafka::offsets::{Grant, Position};
use kafka_webhooks::kafka::record::Record;
use kafka_webhooks::outcome::time::Now;

use crate::log::{Partition, Reading};
use crate::places::Slot;
use crate::stage::Core;

/// Records read at once, and so in five milliseconds.
const BATCH: usize = 250;
/// What an event and its key come to in memory, without headers.
const EVENT: usize = 2_000;
const EPOCH: Epoch = Epoch(1);

/// A stage and its client.
pub(crate) struct Client {
    pub(crate) core: Core,
    budget: usize,
    holds: Vec<Holds>,
}

/// A partition that is read.
struct Holds {
    slot: Slot,
    at: TopicPartition,
    fetch: i64,
    load: Load,
    flow: Flow,
    stored: Option<Position>,
}

impl Client {
    pub(crate) fn new(mut core: Core, budget: usize, partitions: impl Iterator<Item = (Slot, TopicPartition)>) -> Self {
        let holds = |(slot, at)| Holds { slot, at, fetch: 0, load: Load::default(), flow: Flow::Open, stored: None };
        let holds: Vec<_> = partitions.map(holds).collect();
        let grant = |own: &Holds| Grant { at: own.at.clone(), epoch: EPOCH, note: None, draw: 7 };
        core.assigned(&holds.iter().map(grant).collect::<Vec<_>>());
        Self { core, budget, holds }
    }

    /// Works the valve and reads what there is, a batch at most; answers whether there is more.
    pub(crate) fn read(&mut self, log: &[Partition], now: Now) -> bool {
        let gauges: Vec<_> = self.holds.iter().map(|own| Gauge { bytes: own.load.bytes(), state: own.flow }).collect();
        for (own, flow) in self.holds.iter_mut().zip(adjust(&gauges, self.budget)) {
            own.flow = flow;
        }
        let mut left = BATCH;
        let mut more = false;
        for own in &mut self.holds {
            let reading = Reading { at: &own.at, epoch: EPOCH, load: &own.load };
            while own.flow == Flow::Open
                && let Some((_, record)) = log[own.slot].read(own.fetch, &reading)
            {
                if left == 0 {
                    more = true;
                    break;
                }
                left -= 1;
                own.fetch += 1;
                let headers: usize = record.headers.0.iter().map(|(name, value)| name.len() + value.len() + 64).sum();
                let held = Some(own.load.hold(EVENT + headers));
                self.core.arrived(Record { held, ..record }, now);
            }
        }
        more
    }

    /// Whether there is something to read that the valve may let in.
    pub(crate) fn is_behind(&self, log: &[Partition]) -> bool {
        self.holds.iter().any(|own| own.fetch < log[own.slot].end())
    }

    /// Keeps what is to be committed; answers whether there is anything.
    pub(crate) fn store(&mut self) -> bool {
        let positions = self.core.take_positions();
        for position in &positions {
            let own = self.holds.iter_mut().find(|own| own.at == position.at);
            own.expect("positions are of partitions that are held").stored = Some(position.clone());
        }
        !positions.is_empty()
    }

    pub(crate) fn commit(&mut self, log: &mut [Partition]) {
        for own in &mut self.holds {
            if let Some(position) = own.stored.take() {
                log[own.slot].commit(&position);
            }
        }
    }
}

//! The receivers: one for each way to behave, and the terms each has. What an answer means is classified here already,
//! as `attempt` would; what follows from it is the core's business.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use kafka_webhooks::delivery::LastAttempt;
use kafka_webhooks::delivery::id::DeliveryId;
use kafka_webhooks::delivery::lane::{LaneId, LaneLimits};
use kafka_webhooks::kafka::partitioner::partition_of_spread;
use kafka_webhooks::outcome::Outcome;
use kafka_webhooks::outcome::disposition::Attempted;
use kafka_webhooks::route::destination::DestinationId;
use kafka_webhooks::route::flow::{BreakerTerms, RequestRate};
use kafka_webhooks::stage::deliver::core::Terms;

use crate::batches::batching;
use crate::places::{PARTITIONS, Slot};
use crate::rng::Rng;

/// The window of every destination, in milliseconds.
pub(crate) const WINDOW: i64 = 60_000;
/// How long anything may wait, in milliseconds.
pub(crate) const EXPIRY: i64 = 240_000;
/// From the opening of a breaker to its first probe, in milliseconds.
pub(crate) const PROBE: i64 = 500;
/// After this an attempt times out, in milliseconds.
const TIMEOUT: i64 = 5_000;

/// How a receiver behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    Healthy,
    Flapping,
    Dead,
    Rejecting,
    Throttling,
    Hanging,
    /// Finds batches too large.
    Narrow,
}

/// A receiver and its destination.
#[derive(Debug)]
pub(crate) struct Receiver {
    pub(crate) name: &'static str,
    pub(crate) lane: LaneId,
    pub(crate) key: Bytes,
    pub(crate) manner: Manner,
    /// None where the destination is not configured.
    pub(crate) terms: Option<Terms>,
}

const FAILURES: [Outcome; 7] = [
    Outcome::ServerError,
    Outcome::Unreachable,
    Outcome::TlsFailed,
    Outcome::DnsFailed,
    Outcome::InvalidResponse,
    Outcome::Blocked,
    Outcome::AuthFailed,
];

/// All receivers.
pub(crate) fn all() -> Vec<Receiver> {
    let limits = |max_in_flight, requests| LaneLimits { requests, ..LaneLimits::of(max_in_flight) };
    let give_up_after = Duration::from_millis(WINDOW.unsigned_abs());
    let usual = |limits| Terms {
        enabled: true,
        paused: false,
        limits,
        batching: None,
        spread: 1,
        give_up_after,
        max_attempts: None,
    };
    let terms = |limits| Some(usual(limits));
    let breaker = |after| BreakerTerms {
        after,
        probe: Duration::from_millis(PROBE.unsigned_abs()),
        probe_max: Duration::from_secs(4),
    };
    let rate = RequestRate::per_second;
    let evenly = LaneLimits { rate: rate(60.0), breaker: breaker(4), ..limits(3, 2) };
    let receiver = |name: &'static str, manner, terms| {
        let (destination, mapping) =
            name.split_once('/').map_or((name, None), |(id, mapping)| (id, Some(mapping.into())));
        let key = Bytes::copy_from_slice(destination.as_bytes());
        let destination = DestinationId::new(destination).expect("the names are valid");
        Receiver { name, lane: LaneId { destination, mapping }, key, manner, terms }
    };
    let bulk = |limits: LaneLimits| {
        let limits = LaneLimits { batch: Some(batching().limits()), ..limits };
        Some(Terms { batching: Some(batching()), ..usual(limits) })
    };
    // Two mappings of one destination, which share what it allows.
    let twin = |rate| LaneLimits { rate, lanes: 2, breaker: breaker(3), ..limits(4, 1) };
    vec![
        receiver("healthy", Manner::Healthy, terms(limits(4, 1))),
        receiver("flapping", Manner::Flapping, terms(limits(4, 1))),
        receiver("down", Manner::Dead, terms(limits(3, 1))),
        receiver("picky", Manner::Rejecting, terms(limits(2, 1))),
        receiver("busy", Manner::Throttling, terms(limits(3, 1))),
        receiver("hung", Manner::Hanging, terms(limits(2, 1))),
        receiver("hooks", Manner::Flapping, terms(limits(3, 3))),
        receiver("brief", Manner::Dead, Some(Terms { max_attempts: Some(2), ..usual(limits(2, 1)) })),
        receiver("gone", Manner::Dead, terms(LaneLimits { breaker: breaker(2), ..limits(3, 1) })),
        receiver("fragile", Manner::Flapping, terms(LaneLimits { breaker: breaker(3), ..limits(4, 1) })),
        receiver("moody", Manner::Throttling, terms(LaneLimits { breaker: breaker(2), ..limits(4, 1) })),
        receiver("paced", Manner::Healthy, terms(LaneLimits { rate: rate(5.0), ..limits(4, 1) })),
        receiver("evenly", Manner::Flapping, terms(evenly)),
        receiver("wide", Manner::Flapping, Some(Terms { spread: 2, ..usual(limits(5, 1)) })),
        receiver("bulk", Manner::Flapping, bulk(limits(2, 1))),
        receiver("bulkier", Manner::Healthy, bulk(LaneLimits { breaker: breaker(3), ..limits(1, 1) })),
        receiver("narrow", Manner::Narrow, bulk(limits(2, 1))),
        receiver("twin/a", Manner::Flapping, terms(twin(None))),
        receiver("twin/b", Manner::Dead, bulk(twin(None))),
        receiver("pair/a", Manner::Healthy, terms(twin(rate(20.0)))),
        receiver("pair/b", Manner::Flapping, terms(twin(rate(20.0)))),
        receiver("paused", Manner::Healthy, Some(Terms { paused: true, ..usual(limits(2, 1)) })),
        receiver("off", Manner::Healthy, Some(Terms { enabled: false, ..usual(limits(2, 1)) })),
        receiver("stranger", Manner::Healthy, None),
    ]
}

pub(crate) fn terms(receivers: &[Receiver]) -> HashMap<LaneId, Terms> {
    receivers.iter().filter_map(|receiver| Some((receiver.lane.clone(), receiver.terms.clone()?))).collect()
}

impl Receiver {
    /// The partition of the deliveries topic where one of its deliveries lies.
    pub(crate) fn home(&self, id: DeliveryId) -> Slot {
        let spread = self.terms.as_ref().map_or(1, |terms| terms.spread);
        partition_of_spread(&self.key, (id.bits() as u64, spread), PARTITIONS as i32) as Slot
    }

    /// What an attempt of this age comes to; none while it goes on.
    pub(crate) fn answer(&self, age: i64, rng: &mut Rng) -> Option<Attempted> {
        let plain = |outcome| Some(Attempted { outcome, retry_after: None });
        match self.manner {
            Manner::Healthy | Manner::Narrow => plain(Outcome::Delivered),
            Manner::Flapping if rng.one_in(2) => plain(Outcome::Delivered),
            Manner::Flapping => plain(*rng.pick(&FAILURES)),
            Manner::Dead => plain(if rng.one_in(2) { Outcome::TimedOut } else { Outcome::Unreachable }),
            Manner::Rejecting if rng.one_in(8) => plain(Outcome::InvalidRequest),
            Manner::Rejecting => plain(Outcome::Rejected),
            Manner::Throttling if rng.one_in(3) => plain(Outcome::Delivered),
            Manner::Throttling => {
                let retry_after = *rng.pick(&[None, Some(0), Some(300), Some(3_000), Some(100_000)]);
                let retry_after = retry_after.map(Duration::from_millis);
                Some(Attempted { outcome: Outcome::Throttled, retry_after })
            }
            Manner::Hanging if age < TIMEOUT => None,
            Manner::Hanging if rng.one_in(8) => plain(Outcome::Delivered),
            Manner::Hanging => plain(Outcome::TimedOut),
        }
    }
}

pub(crate) fn last(outcome: Outcome) -> Arc<LastAttempt> {
    Arc::new(LastAttempt { outcome: outcome.label().into(), status: None, error: None })
}

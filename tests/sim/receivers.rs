//! The receivers: one for each way to behave, and the terms each has. What an answer means is classified here already,
//! as `attempt` would; what follows from it is the core's business.

use std::collections::HashMap;
use std::time::Duration;

use bytes::Bytes;
use kafka_webhooks::delivery::LastAttempt;
use kafka_webhooks::delivery::id::DeliveryId;
use kafka_webhooks::delivery::lane::LaneLimits;
use kafka_webhooks::kafka::partitioner::partition_of_spread;
use kafka_webhooks::outcome::Outcome;
use kafka_webhooks::outcome::disposition::Attempted;
use kafka_webhooks::route::destination::DestinationId;
use kafka_webhooks::route::flow::{BreakerTerms, RequestRate};
use kafka_webhooks::stage::deliver::core::Terms;

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
}

/// A receiver and its destination.
#[derive(Debug)]
pub(crate) struct Receiver {
    pub(crate) id: DestinationId,
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
    let terms = |limits| Terms { enabled: true, paused: false, limits, spread: 1, give_up_after, max_attempts: None };
    let breaker = |after| BreakerTerms {
        after,
        probe: Duration::from_millis(PROBE.unsigned_abs()),
        probe_max: Duration::from_secs(4),
    };
    let rate = RequestRate::per_second;
    let evenly = LaneLimits { rate: rate(60.0), breaker: breaker(4), ..limits(3, 2) };
    let receiver = |name: &str, manner, terms| Receiver {
        id: DestinationId::new(name).expect("the names are valid"),
        key: Bytes::copy_from_slice(name.as_bytes()),
        manner,
        terms,
    };
    vec![
        receiver("healthy", Manner::Healthy, Some(terms(limits(4, 1)))),
        receiver("flapping", Manner::Flapping, Some(terms(limits(4, 1)))),
        receiver("down", Manner::Dead, Some(terms(limits(3, 1)))),
        receiver("picky", Manner::Rejecting, Some(terms(limits(2, 1)))),
        receiver("busy", Manner::Throttling, Some(terms(limits(3, 1)))),
        receiver("hung", Manner::Hanging, Some(terms(limits(2, 1)))),
        receiver("hooks", Manner::Flapping, Some(terms(limits(3, 3)))),
        receiver("brief", Manner::Dead, Some(Terms { max_attempts: Some(2), ..terms(limits(2, 1)) })),
        receiver("gone", Manner::Dead, Some(terms(LaneLimits { breaker: breaker(2), ..limits(3, 1) }))),
        receiver("fragile", Manner::Flapping, Some(terms(LaneLimits { breaker: breaker(3), ..limits(4, 1) }))),
        receiver("moody", Manner::Throttling, Some(terms(LaneLimits { breaker: breaker(2), ..limits(4, 1) }))),
        receiver("paced", Manner::Healthy, Some(terms(LaneLimits { rate: rate(5.0), ..limits(4, 1) }))),
        receiver("evenly", Manner::Flapping, Some(terms(evenly))),
        receiver("wide", Manner::Flapping, Some(Terms { spread: 2, ..terms(limits(5, 1)) })),
        receiver("paused", Manner::Healthy, Some(Terms { paused: true, ..terms(limits(2, 1)) })),
        receiver("off", Manner::Healthy, Some(Terms { enabled: false, ..terms(limits(2, 1)) })),
        receiver("stranger", Manner::Healthy, None),
    ]
}

pub(crate) fn terms(receivers: &[Receiver]) -> HashMap<DestinationId, Terms> {
    receivers.iter().filter_map(|receiver| Some((receiver.id.clone(), receiver.terms?))).collect()
}

impl Receiver {
    /// The partition of the deliveries topic where one of its deliveries lies.
    pub(crate) fn home(&self, id: DeliveryId) -> Slot {
        let spread = self.terms.map_or(1, |terms| terms.spread);
        partition_of_spread(&self.key, (id.bits() as u64, spread), PARTITIONS as i32) as Slot
    }

    /// What an attempt of this age comes to; none while it goes on.
    pub(crate) fn answer(&self, age: i64, rng: &mut Rng) -> Option<Attempted> {
        let plain = |outcome| Some(Attempted { outcome, retry_after: None });
        match self.manner {
            Manner::Healthy => plain(Outcome::Delivered),
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

pub(crate) fn last(outcome: Outcome) -> LastAttempt {
    LastAttempt { outcome: outcome.label().into(), status: None, error: None }
}

//! Batches as somebody sees them who knows the rules: what may go together, how much of it, and for how long it may wait.
//! What a delivery is in a batch is read from its number, so that it is the same wherever it is asked.

use std::time::Duration;

use kafka_webhooks::delivery::Delivery;
use kafka_webhooks::delivery::batch::{Batching, Measure, Parcel};
use kafka_webhooks::stage::deliver::core::Order;

use crate::violation::{Checked, Invariant, hold};
use crate::world::World;

/// Most deliveries of one batch.
pub(crate) const SIZE: usize = 6;
/// How long the first waits for others, in milliseconds.
pub(crate) const WAIT: u64 = 700;
/// Deliveries from which the receiver that finds batches too large answers 413.
pub(crate) const TOO_MANY: usize = 3;
/// Every so many cannot be resolved, and go alone.
const ALONE: u8 = 11;
/// Kinds of deliveries that do not mix.
const KINDS: u8 = 3;

/// Tells what deliveries are by the digits of their number.
#[derive(Debug)]
struct ByNumber;

impl Measure for ByNumber {
    fn parcel(&self, event: &[u8]) -> Parcel {
        let sum: u8 = event.iter().filter(|byte| byte.is_ascii_digit()).map(|digit| digit - b'0').sum();
        Parcel { key: (!sum.is_multiple_of(ALONE)).then_some(u64::from(sum % KINDS)), bytes: event.len() }
    }
}

/// How the simulated lanes batch.
pub(crate) fn batching() -> Batching {
    Batching { size: SIZE, wait: Duration::from_millis(WAIT), measure: std::sync::Arc::new(ByNumber) }
}

impl World {
    /// Whether what is ordered together belongs together.
    pub(crate) fn is_a_batch(&mut self, order: &Order) -> Checked {
        let [first, others @ ..] = &order.deliveries[..] else {
            return hold(false, Invariant::BatchesAreRight, || format!("{:?} orders nothing", order.token));
        };
        if others.is_empty() {
            return Ok(());
        }
        self.report.count("batch");
        let key = |delivery: &Delivery| ByNumber.parcel(&delivery.value).key;
        let receiver = |delivery: &Delivery| self.facts.courses[self.life_of(delivery).delivery as usize].receiver;
        let batches = self.receivers[receiver(first)].terms.as_ref().is_some_and(|terms| terms.batching.is_some());
        let alike = others.iter().all(|other| key(other) == key(first) && receiver(other) == receiver(first));
        // After a fault two lives of one delivery may meet; copies of one life may not.
        let lives: std::collections::BTreeSet<_> =
            order.deliveries.iter().map(|delivery| self.life_of(delivery)).collect();
        let fits = order.deliveries.len() <= SIZE && lives.len() == order.deliveries.len();
        hold(batches && alike && fits && key(first).is_some(), Invariant::BatchesAreRight, || {
            format!("{:?} orders {} deliveries that do not go together", order.token, order.deliveries.len())
        })
    }
}

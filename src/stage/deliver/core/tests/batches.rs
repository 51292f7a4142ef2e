//! A lane that batches: what half a batch does when its partition goes, what a receiver that finds it too large causes.

use std::time::Duration;

use super::*;
use crate::delivery::batch::{Batching, Measure, Parcel};

/// All go together.
#[derive(Debug)]
struct Alike;

impl Measure for Alike {
    fn parcel(&self, event: &[u8]) -> Parcel {
        Parcel { key: Some(0), bytes: event.len() }
    }
}

/// A core with one lane that puts up to ten together and waits a minute for them.
fn core() -> DeliverCore {
    let batching = Batching { size: 10, wait: Duration::from_secs(60), measure: Arc::new(Alike) };
    let limits = LaneLimits { batch: Some(batching.limits()), ..LaneLimits::of(4) };
    let terms = Terms { batching: Some(batching), ..terms(limits) };
    let mut core = DeliverCore::new(settings(2, [(DestinationId::new("down").unwrap(), terms)]));
    core.assigned(&[Grant { at: TopicPartition::new("d", 0), epoch: Epoch(1), note: None, draw: 1 }]);
    core
}

fn orders(core: &mut DeliverCore) -> Vec<Order> {
    let outputs = core.take_outputs().into_iter();
    let order = |output| match output {
        Output::Attempt(order) => Some(order),
        _ => None,
    };
    outputs.filter_map(order).collect()
}

fn answer(core: &mut DeliverCore, order: &Order, outcome: Outcome, status: u16) {
    let attempted = Attempted { outcome, retry_after: None };
    let last = LastAttempt { outcome: outcome.label().into(), status: Some(status), error: None };
    let tried = Tried { attempted, began: now().kafka, last: Arc::new(last), asks_for_less: status == 413 };
    core.attempted(order.token, Report::Tried(tried), now());
    core.proceed(now());
}

#[test]
fn half_a_batch_goes_out_when_its_partition_is_handed_back_and_holds_the_offset_until_then() {
    let mut core = core();
    (0..3).for_each(|offset| core.arrived(record(offset, &[]), now()));
    core.proceed(now());
    assert!(orders(&mut core).is_empty(), "it waits for more");
    let at = TopicPartition::new("d", 0);
    core.revoke(std::slice::from_ref(&at), now());
    let [order] = &orders(&mut core)[..] else { panic!("one batch") };
    assert_eq!(order.deliveries.len(), 3);
    assert!(!core.is_drained(&at) && core.take_positions().is_empty());
    answer(&mut core, order, Outcome::Delivered, 200);
    assert!(core.is_drained(&at));
    assert_eq!(core.release(&[at]).last().map(|position| position.next), Some(3));
}

#[test]
fn what_is_too_large_together_goes_again_at_once_in_smaller_batches_and_costs_no_attempt() {
    let mut core = core();
    (0..10).for_each(|offset| core.arrived(record(offset, &[]), now()));
    core.proceed(now());
    let mut sizes = Vec::new();
    let mut open = orders(&mut core);
    while let Some(order) = open.pop() {
        sizes.push(order.deliveries.len());
        let is_first = order.deliveries.iter().all(|delivery| delivery.progress.attempts == 0);
        assert!(is_first, "{order:?}");
        let fits = order.deliveries.len() <= 2;
        let (outcome, status) = if fits { (Outcome::Delivered, 200) } else { (Outcome::Rejected, 413) };
        answer(&mut core, &order, outcome, status);
        open.extend(orders(&mut core));
    }
    assert_eq!(sizes.iter().filter(|size| **size <= 2).sum::<usize>(), 10, "{sizes:?}");
    assert!(sizes.len() <= 12, "{sizes:?}");
    assert_eq!(core.take_positions().last().map(|position| position.next), Some(10));
}

#[test]
fn one_that_is_too_large_by_itself_is_rejected() {
    let mut core = core();
    core.arrived(record(0, &[]), now());
    core.revoke(&[TopicPartition::new("d", 0)], now());
    let [order] = &orders(&mut core)[..] else { panic!("one batch") };
    answer(&mut core, order, Outcome::Rejected, 413);
    let dead = appends(&mut core);
    assert_eq!((&*dead[0].topic, dead[0].headers.text("reason")), ("x", Some("rejected")));
}

#[test]
fn a_batch_that_fails_waits_delivery_by_delivery_and_its_offset_with_the_slowest() {
    let mut core = core();
    (0..10).for_each(|offset| core.arrived(record(offset, &[]), now()));
    core.proceed(now());
    let [order] = &orders(&mut core)[..] else { panic!("one batch") };
    assert_eq!(order.deliveries.len(), 10);
    let attempted = Attempted { outcome: Outcome::ServerError, retry_after: None };
    let last = LastAttempt { outcome: "server_error".into(), status: Some(503), error: None };
    let tried = Tried { attempted, began: now().kafka, last: Arc::new(last), asks_for_less: false };
    core.attempted(order.token, Report::Tried(tried), now());
    let asked = core.take_outputs().into_iter().filter_map(|output| match output {
        Output::Append(token, append) => Some((token, append)),
        _ => None,
    });
    let asked: Vec<_> = asked.collect();
    assert!(asked.iter().all(|(_, append)| append.headers.text("attempts") == Some("1")), "{asked:?}");
    assert_eq!(asked.len(), 10);
    for (token, _) in &asked[1..] {
        core.confirmed(&Confirmation { token: *token, result: Ok(()) }, now());
    }
    assert!(core.take_positions().is_empty(), "the first is not confirmed");
    core.confirmed(&Confirmation { token: asked[0].0, result: Ok(()) }, now());
    assert_eq!(core.take_positions().last().map(|position| position.next), Some(10));
}

#[test]
fn what_hangs_elsewhere_in_the_partition_does_not_tear_batches_apart() {
    let batching = Batching { size: 10, wait: Duration::from_secs(60), measure: Arc::new(Alike) };
    let limits = LaneLimits { batch: Some(batching.limits()), ..LaneLimits::of(4) };
    let batches = Terms { batching: Some(batching), ..terms(limits) };
    let all = [("down", batches), ("hangs", terms(LaneLimits::of(4))), ("fast", terms(LaneLimits::of(4)))];
    let mut core = DeliverCore::new(settings(2, all.map(|(id, terms)| (DestinationId::new(id).unwrap(), terms))));
    core.assigned(&[Grant { at: TopicPartition::new("d", 0), epoch: Epoch(1), note: None, draw: 1 }]);
    let mut arrives = |offset, key: &'static str| {
        core.arrived(Record { key: Some(Bytes::from_static(key.as_bytes())), ..record(offset, &[]) }, now());
        core.proceed(now());
        let orders = orders(&mut core);
        for order in orders.iter().filter(|order| order.lane.to_string() == "fast") {
            answer(&mut core, order, Outcome::Delivered, 200);
        }
        orders
    };
    assert_eq!(arrives(0, "hangs").len(), 1);
    for offset in 1..20_000 {
        assert_eq!(arrives(offset, "fast").len(), 1, "at {offset}");
    }
    assert!(arrives(20_000, "down").is_empty(), "it waits for others, whatever hangs");
    for offset in 20_001..40_000 {
        let orders = arrives(offset, "fast");
        if let Some(order) = orders.iter().find(|order| order.lane.to_string() == "down") {
            assert!(
                offset > 36_000,
                "one that is far behind itself waits no longer, but not before: {offset} {order:?}"
            );
            return;
        }
    }
    panic!("it waits, although it is far behind");
}

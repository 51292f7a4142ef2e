//! What the deliver stage tells people: one wide line for each failed attempt, and counters.
//! Never a secret, a body or a full URL; one name for one field everywhere.

use std::time::Duration;

use super::core::Happened;
use crate::attempt::verdict::Verdict;
use crate::delivery::flow::Change;
use crate::delivery::lane::LaneId;
use crate::delivery::{Delivery, MadeBy};
use crate::metrics::Metrics;
use crate::outcome::Outcome;
use crate::outcome::time::Now;
use crate::route::destination::DestinationId;

/// Logs an attempt: failures at `warn`, successes at `debug`; of a batch one line, with the first of its deliveries.
pub(super) fn attempted(lane: &LaneId, deliveries: &[Delivery], verdict: &Verdict, took: Duration) {
    let Some(delivery) = deliveries.first() else { return };
    let LaneId { destination, mapping } = lane;
    let mapping = mapping.as_deref();
    let batch = (deliveries.len() > 1).then_some(deliveries.len());
    let (id, source, outcome) = (delivery.id, &delivery.source, verdict.outcome.label());
    // The core counts the attempt only when it hears of it; people count from one.
    let attempt = delivery.progress.attempts + 1;
    // To the microsecond; more digits are noise.
    let duration_ms = (took.as_secs_f64() * 1e6).round() / 1e3;
    if verdict.outcome == Outcome::Delivered {
        tracing::debug!(%destination, mapping, batch, delivery_id = %id, attempt, outcome, duration_ms, %source, "attempt succeeded");
        return;
    }
    let status = verdict.status;
    let error = verdict.error.as_deref().unwrap_or_default();
    let retry_after_s = verdict.retry_after.map(|wait| wait.as_secs());
    tracing::warn!(
        %destination, mapping, batch, delivery_id = %id, attempt, %outcome, status, error, duration_ms, retry_after_s, %source,
        hops = delivery.progress.hops, "attempt failed"
    );
}

/// Counts what happened, and logs what a person should know.
pub(super) fn happened(happened: &Happened, metrics: &Metrics, now: Now) {
    match happened {
        Happened::Delivered { destination, delivery } => {
            let counters = metrics.destination(Some(destination));
            counters.delivered.inc();
            if delivery.progress.attempts <= 1 {
                counters.first_attempt_delivered.inc();
            }
            counters.latency(now.kafka.since(delivery.accepted_at));
        }
        Happened::Made { destination, by } => {
            let counters = metrics.destination(destination.as_ref());
            match by {
                MadeBy::Replay(reason) => counters.replayed(*reason),
                MadeBy::AudiencesSync | MadeBy::Stranger => counters.created.inc(),
                // It counted them itself.
                MadeBy::Route => {}
            }
        }
        Happened::Delayed { destination, tier, cause, .. } => {
            metrics.destination(destination.as_ref()).delayed(*cause);
            tracing::debug!(
                destination = %named(destination.as_ref()),
                tier = %tier.name(),
                cause = %cause.label(),
                "delivery waits"
            );
        }
        Happened::DeadLettered { destination, delivery, reason } => {
            metrics.destination(destination.as_ref()).dead_lettered(*reason);
            let last = delivery.last.as_deref();
            tracing::warn!(
                destination = %named(destination.as_ref()), mapping = delivery.mapping.as_deref(),
                delivery_id = %delivery.id, reason = %reason.label(),
                attempts = delivery.progress.attempts, outcome = last.map(|last| tracing::field::display(&last.outcome)), source = %delivery.source,
                "delivery became a dead letter"
            );
        }
        Happened::Absent { lane: LaneId { destination, mapping }, reason } => {
            tracing::warn!(
                %destination, mapping = mapping.as_deref(), reason = %reason.label(),
                "deliveries wait for a destination that this replica does not serve; a roll-out may be in progress, else they become dead letters when their window closes"
            );
        }
        Happened::Paused { destination } => {
            tracing::info!(%destination, "the destination is paused; its deliveries wait until the file says otherwise");
        }
        Happened::Flow { lane, change } => flow(lane, *change, now),
        Happened::Split { lane: LaneId { destination, mapping }, deliveries } => {
            tracing::info!(
                %destination, mapping = mapping.as_deref(), deliveries,
                "a batch goes again at once in smaller ones: the receiver found it too large (413), or HTTP does not allow its request; if it is the size, lower `batch_size` to spare both sides"
            );
        }
        Happened::Repeated { destination } => metrics.destination(destination.as_ref()).repeated.inc(),
        Happened::Refused { at, topic, error } => {
            tracing::error!(partition = %at, %topic, %error, "kafka did not take a record; it is tried again and the offset waits");
        }
        Happened::FlowForgotten { lane: LaneId { destination, mapping } } => {
            tracing::debug!(%destination, mapping = mapping.as_deref(), "its breaker and pauses are forgotten; another replica serves it now");
        }
        Happened::OurFault { lane: LaneId { destination, mapping }, error } => {
            tracing::error!(%destination, mapping = mapping.as_deref(), %error, "an attempt could not be made here; it is tried again and spends no attempt");
        }
    }
}

/// One line for each change of what holds a lane back.
fn flow(lane: &LaneId, change: Change, now: Now) {
    let LaneId { destination, mapping } = lane;
    let mapping = mapping.as_deref();
    match change {
        Change::Opened { failures, last, probe } => {
            tracing::warn!(
                %destination, mapping, failures, outcome = last.label(), probe_after_s = rounded(probe.as_secs_f64()),
                "breaker opened: the receiver failed too often in a row; its deliveries wait with their clock running, and one at a time probes whether it is back; see to the receiver, nothing needs doing here"
            );
        }
        Change::Closed(after) => {
            tracing::info!(%destination, mapping, open_for_s = rounded(after.as_secs_f64()), "breaker closed: the receiver is back");
        }
        Change::Paused(until) => {
            let pause = until.since(now.moment).as_secs_f64();
            tracing::warn!(%destination, mapping, pause_s = rounded(pause), "paused: the receiver asked by Retry-After to be left alone");
        }
        Change::Slowed(per_second) => {
            tracing::warn!(
                %destination, mapping, requests_per_s = rounded(per_second),
                "slowed down: the receiver throttles; to spare it and us, set `rate_limit` of the destination to what it takes"
            );
        }
        Change::Recovered => tracing::info!(%destination, mapping, "no longer slowed down"),
    }
}

/// To the millisecond; more digits are noise.
fn rounded(number: f64) -> f64 {
    (number * 1e3).round() / 1e3
}

fn named(destination: Option<&DestinationId>) -> &str {
    destination.map_or("unknown", DestinationId::as_str)
}

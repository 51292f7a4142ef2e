//! A delivery as key, headers and value, and back: both directions in one file, so that they cannot disagree.
//! Headers are small readable texts (contract section 6). Reading is defensive: records may be forged, so whatever
//! cannot be read counts as absent and no number or time from a header can do harm beyond the delivery whose id, or place
//! in a delay, it claims.

use std::sync::Arc;

use bytes::Bytes;

use super::record::{Headers, Record};
use crate::delivery::copies::CopyKey;
use crate::delivery::id::{DeliveryId, Origin};
use crate::delivery::returns::Return;
use crate::delivery::tenure::Stamp;
use crate::delivery::{Delivery, LastAttempt, MadeBy};
use crate::outcome::disposition::{Progress, Reason};
use crate::outcome::time::KafkaTime;
use crate::outcome::{Fault, Outcome};
use crate::route::destination::DestinationId;

#[cfg(test)]
mod tests;

/// Counts beyond this are forged.
const MOST: u32 = 1_000_000;
/// Longest `last-error`, in bytes.
pub const ERROR_BYTES: usize = 256;
/// Longest name of a mapping, in bytes; one has 64 characters.
const MAPPING_BYTES: usize = 256;

const DELIVERY_ID: &str = "delivery-id";
const SOURCE: &str = "source";
const ACCEPTED_AT: &str = "accepted-at";
const MAPPING: &str = "mapping";
const ATTEMPTS: &str = "attempts";
const LAST_ATTEMPT_AT: &str = "last-attempt-at";
const WINDOW_STARTED_AT: &str = "window-started-at";
const HOPS: &str = "hops";
const FINAL_WAIT: &str = "final-wait";
const WAITING_SINCE: &str = "waiting-since";
const LAST_OUTCOME: &str = "last-outcome";
const LAST_STATUS: &str = "last-status";
const LAST_ERROR: &str = "last-error";
const PAUSED_AT: &str = "paused-at";
const REPLAYS: &str = "replays";
const TENURE: &str = "tenure";
const RETURNED: &str = "returned";
const REASON: &str = "reason";
const MADE_BY: &str = "made-by";
const AUDIENCES_SYNC: &str = "audiences-sync";

/// The headers of a delivery in the deliveries topic or a tier.
pub fn headers(delivery: &Delivery) -> Headers {
    let mut headers = Headers(Vec::with_capacity(12));
    headers.push(DELIVERY_ID, delivery.id.to_string());
    headers.push(SOURCE, delivery.source.to_string());
    headers.push(ACCEPTED_AT, delivery.accepted_at.to_string());
    if let Some(mapping) = &delivery.mapping {
        headers.push(MAPPING, mapping.to_string());
    }
    let progress = &delivery.progress;
    if let Some(time) = progress.last_attempt_at {
        headers.push(ATTEMPTS, progress.attempts.to_string());
        headers.push(LAST_ATTEMPT_AT, time.to_string());
    }
    if let Some(time) = progress.window_started_at {
        headers.push(WINDOW_STARTED_AT, time.to_string());
    }
    if progress.hops > 0 {
        headers.push(HOPS, progress.hops.to_string());
    }
    if progress.final_wait {
        headers.push(FINAL_WAIT, "true");
    }
    if let Some(time) = progress.waiting_since {
        headers.push(WAITING_SINCE, time.to_string());
    }
    if let Some(time) = progress.paused_at {
        headers.push(PAUSED_AT, time.to_string());
    }
    if let Some(last) = &delivery.last {
        headers.push(LAST_OUTCOME, last.outcome.to_string());
        if let Some(status) = last.status {
            headers.push(LAST_STATUS, status.to_string());
        }
        if let Some(error) = &last.error {
            headers.push(LAST_ERROR, error.to_string());
        }
    }
    if progress.replays > 0 {
        headers.push(REPLAYS, progress.replays.to_string());
    }
    // What waits was counted when it began to.
    match delivery.made_by {
        MadeBy::AudiencesSync if progress.hops == 0 => headers.push(MADE_BY, AUDIENCES_SYNC),
        MadeBy::Replay(Some(reason)) if progress.hops == 0 => headers.push(REASON, reason.label()),
        _ => {}
    }
    if let Some(stamp) = &delivery.stamp {
        headers.push(TENURE, stamp.to_string());
    }
    headers
}

/// Why and when something was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Death {
    /// Why.
    pub reason: Reason,
    /// Whose fault.
    pub fault: Fault,
    /// When.
    pub at: KafkaTime,
}

/// The headers of a dead letter: those of the delivery, complete, and why it is dead.
pub fn dead_letter_headers(delivery: &Delivery, death: Death) -> Headers {
    let mut headers = headers(delivery);
    // Nobody takes a dead letter over, and its reason is the last one.
    headers.0.retain(|(name, _)| ![TENURE, REASON].map(str::as_bytes).contains(&name.as_ref()));
    for (name, value) in
        [(ATTEMPTS, delivery.progress.attempts), (HOPS, delivery.progress.hops), (REPLAYS, delivery.progress.replays)]
    {
        if headers.get(name).is_none() {
            headers.push(name, value.to_string());
        }
    }
    headers.push(REASON, death.reason.label());
    headers.push("fault", death.fault.label());
    headers.push("dead-at", death.at.to_string());
    headers
}

/// Reads a delivery from a record of the deliveries topic. What a stranger wrote there without our headers becomes a
/// delivery that has its own record as source.
pub fn delivery(record: &Record) -> Delivery {
    let headers = &record.headers;
    let key = record.key.clone().unwrap_or_default();
    // One that is too long to be a name is none that is known, but not the absence of one either.
    let mapping: Option<Arc<str>> = headers.text(MAPPING).map(|text| cut(text, MAPPING_BYTES).into());
    let id = headers.text(DELIVERY_ID).and_then(DeliveryId::parse).unwrap_or_else(|| {
        DeliveryId::of(&Origin {
            topic: &record.at.topic,
            partition: record.at.partition,
            offset: record.offset,
            time: record.time,
            message_id: None,
            destination: &key,
            mapping: mapping.as_deref(),
        })
    });
    let own_source = || format!("{}@{}", record.at, record.offset).into();
    // No time of ours lies after the record that carries it.
    let time = |name| Some(KafkaTime::parse(headers.text(name)?)?.min(record.time));
    let progress = progress(headers, (time(LAST_ATTEMPT_AT), time(WINDOW_STARTED_AT)));
    let last = headers.text(LAST_OUTCOME).map(|outcome| {
        Arc::new(LastAttempt {
            outcome: cut(outcome, 32),
            status: headers.text(LAST_STATUS).and_then(|status| status.parse().ok()),
            error: headers.text(LAST_ERROR).map(|error| cut(error, ERROR_BYTES)),
        })
    });
    Delivery {
        id,
        made_by: made_by(headers, &progress),
        stamp: stamp(headers),
        destination: destination(&key),
        key,
        source: headers.text(SOURCE).filter(|text| text.len() <= 300).map_or_else(own_source, Arc::from),
        accepted_at: accepted_at(record),
        mapping,
        progress: Progress { waiting_since: time(WAITING_SINCE), paused_at: time(PAUSED_AT), ..progress },
        last,
        value: record.value.clone().unwrap_or_default(),
    }
}

/// When the source record was written of which a delivery came; no later than its own record.
pub fn accepted_at(record: &Record) -> KafkaTime {
    let accepted = record.headers.text(ACCEPTED_AT).and_then(KafkaTime::parse);
    accepted.map_or(record.time, |accepted| accepted.min(record.time))
}

/// Reads only what tells one life of a delivery from another; `None` where our headers are missing.
pub fn copy_key(headers: &Headers) -> Option<CopyKey> {
    let id = DeliveryId::parse(headers.text(DELIVERY_ID)?)?;
    Some(CopyKey::of(id, &progress(headers, (None, None)), stamp(headers).as_ref()))
}

/// The headers of a record of a tier on its way back.
pub fn returning(headers: &Headers, returned: &Return) -> Headers {
    let mut headers = headers.clone();
    headers.push(RETURNED, returned.to_string());
    headers
}

/// Which record of which tier a record of the deliveries topic was; `None` for one that comes from somewhere else.
pub fn returned(record: &Record) -> Option<Return> {
    record.headers.text(RETURNED).and_then(Return::parse).map(|returned| returned.not_after(record.time))
}

/// Who made it, unless it has waited since and so was counted before.
fn made_by(headers: &Headers, progress: &Progress) -> MadeBy {
    let reason = || Reason::ALL.into_iter().find(|reason| headers.text(REASON) == Some(reason.label()));
    match headers.text(DELIVERY_ID) {
        _ if progress.hops > 0 => MadeBy::Route,
        _ if progress.replays > 0 => MadeBy::Replay(reason()),
        None => MadeBy::Stranger,
        Some(_) if headers.text(MADE_BY) == Some(AUDIENCES_SYNC) => MadeBy::AudiencesSync,
        Some(_) => MadeBy::Route,
    }
}

fn stamp(headers: &Headers) -> Option<Stamp> {
    headers.text(TENURE).and_then(Stamp::parse)
}

/// The destination a key names; `None` where no destination can be called so.
pub fn destination(key: &[u8]) -> Option<DestinationId> {
    std::str::from_utf8(key).ok().and_then(|text| DestinationId::new(text).ok())
}

/// The outcome a dead letter's fault may depend on.
pub fn last_outcome(last: &LastAttempt) -> Option<Outcome> {
    Outcome::ALL.into_iter().find(|outcome| outcome.label() == &*last.outcome)
}

fn progress(headers: &Headers, (last, start): (Option<KafkaTime>, Option<KafkaTime>)) -> Progress {
    let count = |name| {
        let value = headers.text(name).and_then(|text| text.parse::<u32>().ok());
        value.filter(|value| *value <= MOST).unwrap_or(0)
    };
    Progress {
        attempts: count(ATTEMPTS),
        last_attempt_at: last,
        window_started_at: start,
        hops: count(HOPS),
        replays: count(REPLAYS),
        final_wait: headers.get(FINAL_WAIT).map(Bytes::as_ref) == Some(b"true"),
        waiting_since: None,
        paused_at: None,
    }
}

/// At most so many bytes of a text, cut between characters.
pub fn cut(text: &str, bytes: usize) -> Box<str> {
    let end = (0..=bytes.min(text.len())).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    text[..end].into()
}

//! The way of audiences through the route stage: a record of the audiences topic, or a deletion, becomes the same record
//! keyed by its user; a change of a membership becomes deliveries. What changed was decided by the diff stage in between.

use std::time::Duration;

use bytes::Bytes;

use super::becoming::{Became, value};
use super::deliveries::{Form, Provenance};
use super::*;
use crate::audience::membership::Presence;
use crate::audience::{Fact, Held, Read, Source, User, record};
use crate::kafka::partitioner::partition_of;
use crate::kafka::record::Headers;
use crate::outcome::time::{ClockTrust, KafkaTime};
use crate::route::audiences::AudienceCalls;

/// For how long compaction leaves every record of the memberships topic alone, less an hour for clocks and for what is
/// read while time goes by.
const KEPT: Duration = Duration::from_secs(23 * 3600);
/// How far ahead of us a producer's clock may be.
const AHEAD: Duration = Duration::from_secs(3600);

impl RouteCore {
    /// A record of the audiences topic that is understood goes on as it is, keyed by its user.
    pub(super) fn of_audience_record(&self, source: &Record, now: Now) -> Became {
        let user = match record::read(value(source)).map_err(|error| error.to_string())? {
            Read::Change(change) => change.user,
            Read::Deleted { user, .. } => user,
        };
        Ok(vec![self.keyed(source, &user, now)])
    }

    /// A deletion of the events topic also ends the memberships of its user; one that names nobody ends none.
    pub(super) fn deletion(&self, source: &Record, now: Now) -> Option<(What, Append)> {
        match record::read(value(source)) {
            Ok(Read::Deleted { user, .. }) => Some(self.keyed(source, &user, now)),
            Ok(Read::Change(_)) | Err(_) => None,
        }
    }

    fn keyed(&self, record: &Record, user: &User, now: Now) -> (What, Append) {
        let mut headers = Vec::with_capacity(2);
        own_source(record, now).write(&mut headers);
        let key = user.key();
        let append = Append {
            topic: self.topics.audience_records.clone(),
            partition: Some(partition_of(key.as_bytes(), self.partitions.audience_records)),
            key: Some(key.into()),
            value: record.value.clone(),
            headers: Headers(headers.into_iter().map(|(name, value)| (name.into(), value.into())).collect()),
        };
        (What::Keyed, append)
    }

    /// A change of a membership becomes a delivery for each destination that wants to hear of it.
    pub(super) fn of_membership(&mut self, record: &Record, now: Now) -> Became {
        let Some(identify) = &record.value else { return Ok(Vec::new()) };
        let key = record.key.as_deref().unwrap_or_default();
        let held = Held::read(key, Presence::Value, |name| record.headers.text(name));
        let held = held.map_err(|error| format!("it is no membership: {error}"))?;
        match &held.fact {
            Some(fact) if held.is_news() || may_stand_for_a_change(fact, record, now) => {
                self.change(record, (&held.key, fact), identify)
            }
            _ => Ok(Vec::new()),
        }
    }

    /// Each destination is asked about the form it gets, so that filters and triggers see what is sent.
    fn change(&mut self, record: &Record, (key, fact): (&str, &Fact), identify: &Bytes) -> Became {
        let routes = self.routes.clone();
        let text = std::str::from_utf8(identify).map_err(|error| error.to_string())?;
        let track = match routes.hear_by(AudienceCalls::Track) {
            true => Bytes::from(AudienceCalls::Track.form(text, key, fact.kind).into_owned()),
            false => identify.clone(),
        };
        let ask = |call| routes.ask(call).map(|asked| asked.about(key)).map_err(|error| error.to_string());
        let (as_identify, as_track) = (ask(identify)?, ask(&track)?);
        let provenance = provenance(record, fact, as_identify.message_id());
        Ok(self.in_form(&provenance, |route| match route.audience_calls {
            AudienceCalls::Identify => Form { asked: &as_identify, value: identify },
            AudienceCalls::Track => Form { asked: &as_track, value: &track },
        }))
    }
}

/// Whether the change a record speaks of may be gone from the log: the newest record of a key stays, so when reading is
/// that far behind, one that is no change itself is all there is to tell it by. Who heard of the change hears it twice.
fn may_stand_for_a_change(fact: &Fact, record: &Record, now: Now) -> bool {
    fact.changed.is_some() && now.trust != ClockTrust::Off && now.kafka.since(record.time) > KEPT
}

/// Deliveries of a change come from the record that said so, so that a second copy of it in the memberships topic makes the
/// same ids. What corrects a wrong record is told once more, and so comes from itself.
fn provenance<'a>(record: &'a Record, fact: &'a Fact, message_id: Option<&'a str>) -> Provenance<'a> {
    let source = &fact.source;
    let said = KafkaTime::from_millis(source.millis);
    let (position, time) = match fact.again {
        Some(_) => ((&*record.at.topic, record.at.partition, record.offset), record.time),
        None => ((&*source.topic, source.partition, source.offset), said),
    };
    // No time of ours lies after the record that carries it.
    Provenance { position, time, message_id, source: source.position().into(), accepted_at: said.min(record.time) }
}

/// The record as a source. A producer whose clock is years ahead must not hold a membership for years: what is known of
/// a fact is never later than its source.
fn own_source(record: &Record, now: Now) -> Source {
    let time = match now.trust {
        ClockTrust::Sane => record.time.min(now.kafka.plus(AHEAD)),
        ClockTrust::Unknown | ClockTrust::Off => record.time,
    };
    Source {
        topic: (&*record.at.topic).into(),
        partition: record.at.partition,
        offset: record.offset,
        millis: time.as_millis(),
    }
}

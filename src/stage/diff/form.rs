//! Between records and what `audience` reads and writes: headers by name, appends to a partition.
//! How a membership looks as a record is decided by `audience::membership`, both ways.

use std::sync::Arc;

use bytes::Bytes;

use crate::audience::membership::Presence;
use crate::audience::{Held, Source, Unreadable};
use crate::kafka::record::{Append, Headers, Record};

/// Where a record's fact came from: as its headers say; the record itself where they are not ours.
pub(super) fn source(record: &Record) -> Source {
    Source::read(|name| record.headers.text(name)).unwrap_or_else(|| Source {
        topic: record.at.topic.as_ref().into(),
        partition: record.at.partition,
        offset: record.offset,
        millis: record.time.as_millis(),
    })
}

/// What a record of the memberships topic says.
pub(super) fn held(record: &Record) -> Result<Held, Unreadable> {
    let presence = if record.value.is_some() { Presence::Value } else { Presence::Tombstone };
    Held::read(record.key.as_deref().unwrap_or_default(), presence, |name| record.headers.text(name))
}

/// The record of the memberships topic that says it; without a value it is a tombstone.
pub(super) fn append(held: &Held, value: Option<Bytes>, (topic, partition): (&Arc<str>, i32)) -> Append {
    let mut headers = Headers::default();
    for (name, text) in held.headers() {
        headers.push(name, text);
    }
    Append { topic: topic.clone(), partition: Some(partition), key: Some(held.record_key().into()), value, headers }
}

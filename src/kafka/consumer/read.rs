//! A record out of librdkafka's hands into ours: one copy, counted in the partition's memory.
//! What it means is read by `envelope` and by the stages.

use bytes::Bytes;
use rdkafka::Message as _;
use rdkafka::message::{BorrowedMessage, Headers as _};

use super::assignment::Assignment;
use super::history::History;
use crate::kafka::record::{Headers, Record};
use crate::log;
use crate::outcome::time::KafkaTime;

/// The record, unless its partition is no longer ours.
pub(super) fn record(message: &BorrowedMessage<'_>, assignment: &mut Assignment) -> Option<Record> {
    let assigned = assignment.get_mut(message.topic(), message.partition())?;
    assigned.first.get_or_insert(message.offset());
    let already_settled = History::takes(&mut assigned.history, message.offset());
    let headers = headers(message);
    let size = |bytes: Option<&[u8]>| bytes.map_or(0, <[u8]>::len);
    let in_headers: usize = headers.0.iter().map(|(name, value)| name.len() + value.len() + 64).sum();
    Some(Record {
        at: assigned.at.clone(),
        epoch: assigned.epoch,
        offset: message.offset(),
        time: KafkaTime::from_millis(message.timestamp().to_millis().unwrap_or(0)),
        key: message.key().map(Bytes::copy_from_slice),
        value: message.payload().map(Bytes::copy_from_slice),
        held: Some(assigned.load.hold(size(message.key()) + size(message.payload()) + in_headers)),
        headers,
        already_settled,
    })
}

/// The headers of a message.
pub(in crate::kafka) fn headers(message: &BorrowedMessage<'_>) -> Headers {
    let Some(own) = message.headers() else { return Headers::default() };
    // The binding panics on a name that is not UTF-8; such a header is a stranger's and counts as absent.
    let read = |index| log::quietly(|| own.try_get(index)).flatten();
    let headers = (0..own.count()).filter_map(read).map(|header| {
        let value = header.value.map(Bytes::copy_from_slice).unwrap_or_default();
        (Bytes::copy_from_slice(header.key.as_bytes()), value)
    });
    Headers(headers.collect())
}

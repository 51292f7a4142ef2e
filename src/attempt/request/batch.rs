//! Several events of one mapping in one request (Segment: batching requests): a JSON array of their data, with url, method
//! and headers of the first, signed over the first. Owns what keeps events apart; how many wait for each other is decided by
//! `delivery`.

use std::hash::{BuildHasher, RandomState};
use std::sync::LazyLock;

use bytes::Bytes;

use super::Unsendable;
use super::draft::Draft;
use super::mapped::{Item, Mapped};
use crate::delivery::batch::{Measure, Parcel};

/// What stands for an item without data.
const NOTHING: &[u8] = b"null";

/// The same for all of a process, and unknown to those who write events.
static HASHES: LazyLock<RandomState> = LazyLock::new(RandomState::new);

impl Mapped {
    /// The request of a batch.
    ///
    /// The signature holds for the first item only, as in Segment; without data there is none. Items that do not belong
    /// together are never sent in one request, whatever their keys said.
    pub(super) fn batch(&self, events: &[&Bytes]) -> Result<Draft, Unsendable> {
        let mut items = events.iter().map(|event| self.item(event));
        let first = items.next().ok_or_else(|| Unsendable::Ours("there is nothing to send".into()))??;
        let mut body = Vec::with_capacity(events.iter().map(|event| event.len() + 1).sum());
        body.push(b'[');
        body.extend_from_slice(bytes_of(&first));
        for item in items {
            let item = item?;
            if item.group != first.group {
                // It is split then: one by one they go.
                return Err(Unsendable::Invalid("a batch holds what may not go together".into()));
            }
            body.push(b',');
            body.extend_from_slice(bytes_of(&item));
        }
        body.push(b']');
        let signature = first.text.and_then(|text| self.terms.sign(text.as_bytes()));
        Ok(first.group.draft(Some(body.into()), signature)?)
    }
}

impl Measure for Mapped {
    fn parcel(&self, event: &[u8]) -> Parcel {
        match self.item(event) {
            Ok(item) => Parcel { key: Some(HASHES.hash_one(&item.group)), bytes: bytes_of(&item).len() },
            Err(_) => Parcel { key: None, bytes: event.len() },
        }
    }
}

fn bytes_of<'a>(item: &'a Item<'_>) -> &'a [u8] {
    item.text.as_ref().map_or(NOTHING, |text| text.as_bytes())
}

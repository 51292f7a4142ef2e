//! What is safe to commit: of each partition, the offset after the longest unbroken row of settled records.
//! Plain data behind a lock; storing and committing is left to `source`.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

/// Where a record was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct At {
    pub(super) partition: i32,
    pub(super) offset: i64,
}

/// Shared between who takes and who settles.
#[derive(Clone, Debug, Default)]
pub(super) struct Watermarks(Arc<Mutex<HashMap<i32, Row>>>);

/// Records of a partition from the first unsettled one on, in order, each with whether it is settled.
#[derive(Debug, Default)]
struct Row {
    records: VecDeque<(i64, bool)>,
    next: Option<i64>,
}

impl Watermarks {
    pub(super) fn take(&self, batch: impl Iterator<Item = At>) {
        let mut rows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for at in batch {
            rows.entry(at.partition).or_default().records.push_back((at.offset, false));
        }
    }

    pub(super) fn settle(&self, at: At) {
        let mut rows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(row) = rows.get_mut(&at.partition) else { return };
        let place = row.records.partition_point(|(offset, _)| *offset < at.offset);
        if let Some((_, settled)) = row.records.get_mut(place) {
            *settled = true;
        }
        while let Some((offset, true)) = row.records.front() {
            row.next = Some(offset + 1);
            row.records.pop_front();
        }
    }

    /// What moved since it was asked last: the next offset to read, by partition.
    pub(super) fn moved(&self) -> Vec<At> {
        let mut rows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let moved = rows.iter_mut().filter_map(|(partition, row)| Some((*partition, row.next.take()?)));
        moved.map(|(partition, offset)| At { partition, offset }).collect()
    }
}

//! The simulated Kafka: records in partitions with append times, committed offsets, and who owns which partition.
//! What was committed past is forgotten, since nobody can read it any more. Whether a commit is right is judged
//! by `facts`.

use std::collections::VecDeque;

use bytes::Bytes;
use kafka_webhooks::delivery::claim::{Epoch, TopicPartition};
use kafka_webhooks::delivery::load::Load;
use kafka_webhooks::kafka::record::{Append, Headers, Record};
use kafka_webhooks::outcome::time::KafkaTime;

use crate::life::Life;
use crate::places::{SLOTS, Slot};

/// A record in the log.
#[derive(Debug)]
pub(crate) struct Stored {
    pub(crate) life: Life,
    time: KafkaTime,
    key: Option<Bytes>,
    value: Option<Bytes>,
    headers: Headers,
}

/// One partition, with where its group stands.
#[derive(Debug, Default)]
pub(crate) struct Partition {
    records: VecDeque<Stored>,
    /// The offset of the first record that is kept.
    begin: i64,
    pub(crate) committed: i64,
    /// The member that owns it, in the eyes of the group.
    pub(crate) owner: Option<usize>,
}

/// All partitions, by slot.
#[derive(Debug)]
pub(crate) struct Log(Vec<Partition>);

impl Log {
    pub(crate) fn new() -> Self {
        Self((0..SLOTS).map(|_| Partition::default()).collect())
    }

    pub(crate) fn partition(&mut self, slot: Slot) -> &mut Partition {
        &mut self.0[slot]
    }

    pub(crate) fn append(&mut self, slot: Slot, append: &Append, life: Life, now: i64) {
        let Append { key, value, headers, .. } = append.clone();
        self.0[slot].records.push_back(Stored { life, time: KafkaTime::from_millis(now), key, value, headers });
    }

    pub(crate) fn end(&self, slot: Slot) -> i64 {
        self.0[slot].end()
    }

    pub(crate) fn lag(&self, slot: Slot) -> u64 {
        (self.0[slot].end() - self.0[slot].committed).unsigned_abs()
    }

    pub(crate) fn owner(&self, slot: Slot) -> Option<usize> {
        self.0[slot].owner
    }

    pub(crate) fn committed(&self, slot: Slot) -> i64 {
        self.0[slot].committed
    }

    /// The lives of the records between two offsets, those that nobody can read any more left out.
    pub(crate) fn lives(&self, slot: Slot, from: i64, to: i64) -> Vec<Life> {
        (from..to).filter_map(|offset| self.0[slot].get(offset)).map(|stored| stored.life).collect()
    }
}

/// How a record is read: by whom it is counted.
#[derive(Debug)]
pub(crate) struct Reading<'a> {
    pub(crate) at: &'a TopicPartition,
    pub(crate) epoch: Epoch,
    pub(crate) load: &'a Load,
}

impl Partition {
    pub(crate) fn end(&self) -> i64 {
        self.begin + self.records.len() as i64
    }

    fn get(&self, offset: i64) -> Option<&Stored> {
        self.records.get(usize::try_from(offset - self.begin).ok()?)
    }

    pub(crate) fn read(&self, offset: i64, reading: &Reading<'_>) -> Option<(Life, Record)> {
        let stored = self.get(offset)?;
        let bytes = |part: &Option<Bytes>| part.as_ref().map_or(0, Bytes::len);
        let record = Record {
            at: reading.at.clone(),
            epoch: reading.epoch,
            offset,
            time: stored.time,
            key: stored.key.clone(),
            value: stored.value.clone(),
            headers: stored.headers.clone(),
            held: Some(reading.load.hold(bytes(&stored.key) + bytes(&stored.value))),
            already_settled: false,
        };
        Some((stored.life, record))
    }

    /// Moves the committed offset and answers the lives it passed.
    pub(crate) fn commit(&mut self, next: i64) -> Vec<Life> {
        let passed = usize::try_from(next - self.begin).unwrap_or(0).min(self.records.len());
        self.begin += passed as i64;
        self.committed = next;
        self.records.drain(..passed).map(|stored| stored.life).collect()
    }
}

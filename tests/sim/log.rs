//! The simulated Kafka: records in partitions with append times, committed offsets, and who owns which partition.
//! Of what was committed past the last few can be read again, the rest is forgotten. Whether a commit is right is judged
//! by `facts`.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use kafka_webhooks::delivery::claim::{Epoch, TopicPartition};
use kafka_webhooks::delivery::load::Load;
use kafka_webhooks::delivery::tenure::Stamp;
use kafka_webhooks::kafka::offsets::Position;
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
    /// The last records that were committed past.
    passed: VecDeque<Stored>,
    /// The offset of the first record that is kept.
    begin: i64,
    pub(crate) committed: i64,
    /// What the last commit carried.
    pub(crate) note: Option<Arc<str>>,
    /// Who had it, in order.
    tenures: Vec<Tenure>,
    /// The member that owns it, in the eyes of the group.
    pub(crate) owner: Option<usize>,
}

/// How many records a new owner reads again.
const LOOKBACK: usize = 25;

/// An assignment of a partition as it really was.
#[derive(Debug)]
struct Tenure {
    member: usize,
    epoch: Epoch,
    token: u32,
    /// The first offset it read.
    start: Option<i64>,
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
        self.0[slot].append(append, life, now);
    }

    pub(crate) fn end(&self, slot: Slot) -> i64 {
        self.0[slot].end()
    }

    pub(crate) fn behind(&self, slot: Slot) -> Range<i64> {
        self.0[slot].behind()
    }

    pub(crate) fn owner(&self, slot: Slot) -> Option<usize> {
        self.0[slot].owner
    }

    pub(crate) fn committed(&self, slot: Slot) -> i64 {
        self.0[slot].committed
    }

    /// Whether one of the last tenures, and a later one, read the record again from which a delay was made.
    pub(crate) fn was_read_again(&self, slot: Slot, stamp: &Stamp, last: usize) -> bool {
        let tenures = &self.0[slot].tenures;
        let Some(maker) = tenures.iter().rposition(|tenure| tenure.token == stamp.token()) else { return false };
        let known = (maker + 1).max(tenures.len().saturating_sub(last));
        tenures[known..].iter().any(|tenure| tenure.start.is_some_and(|start| start <= stamp.from().offset))
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
    pub(crate) fn append(&mut self, append: &Append, life: Life, now: i64) {
        let Append { key, value, headers, .. } = append.clone();
        self.records.push_back(Stored { life, time: KafkaTime::from_millis(now), key, value, headers });
    }

    /// The offsets from the committed one to the end.
    pub(crate) fn behind(&self) -> Range<i64> {
        self.committed..self.end()
    }

    pub(crate) fn end(&self) -> i64 {
        self.begin + self.records.len() as i64
    }

    pub(crate) fn begin_tenure(&mut self, member: usize, epoch: Epoch, token: u32) {
        self.owner = Some(member);
        self.tenures.push(Tenure { member, epoch, token, start: None });
    }

    pub(crate) fn was_read(&mut self, epoch: Epoch, offset: i64, member: usize) {
        let tenure = self.tenures.iter_mut().rfind(|tenure| tenure.member == member && tenure.epoch == epoch);
        if let Some(tenure) = tenure {
            tenure.start.get_or_insert(offset);
        }
    }

    fn get(&self, offset: i64) -> Option<&Stored> {
        self.records.get(usize::try_from(offset - self.begin).ok()?)
    }

    pub(crate) fn read(&self, offset: i64, reading: &Reading<'_>) -> Option<(Life, Record)> {
        let stored = self.get(offset)?;
        Some((stored.life, Self::record(stored, offset, reading)))
    }

    /// What was settled last, read again.
    pub(crate) fn history(&self, reading: &Reading<'_>) -> Vec<Record> {
        let first = self.begin - self.passed.len() as i64;
        let records = (first..).zip(&self.passed).map(|(offset, stored)| Self::record(stored, offset, reading));
        records.map(|record| Record { already_settled: true, held: None, ..record }).collect()
    }

    fn record(stored: &Stored, offset: i64, reading: &Reading<'_>) -> Record {
        let bytes = |part: &Option<Bytes>| part.as_ref().map_or(0, Bytes::len);
        Record {
            at: reading.at.clone(),
            epoch: reading.epoch,
            offset,
            time: stored.time,
            key: stored.key.clone(),
            value: stored.value.clone(),
            headers: stored.headers.clone(),
            held: Some(reading.load.hold(bytes(&stored.key) + bytes(&stored.value))),
            already_settled: false,
        }
    }

    /// Moves the committed offset and answers the lives it passed, with the tenures they come from.
    pub(crate) fn commit(&mut self, position: &Position) -> Vec<(Life, Option<Stamp>)> {
        let next = position.next;
        self.note = position.note.clone();
        let passed = usize::try_from(next - self.begin).unwrap_or(0).min(self.records.len());
        self.begin += passed as i64;
        self.committed = next;
        let stamp = |stored: &Stored| stored.headers.text("tenure").and_then(Stamp::parse);
        let lives = self.records.iter().take(passed).map(|stored| (stored.life, stamp(stored))).collect();
        self.passed.extend(self.records.drain(..passed));
        self.passed.drain(..self.passed.len().saturating_sub(LOOKBACK));
        lives
    }
}

//! The simulated Kafka: the topic of keyed records, the compacted one, committed offsets, owners.
//! Whether what happens in it is right is judged by `truth`.

use std::collections::BTreeMap;
use std::sync::Arc;

use kafka_webhooks::delivery::claim::{Epoch, TopicPartition};
use kafka_webhooks::kafka::record::{Append, Record};
use kafka_webhooks::outcome::time::KafkaTime;
use kafka_webhooks::settle::Topics;

use super::source::{Input, PARTITIONS};
use super::truth::Truth;
use crate::violation::Checked;

/// How old the last record of a key is at least when compaction takes the others away.
const LAG: i64 = 60_000;

#[derive(Debug)]
pub(crate) struct Kafka {
    pub(crate) topics: Topics,
    pub(crate) inputs: Vec<Vec<Input>>,
    memberships: Vec<Vec<Option<(Append, i64)>>>,
    pub(crate) committed: Vec<usize>,
    /// The member that owns a partition in the eyes of the group, and under which assignment of its own.
    pub(crate) owner: Vec<Option<(usize, Epoch)>>,
    pub(crate) truth: Truth,
}

impl Kafka {
    pub(crate) fn new() -> Self {
        let name = |name: &str| -> Arc<str> { name.into() };
        let topics = Topics {
            audiences: name("audiences"),
            audience_records: name("webhooks.audience-records"),
            memberships: name("webhooks.memberships"),
            deliveries: name("webhooks.deliveries"),
            delays: name("webhooks.delays"),
            dead_letters: name("webhooks.dead-letters"),
        };
        Self {
            topics,
            inputs: vec![Vec::new(); PARTITIONS],
            memberships: vec![Vec::new(); PARTITIONS],
            committed: vec![0; PARTITIONS],
            owner: vec![None; PARTITIONS],
            truth: Truth::default(),
        }
    }

    /// The partition of the topic of keyed records.
    pub(crate) fn at(&self, partition: usize) -> TopicPartition {
        TopicPartition { topic: self.topics.audience_records.clone(), partition: partition as i32 }
    }

    /// A record as a consumer reads it.
    pub(crate) fn input(&self, partition: usize, offset: usize, epoch: Epoch) -> Option<Record> {
        let input = self.inputs[partition].get(offset)?;
        Some(Record {
            at: self.at(partition),
            epoch,
            offset: offset as i64,
            time: input.time,
            key: Some(input.key.clone()),
            value: Some(input.value.clone()),
            headers: input.headers.clone(),
            held: None,
            already_settled: false,
        })
    }

    /// The first membership at or after an offset.
    pub(crate) fn membership(&self, partition: usize, offset: usize, epoch: Epoch) -> Option<Record> {
        let log = self.memberships[partition].iter().enumerate().skip(offset);
        let (offset, (append, time)) = log.filter_map(|(at, stored)| Some((at, stored.as_ref()?))).next()?;
        Some(Record {
            at: TopicPartition { topic: self.topics.memberships.clone(), partition: partition as i32 },
            epoch,
            offset: offset as i64,
            time: KafkaTime::from_millis(*time),
            key: append.key.clone(),
            value: append.value.clone(),
            headers: append.headers.clone(),
            held: None,
            already_settled: false,
        })
    }

    /// The end of a partition of memberships.
    pub(crate) fn end(&self, partition: usize) -> usize {
        self.memberships[partition].len()
    }

    pub(crate) fn write(&mut self, append: &Append, now: i64) -> Checked {
        if append.topic == self.topics.dead_letters {
            self.truth.dead(append);
            return Ok(());
        }
        let partition = append.partition.expect("memberships are appended to a partition by its number") as usize;
        self.memberships[partition].push(Some((append.clone(), now)));
        self.truth.landed(append)
    }

    /// Takes away what a later record of the same key stands for.
    pub(crate) fn compact(&mut self, partition: usize, now: i64) {
        let log = &mut self.memberships[partition];
        let mut last: BTreeMap<Vec<u8>, (usize, i64)> = BTreeMap::new();
        for (at, stored) in log.iter().enumerate() {
            if let Some((append, time)) = stored {
                last.insert(append.key.clone().unwrap_or_default().to_vec(), (at, *time));
            }
        }
        for (at, stored) in log.iter_mut().enumerate() {
            let Some((append, _)) = stored else { continue };
            let key = append.key.clone().unwrap_or_default();
            let (kept, time) = last[&key[..]];
            let is_right = std::str::from_utf8(&key).is_ok_and(|key| self.truth.is_right(key));
            if at < kept && time + LAG < now && is_right {
                *stored = None;
            }
        }
    }
}

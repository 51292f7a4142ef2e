//! The reader of a compacted topic, on a real client: from the beginning, told when that is over, along from then on.

use std::time::Duration;

use kafka_webhooks::delivery::claim::Epoch;
use kafka_webhooks::kafka::client::Connection;
use kafka_webhooks::kafka::record::Record;
use kafka_webhooks::kafka::table::{Table, Told};
use rdkafka::ClientConfig;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};

use crate::support::cluster::Cluster;
use crate::support::skipped;

const TOPIC: &str = "table.memberships";
const MARKED: &str = "table.marked";
const PATIENCE: Duration = Duration::from_secs(30);

fn append(producer: &BaseProducer, (topic, partition): (&str, i32), (key, value): (&str, Option<&str>)) {
    let mut record = BaseRecord::to(topic).key(key).partition(partition);
    record.payload = value;
    producer.send(record).map_err(|(error, _)| error).unwrap();
    producer.flush(PATIENCE).unwrap();
}

struct Listener {
    table: Table,
    runtime: tokio::runtime::Runtime,
}

impl Listener {
    fn next(&mut self) -> Told {
        let mut told = Vec::new();
        let heard = self.runtime.block_on(async {
            tokio::time::timeout(PATIENCE, self.table.told(&mut told, 1)).await.expect("nothing was told in time")
        });
        assert_eq!(heard, 1, "the thread has ended");
        told.remove(0)
    }

    /// Hears until a partition is restored; answers its records.
    fn restored(&mut self, partition: i32, epoch: Epoch) -> Vec<Record> {
        let mut all = Vec::new();
        loop {
            match self.next() {
                Told::Records(records) => all.extend(records),
                Told::Restored { partition: own, epoch: of } if (own, of) == (partition, epoch) => return all,
                Told::Restored { .. } => {}
                other => panic!("{other:?}"),
            }
        }
    }

    fn reread(&mut self, partition: i32, epoch: Epoch, offset: i64) -> Option<Box<Record>> {
        self.table.reread(partition, epoch, offset);
        loop {
            match self.next() {
                Told::Reread { offset: own, record, .. } if own == offset => return record,
                Told::Records(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }
}

fn texts(records: &[Record]) -> Vec<(i32, u64, i64, Option<&str>)> {
    assert!(records.iter().all(|record| [TOPIC, MARKED].contains(&&*record.at.topic)));
    let text = |record: &'_ Record| (record.at.partition, record.epoch.0, record.offset);
    let all = records.iter().map(|record| {
        let (partition, epoch, offset) = text(record);
        (partition, epoch, offset, record.value.as_deref().map(|value| std::str::from_utf8(value).unwrap()))
    });
    all.collect()
}

fn listener(brokers: String, topic: &str) -> Listener {
    let table = Table::start(&Connection { brokers, properties: Vec::new() }, "table.diff", topic).unwrap();
    Listener { table, runtime: tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap() }
}

#[test]
fn a_table_whose_last_offset_is_no_record_is_restored_too() {
    let Some(cluster) = Cluster::apache() else { return skipped("a table that ends with a marker") };
    cluster.create_topic(MARKED, 1, &[]);
    let brokers = cluster.brokers();
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", &brokers).set("transactional.id", "table");
    let producer: BaseProducer = config.create().unwrap();
    producer.init_transactions(PATIENCE).unwrap();
    producer.begin_transaction().unwrap();
    append(&producer, (MARKED, 0), ("a", Some("one")));
    // Its marker takes the offset after the record.
    producer.commit_transaction(PATIENCE).unwrap();
    let mut listener = listener(brokers, MARKED);
    listener.table.follow(0, Epoch(1));
    assert_eq!(texts(&listener.restored(0, Epoch(1))), [(0, 1, 0, Some(""))]);
}

#[test]
fn a_table_is_read_from_its_beginning_and_along_and_its_records_again() {
    let cluster = Cluster::start();
    cluster.create_topic(TOPIC, 2, &[]);
    let brokers = cluster.brokers();
    let producer: BaseProducer = ClientConfig::new().set("bootstrap.servers", &brokers).create().unwrap();
    for (key, value) in [("a", Some("one")), ("b", Some("two")), ("a", None)] {
        append(&producer, (TOPIC, 0), (key, value));
    }
    let mut listener = listener(brokers, TOPIC);

    listener.table.follow(0, Epoch(1));
    let records = listener.restored(0, Epoch(1));
    assert_eq!(texts(&records), [(0, 1, 0, Some("")), (0, 1, 1, Some("")), (0, 1, 2, None)]);
    listener.table.follow(1, Epoch(2));
    assert_eq!(texts(&listener.restored(1, Epoch(2))), [], "an empty partition is restored at once");

    append(&producer, (TOPIC, 1), ("c", Some("three")));
    append(&producer, (TOPIC, 0), ("a", Some("four")));
    let mut along = Vec::new();
    while along.len() < 2 {
        let Told::Records(records) = listener.next() else { panic!("nothing else is asked for") };
        along.extend(records);
    }
    along.sort_by_key(|record| record.at.partition);
    assert_eq!(texts(&along), [(0, 1, 3, Some("")), (1, 2, 0, Some(""))]);

    let again = listener.reread(0, Epoch(1), 1).expect("it is there");
    assert_eq!(texts(std::slice::from_ref(&*again)), [(0, 1, 1, Some("two"))]);
    assert!(listener.reread(0, Epoch(1), 99).is_none());

    // Given back and got again: everything once more, for the new assignment.
    listener.table.leave(0, Epoch(1));
    listener.table.follow(0, Epoch(3));
    listener.table.leave(0, Epoch(1));
    let records = listener.restored(0, Epoch(3));
    assert_eq!(texts(&records).last(), Some(&(0, 3, 3, Some(""))));
    assert_eq!(records.len(), 4);
}

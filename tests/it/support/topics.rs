//! Records put and read by a plain client, as a producer upstream or an operator would.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::message::{Header, Headers as _, Message as _, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};
use rdkafka::{Offset, TopicPartitionList};

use super::wait::until;

/// A record as a reader sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    pub partition: i32,
    pub offset: i64,
    pub timestamp: i64,
    pub key: Option<Vec<u8>>,
    pub value: Option<Vec<u8>>,
    pub headers: Vec<(String, String)>,
}

impl Seen {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    pub fn key_text(&self) -> String {
        String::from_utf8_lossy(self.key.as_deref().unwrap_or_default()).into_owned()
    }
}

/// A record to write.
#[derive(Clone, Debug, Default)]
pub struct New<'a> {
    pub key: Option<&'a [u8]>,
    pub value: Option<&'a [u8]>,
    pub headers: Vec<(&'a str, String)>,
    /// Headers whose values are no text.
    pub binary: Vec<(&'a str, &'a [u8])>,
    pub partition: Option<i32>,
    /// Milliseconds since 1970; now where none is given.
    pub timestamp: Option<i64>,
}

/// Writes records and waits for Kafka's confirmation of all.
pub fn produce_all(brokers: &str, topic: &str, records: &[New<'_>]) {
    let producer: BaseProducer = ClientConfig::new()
        .set("bootstrap.servers", brokers)
        .set("message.timeout.ms", "30000")
        .set("partitioner", "murmur2_random")
        .set("linger.ms", "5")
        .create()
        .unwrap();
    for record in records {
        let mut headers = OwnedHeaders::new();
        for (name, value) in &record.headers {
            headers = headers.insert(Header { key: name, value: Some(value) });
        }
        for (name, value) in &record.binary {
            headers = headers.insert(Header { key: name, value: Some(*value) });
        }
        let mut own: BaseRecord<'_, [u8], [u8]> = BaseRecord::to(topic).headers(headers);
        own.key = record.key;
        own.payload = record.value;
        own.partition = record.partition;
        own.timestamp = record.timestamp;
        while let Err((error, back)) = producer.send(own) {
            assert_eq!(error.rdkafka_error_code(), Some(rdkafka::types::RDKafkaErrorCode::QueueFull), "{error}");
            producer.poll(Duration::from_millis(10));
            own = back;
        }
    }
    producer.flush(Duration::from_secs(30)).unwrap();
}

/// Writes one event without a key.
pub fn produce(brokers: &str, topic: &str, value: &str) {
    produce_all(brokers, topic, &[New { value: Some(value.as_bytes()), ..New::default() }]);
}

/// Everything that is in a topic now.
pub fn read_all(brokers: &str, topic: &str) -> Vec<Seen> {
    read_from(brokers, topic, &BTreeMap::new())
}

/// What is in a topic now, from an offset on in each partition that has one given, such as what a group has committed.
pub fn read_from(brokers: &str, topic: &str, first: &BTreeMap<i32, i64>) -> Vec<Seen> {
    let consumer = reader(brokers, "it-reader");
    let metadata = consumer.fetch_metadata(Some(topic), Duration::from_secs(10)).unwrap();
    let partitions = metadata.topics()[0].partitions().len();
    let mut list = TopicPartitionList::new();
    let mut ends = BTreeMap::new();
    for partition in 0..i32::try_from(partitions).unwrap() {
        // A broker that has just come back may not lead yet.
        let ends_of = || consumer.fetch_watermarks(topic, partition, Duration::from_secs(10)).ok();
        let (low, high) = until("the ends of a partition", Duration::from_secs(60), ends_of);
        let begin = first.get(&partition).copied().unwrap_or(low).max(low);
        if high > begin {
            ends.insert(partition, high);
            list.add_partition_offset(topic, partition, Offset::Offset(begin)).unwrap();
        }
    }
    consumer.assign(&list).unwrap();
    let deadline = Instant::now() + Duration::from_secs(60);
    let mut all = Vec::new();
    while !ends.is_empty() {
        assert!(Instant::now() < deadline, "{topic} could not be read to its end");
        let Some(Ok(message)) = consumer.poll(Duration::from_millis(100)) else { continue };
        if ends.get(&message.partition()).is_some_and(|end| message.offset() + 1 >= *end) {
            ends.remove(&message.partition());
        }
        let headers = message.headers().map_or_else(Vec::new, |headers| {
            let text = |value: Option<&[u8]>| String::from_utf8_lossy(value.unwrap_or_default()).into_owned();
            headers.iter().map(|header| (header.key.to_owned(), text(header.value))).collect()
        });
        all.push(Seen {
            partition: message.partition(),
            offset: message.offset(),
            timestamp: message.timestamp().to_millis().unwrap_or(-1),
            key: message.key().map(<[u8]>::to_vec),
            value: message.payload().map(<[u8]>::to_vec),
            headers,
        });
    }
    all
}

/// The committed offset of a group in each partition of a topic that has one.
pub fn committed(brokers: &str, group: &str, topic: &str, partitions: i32) -> BTreeMap<i32, i64> {
    let consumer = reader(brokers, group);
    let mut list = TopicPartitionList::new();
    list.add_partition_range(topic, 0, partitions - 1);
    let committed = consumer.committed_offsets(list, Duration::from_secs(10)).unwrap();
    let offset = |element: &rdkafka::topic_partition_list::TopicPartitionListElem<'_>| match element.offset() {
        Offset::Offset(offset) => Some((element.partition(), offset)),
        _ => None,
    };
    committed.elements().iter().filter_map(offset).collect()
}

/// The offset after the last record of each partition.
pub fn ends(brokers: &str, topic: &str, partitions: i32) -> BTreeMap<i32, i64> {
    let consumer = reader(brokers, "it-reader");
    let end = |partition| consumer.fetch_watermarks(topic, partition, Duration::from_secs(10)).unwrap().1;
    (0..partitions).map(|partition| (partition, end(partition))).collect()
}

fn reader(brokers: &str, group: &str) -> BaseConsumer {
    ClientConfig::new()
        .set("bootstrap.servers", brokers)
        .set("group.id", group)
        .set("enable.auto.commit", "false")
        .set("fetch.wait.max.ms", "20")
        .create()
        .unwrap()
}

/// The offset of the first record of a partition, and the one after its last.
pub fn edges(brokers: &str, topic: &str, partition: i32) -> (i64, i64) {
    reader(brokers, "it-reader").fetch_watermarks(topic, partition, Duration::from_secs(10)).unwrap()
}

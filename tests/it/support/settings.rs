//! What a topic is set to, asked of Kafka without the program under test.

use std::collections::BTreeMap;
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, ResourceSpecifier};
use rdkafka::client::DefaultClientContext;
use rdkafka::{Offset, TopicPartitionList};

/// The settings of a topic by name, and its number of partitions as `partitions`.
pub fn settings(brokers: &str, topic: &str) -> BTreeMap<String, String> {
    let client: AdminClient<DefaultClientContext> =
        ClientConfig::new().set("bootstrap.servers", brokers).create().unwrap();
    let options = AdminOptions::new().request_timeout(Some(Duration::from_secs(20)));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let asked = runtime.block_on(client.describe_configs([&ResourceSpecifier::Topic(topic)], &options));
    let resource = asked.unwrap().remove(0).unwrap();
    let own = resource.entries.into_iter().filter_map(|entry| Some((entry.name, entry.value?)));
    let mut settings: BTreeMap<_, _> = own.collect();
    let metadata = client.inner().fetch_metadata(Some(topic), Duration::from_secs(20)).unwrap();
    settings.insert("partitions".to_owned(), metadata.topics()[0].partitions().len().to_string());
    settings
}

/// Deletes the records of a topic's only partition that lie before an offset, as retention does.
pub fn delete_records(brokers: &str, topic: &str, before: i64) {
    let client: AdminClient<DefaultClientContext> =
        ClientConfig::new().set("bootstrap.servers", brokers).create().unwrap();
    let options = AdminOptions::new().request_timeout(Some(Duration::from_secs(20)));
    let mut offsets = TopicPartitionList::new();
    offsets.add_partition_offset(topic, 0, Offset::Offset(before)).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let deleted = runtime.block_on(client.delete_records(&offsets, &options)).unwrap();
    assert!(deleted.elements().iter().all(|element| element.error().is_ok()), "{deleted:?}");
}

//! Topics made, grown, emptied and removed by tests themselves, with settings of their choice.
//! The program's own `topics create` is tested elsewhere; here nothing of the program is used.

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::thread;
use std::time::{Duration, Instant};

use rdkafka::admin::{AdminClient, AdminOptions, NewPartitions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::{KafkaError as ClientError, RDKafkaErrorCode};
use rdkafka::metadata::MetadataTopic;
use rdkafka::{ClientConfig, Offset, TopicPartitionList};

use super::server::ApacheKafka;

const DEADLINE: Duration = Duration::from_secs(30);

/// Why a topic could not be made or changed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TopicError {
    #[error("cannot ask Kafka for topic {topic}")]
    Client { topic: String, source: ClientError },
    #[error("Kafka refuses topic {topic}")]
    Refused { topic: String, source: RDKafkaErrorCode },
    #[error("the runtime that asks for topic {topic} could not run")]
    Runtime { topic: String },
    #[error("topic {topic} has no leader for each of its partitions after 30 s")]
    NoLeader { topic: String },
    #[error("topic {topic} is still there after 30 s")]
    NotGone { topic: String },
}

impl ApacheKafka {
    /// Makes a topic with these settings (`retention.ms` and so on) and waits until it can be written to.
    pub(crate) fn create_topic(&self, name: &str, partitions: i32, config: &[(&str, &str)]) -> Result<(), TopicError> {
        let asking = Asking::of(self, name)?;
        let mut topic = NewTopic::new(name, partitions, TopicReplication::Fixed(1));
        for (key, value) in config {
            topic = topic.set(key, value);
        }
        asking.each(|client, options| client.create_topics([&topic], options))?;
        asking.wait_for_leaders(partitions)
    }

    /// Gives a topic more partitions and waits until they can be written to.
    pub(crate) fn grow_topic(&self, name: &str, partitions: i32) -> Result<(), TopicError> {
        let asking = Asking::of(self, name)?;
        let grown = NewPartitions::new(name, usize::try_from(partitions).unwrap_or_default());
        asking.each(|client, options| client.create_partitions([&grown], options))?;
        asking.wait_for_leaders(partitions)
    }

    /// Removes a topic and waits until the broker knows it no more.
    pub(crate) fn delete_topic(&self, name: &str) -> Result<(), TopicError> {
        let asking = Asking::of(self, name)?;
        asking.each(|client, options| client.delete_topics(&[name], options))?;
        asking.wait_until_gone()
    }

    /// Removes the records of a topic before these offsets, by partition, as retention does.
    pub(crate) fn delete_records(&self, name: &str, before: &BTreeMap<i32, i64>) -> Result<(), TopicError> {
        let asking = Asking::of(self, name)?;
        let mut list = TopicPartitionList::new();
        for (partition, offset) in before {
            let added = list.add_partition_offset(name, *partition, Offset::Offset(*offset));
            added.map_err(|source| asking.client_error(source))?;
        }
        let answer = asking.block(|client, options| client.delete_records(&list, options))?;
        answer.map(drop).map_err(|source| asking.client_error(source))
    }
}

type Client = AdminClient<DefaultClientContext>;
type Answer = Result<Vec<Result<String, (String, RDKafkaErrorCode)>>, ClientError>;

/// A question about a topic.
struct Asking<'a> {
    client: Client,
    topic: &'a str,
}

impl<'a> Asking<'a> {
    fn of(kafka: &ApacheKafka, topic: &'a str) -> Result<Self, TopicError> {
        let client = ClientConfig::new()
            .set("bootstrap.servers", kafka.bootstrap())
            .set_log_level(RDKafkaLogLevel::Emerg)
            .create()
            .map_err(|source| TopicError::Client { topic: topic.to_owned(), source })?;
        Ok(Self { client, topic })
    }

    fn client_error(&self, source: ClientError) -> TopicError {
        TopicError::Client { topic: self.topic.to_owned(), source }
    }

    /// Asks, and answers the first refusal.
    fn each<'s, F>(&'s self, ask: impl FnOnce(&'s Client, &'s AdminOptions) -> F + Send) -> Result<(), TopicError>
    where
        F: Future<Output = Answer>,
    {
        for result in self.block(ask)?.map_err(|source| self.client_error(source))? {
            result.map_err(|(topic, source)| TopicError::Refused { topic, source })?;
        }
        Ok(())
    }

    /// On a thread with a runtime of its own, so that tests with and without a runtime may call.
    fn block<'s, F>(
        &'s self,
        ask: impl FnOnce(&'s Client, &'s AdminOptions) -> F + Send,
    ) -> Result<F::Output, TopicError>
    where
        F: Future<Output: Send>,
    {
        let no_runtime = || TopicError::Runtime { topic: self.topic.to_owned() };
        static OPTIONS: LazyLock<AdminOptions> =
            LazyLock::new(|| AdminOptions::new().request_timeout(Some(DEADLINE)).operation_timeout(Some(DEADLINE)));
        thread::scope(|scope| {
            let asking = scope.spawn(|| {
                let runtime = tokio::runtime::Builder::new_current_thread().build().ok()?;
                Some(runtime.block_on(ask(&self.client, &OPTIONS)))
            });
            asking.join().ok().flatten().ok_or_else(no_runtime)
        })
    }

    /// The controller confirms a topic before the broker knows it; the broker is asked until it does.
    fn wait_for_leaders(&self, partitions: i32) -> Result<(), TopicError> {
        let ready = self.wait_for(|found| {
            i32::try_from(found.partitions().len()) == Ok(partitions)
                && found.partitions().iter().all(|partition| partition.leader() >= 0)
        });
        if ready { Ok(()) } else { Err(TopicError::NoLeader { topic: self.topic.to_owned() }) }
    }

    fn wait_until_gone(&self) -> Result<(), TopicError> {
        let gone = self.wait_for(|found| found.partitions().is_empty());
        if gone { Ok(()) } else { Err(TopicError::NotGone { topic: self.topic.to_owned() }) }
    }

    /// Asks the broker for the topic until it is as it shall be.
    fn wait_for(&self, is_so: impl Fn(&MetadataTopic) -> bool) -> bool {
        let begin = Instant::now();
        while begin.elapsed() < DEADLINE {
            let metadata = self.client.inner().fetch_metadata(Some(self.topic), DEADLINE);
            if metadata.is_ok_and(|metadata| metadata.topics().iter().any(&is_so)) {
                return true;
            }
        }
        false
    }
}

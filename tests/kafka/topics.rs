//! Topics made by tests themselves, with settings of their choice.
//! The program's own `topics create` is tested elsewhere; here nothing of the program is used.

use std::thread;
use std::time::{Duration, Instant};

use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::{KafkaError as ClientError, RDKafkaErrorCode};

use super::server::ApacheKafka;

const DEADLINE: Duration = Duration::from_secs(30);

/// Why a topic could not be made.
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
}

impl ApacheKafka {
    /// Makes a topic with these settings (`retention.ms` and so on) and waits until it can be written to.
    pub(crate) fn create_topic(&self, name: &str, partitions: i32, config: &[(&str, &str)]) -> Result<(), TopicError> {
        let client_error = |source| TopicError::Client { topic: name.to_owned(), source };
        let client: AdminClient<DefaultClientContext> = ClientConfig::new()
            .set("bootstrap.servers", self.bootstrap())
            .set_log_level(RDKafkaLogLevel::Emerg)
            .create()
            .map_err(client_error)?;
        let mut topic = NewTopic::new(name, partitions, TopicReplication::Fixed(1));
        for (key, value) in config {
            topic = topic.set(key, value);
        }
        for result in ask(&client, &topic)?.map_err(client_error)? {
            result.map_err(|(topic, source)| TopicError::Refused { topic, source })?;
        }
        wait_for_leaders(&client, &topic)
    }
}

type Answer = Result<Vec<Result<String, (String, RDKafkaErrorCode)>>, ClientError>;

/// On a thread with a runtime of its own, so that tests with and without a runtime may call.
fn ask(client: &AdminClient<DefaultClientContext>, topic: &NewTopic<'_>) -> Result<Answer, TopicError> {
    let no_runtime = || TopicError::Runtime { topic: topic.name.to_owned() };
    let options = AdminOptions::new().request_timeout(Some(DEADLINE));
    thread::scope(|scope| {
        let asking = scope.spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread().build().ok()?;
            Some(runtime.block_on(client.create_topics([topic], &options)))
        });
        asking.join().ok().flatten().ok_or_else(no_runtime)
    })
}

/// The controller confirms a topic before the broker knows it; the broker is asked until it does.
fn wait_for_leaders(client: &AdminClient<DefaultClientContext>, topic: &NewTopic<'_>) -> Result<(), TopicError> {
    let begin = Instant::now();
    while begin.elapsed() < DEADLINE {
        let metadata = client.inner().fetch_metadata(Some(topic.name), DEADLINE);
        let ready = metadata.is_ok_and(|metadata| {
            metadata.topics().iter().any(|found| {
                i32::try_from(found.partitions().len()) == Ok(topic.num_partitions)
                    && found.partitions().iter().all(|partition| partition.leader() >= 0)
            })
        });
        if ready {
            return Ok(());
        }
    }
    Err(TopicError::NoLeader { topic: topic.name.to_owned() })
}

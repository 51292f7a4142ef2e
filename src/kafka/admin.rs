//! Topic administration: describes and makes topics. Used by commands only, never by a running stage: a broker that does not
//! support it can end the process inside librdkafka.

use std::collections::BTreeMap;
use std::time::Duration;

use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, ResourceSpecifier, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use super::client::{Connection, without_values};

/// A topic to make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewTopicPlan {
    /// Its name.
    pub name: String,
    /// Its number of partitions.
    pub partitions: i32,
    /// Its replication factor; the broker's default where none is given.
    pub replication: Option<i32>,
    /// Its settings.
    pub settings: Vec<(&'static str, String)>,
}

/// A client for administration.
pub struct Admin {
    client: AdminClient<DefaultClientContext>,
    options: AdminOptions,
}

/// What came of making a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Creation {
    /// It is new.
    Made,
    /// Somebody had made it.
    WasThere,
}

/// Why administration failed.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// No client, or no answer.
    #[error(
        "kafka did not answer; is it running, and is kafka.brokers (--brokers) right? --log-level debug tells more"
    )]
    Kafka(#[from] KafkaError),
    /// The broker said no.
    #[error("kafka refuses topic `{topic}`: {code}")]
    Refused {
        /// Which topic.
        topic: String,
        /// Why.
        code: RDKafkaErrorCode,
    },
}

impl Admin {
    /// Connects; returns before any broker has answered.
    pub fn connect(connection: &Connection) -> Result<Self, AdminError> {
        let client = connection.config().create().map_err(without_values)?;
        let wait = Duration::from_secs(15);
        let options = AdminOptions::new().request_timeout(Some(wait)).operation_timeout(Some(wait));
        Ok(Self { client, options })
    }

    /// Makes a topic; one that exists already is left as it is.
    pub async fn create(&self, plan: &NewTopicPlan) -> Result<Creation, AdminError> {
        let replication = TopicReplication::Fixed(plan.replication.unwrap_or(-1));
        let settings = plan.settings.iter();
        let topic = settings.fold(NewTopic::new(&plan.name, plan.partitions, replication), |topic, (name, value)| {
            topic.set(name, value)
        });
        for result in self.client.create_topics([&topic], &self.options).await? {
            match result {
                Ok(_) => {}
                Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => return Ok(Creation::WasThere),
                Err((topic, code)) => return Err(AdminError::Refused { topic, code }),
            }
        }
        Ok(Creation::Made)
    }

    /// The settings of topics, by topic and name.
    pub async fn settings(&self, topics: &[String]) -> Result<BTreeMap<String, BTreeMap<String, String>>, AdminError> {
        let mut all = BTreeMap::new();
        for topic in topics {
            let described = self.client.describe_configs([&ResourceSpecifier::Topic(topic)], &self.options).await?;
            for resource in described {
                let resource = resource.map_err(|code| AdminError::Refused { topic: topic.clone(), code })?;
                let entries = resource.entries.into_iter();
                let settings = entries.filter_map(|entry| Some((entry.name, entry.value?))).collect();
                all.insert(topic.clone(), settings);
            }
        }
        Ok(all)
    }
}

impl std::fmt::Debug for Admin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Admin").finish_non_exhaustive()
    }
}

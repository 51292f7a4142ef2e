//! An in-memory Kafka in this process (librdkafka's mock cluster), reachable from other programs on a port the kernel picks.
//! For trying things and for tests: it keeps 5 MiB per partition and then silently drops the oldest, knows no topic
//! administration and no log append time, and is gone with the process.

use rdkafka::config::ClientConfig;
use rdkafka::error::KafkaError;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};
use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};

/// A running in-memory Kafka; it ends when this is dropped.
pub struct Embedded {
    owner: BaseProducer,
}

/// Why the in-memory Kafka does not do as asked.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddedError {
    /// The client refused.
    #[error("the in-memory kafka did not do as asked")]
    Client(#[from] KafkaError),
    /// It came up without a cluster, which librdkafka does not promise never to do.
    #[error("the in-memory kafka has no cluster")]
    NoCluster,
}

/// What a request may be answered with instead, in tests of failures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Appends are refused as not authorised.
    ProduceNotAuthorised,
    /// Appends are refused as too large.
    ProduceTooLarge,
    /// The group has moved on.
    CommitIllegalGeneration,
    /// The coordinator has moved.
    HeartbeatNotCoordinator,
    /// The group rebalances.
    HeartbeatRebalance,
    /// The leader has moved.
    FetchNotLeader,
}

impl Embedded {
    /// Starts one broker.
    pub fn start() -> Result<Self, EmbeddedError> {
        let owner: BaseProducer = ClientConfig::new().set("test.mock.num.brokers", "1").create()?;
        let embedded = Self { owner };
        embedded.without_initial_delay();
        Ok(embedded)
    }

    /// Where clients connect.
    pub fn brokers(&self) -> Result<String, EmbeddedError> {
        Ok(self.cluster()?.bootstrap_servers())
    }

    /// Makes a topic.
    pub fn create_topic(&self, name: &str, partitions: i32) -> Result<(), EmbeddedError> {
        Ok(self.cluster()?.create_topic(name, partitions, 1)?)
    }

    /// Appends a record, without waiting for it to be there.
    pub fn append(&self, topic: &str, key: &str, value: &str) -> Result<(), EmbeddedError> {
        self.owner.send(BaseRecord::to(topic).key(key).payload(value)).map_err(|(error, _)| error)?;
        // Takes the reports of earlier ones away; nobody waits for them.
        self.owner.poll(std::time::Duration::ZERO);
        Ok(())
    }

    /// Answers the next so many requests of a kind with an error.
    pub fn fail(&self, fault: Fault, times: usize) -> Result<(), EmbeddedError> {
        let (api, code) = fault.wire();
        self.cluster()?.request_errors(api, &vec![code; times]);
        Ok(())
    }

    /// Answers every request again.
    pub fn heal(&self, fault: Fault) -> Result<(), EmbeddedError> {
        self.cluster()?.clear_request_errors(fault.wire().0);
        Ok(())
    }

    fn cluster(&self) -> Result<rdkafka::mocking::MockCluster<'_, impl rdkafka::ClientContext>, EmbeddedError> {
        self.owner.client().mock_cluster().ok_or(EmbeddedError::NoCluster)
    }

    /// The first join of a group waits three seconds unless told otherwise, and only C can tell it.
    fn without_initial_delay(&self) {
        #[expect(unsafe_code, reason = "the binding has no safe call for the initial rebalance delay")]
        // SAFETY: the client lives as long as `self`, a client made with `test.mock.num.brokers` has a cluster, which is
        // checked, and setting the delay is thread-safe (librdkafka sends itself a message).
        unsafe {
            let cluster = rdkafka::bindings::rd_kafka_handle_mock_cluster(self.owner.client().native_ptr());
            if !cluster.is_null() {
                rdkafka::bindings::rd_kafka_mock_group_initial_rebalance_delay_ms(cluster, 0);
            }
        }
    }
}

impl std::fmt::Debug for Embedded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Embedded").finish_non_exhaustive()
    }
}

impl Fault {
    fn wire(self) -> (RDKafkaApiKey, RDKafkaRespErr) {
        use RDKafkaRespErr as Code;
        match self {
            Self::ProduceNotAuthorised => (RDKafkaApiKey::Produce, Code::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED),
            Self::ProduceTooLarge => (RDKafkaApiKey::Produce, Code::RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE),
            Self::CommitIllegalGeneration => (RDKafkaApiKey::OffsetCommit, Code::RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION),
            Self::HeartbeatNotCoordinator => (RDKafkaApiKey::Heartbeat, Code::RD_KAFKA_RESP_ERR_NOT_COORDINATOR),
            Self::HeartbeatRebalance => (RDKafkaApiKey::Heartbeat, Code::RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS),
            Self::FetchNotLeader => (RDKafkaApiKey::Fetch, Code::RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION),
        }
    }
}

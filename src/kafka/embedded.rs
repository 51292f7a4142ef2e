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
    /// Whoever is asked to append leads no more.
    ProduceNotLeader,
    /// The group has moved on.
    CommitIllegalGeneration,
    /// The group does not know who commits.
    CommitUnknownMember,
    /// The group rebalances and takes no offsets.
    CommitRebalance,
    /// The coordinator that takes offsets has moved.
    CommitNotCoordinator,
    /// The coordinator has moved.
    HeartbeatNotCoordinator,
    /// The group rebalances.
    HeartbeatRebalance,
    /// The group has moved on and leaves a member behind.
    HeartbeatIllegalGeneration,
    /// The group does not know the member any more.
    HeartbeatUnknownMember,
    /// The coordinator has moved when a member joins.
    JoinNotCoordinator,
    /// The group does not know who joins again.
    JoinUnknownMember,
    /// The leader has moved.
    FetchNotLeader,
    /// The log does not have what is asked for.
    FetchOutOfRange,
    /// Reading is not authorised.
    FetchNotAuthorised,
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
    pub fn append(&self, topic: &str, key: Option<&str>, value: &str) -> Result<(), EmbeddedError> {
        let mut record = BaseRecord::<str, str>::to(topic).payload(value);
        record.key = key;
        self.owner.send(record).map_err(|(error, _)| error)?;
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
        use RDKafkaApiKey as Request;
        use RDKafkaRespErr as Code;
        let request = match self {
            Self::ProduceNotAuthorised | Self::ProduceTooLarge | Self::ProduceNotLeader => Request::Produce,
            Self::CommitIllegalGeneration
            | Self::CommitUnknownMember
            | Self::CommitRebalance
            | Self::CommitNotCoordinator => Request::OffsetCommit,
            Self::HeartbeatNotCoordinator
            | Self::HeartbeatRebalance
            | Self::HeartbeatIllegalGeneration
            | Self::HeartbeatUnknownMember => Request::Heartbeat,
            Self::JoinNotCoordinator | Self::JoinUnknownMember => Request::JoinGroup,
            Self::FetchNotLeader | Self::FetchOutOfRange | Self::FetchNotAuthorised => Request::Fetch,
        };
        let code = match self {
            Self::ProduceNotAuthorised | Self::FetchNotAuthorised => Code::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED,
            Self::ProduceTooLarge => Code::RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE,
            Self::ProduceNotLeader | Self::FetchNotLeader => Code::RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
            Self::CommitIllegalGeneration | Self::HeartbeatIllegalGeneration => {
                Code::RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION
            }
            Self::CommitUnknownMember | Self::HeartbeatUnknownMember | Self::JoinUnknownMember => {
                Code::RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID
            }
            Self::CommitRebalance | Self::HeartbeatRebalance => Code::RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS,
            Self::CommitNotCoordinator | Self::HeartbeatNotCoordinator | Self::JoinNotCoordinator => {
                Code::RD_KAFKA_RESP_ERR_NOT_COORDINATOR
            }
            Self::FetchOutOfRange => Code::RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE,
        };
        (request, code)
    }
}

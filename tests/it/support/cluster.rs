//! The Kafka a test runs on: an embedded one of its own, or the Apache Kafka that the test process shares when
//! `KAFKA_WEBHOOKS_TEST_KAFKA=apache`. Tests that need what only Apache Kafka can do ask for [`Cluster::apache`].

use kafka_webhooks::kafka::embedded::Embedded;

use crate::kafka::ApacheKafka;

/// A running Kafka.
pub enum Cluster {
    /// In this process, for one test alone.
    Embedded(Embedded),
    /// Shared by the tests of this process, which keep apart by their topics and groups.
    Apache(&'static ApacheKafka),
    /// Of one test alone, which may kill it.
    Own(Box<ApacheKafka>),
}

/// Whether this run has an Apache Kafka.
pub fn on_apache() -> bool {
    std::env::var("KAFKA_WEBHOOKS_TEST_KAFKA").is_ok_and(|kafka| kafka == "apache")
}

impl Cluster {
    /// The Kafka of this run.
    pub fn start() -> Self {
        if on_apache() { Self::apache_or_panic() } else { Self::Embedded(Embedded::start().unwrap()) }
    }

    /// Apache Kafka, in runs that have it; the test says so and ends where they do not.
    pub fn apache() -> Option<Self> {
        on_apache().then(Self::apache_or_panic)
    }

    /// An Apache Kafka that may be hurt, in runs that have Apache Kafka.
    pub fn own_apache() -> Option<Self> {
        on_apache().then(|| Self::Own(Box::new(ApacheKafka::start().unwrap())))
    }

    /// An Apache Kafka for which clients can be led through a proxy on this port, in runs that have Apache Kafka.
    pub fn own_apache_behind(proxy: u16) -> Option<Self> {
        on_apache().then(|| Self::Own(Box::new(ApacheKafka::start_behind(proxy).unwrap())))
    }

    /// The broker, to be hurt; only where it is the test's own.
    pub fn broker(&mut self) -> &mut ApacheKafka {
        let Self::Own(apache) = self else { panic!("only a Kafka of one's own may be hurt") };
        apache
    }

    /// The Apache Kafka of a test that asked for one, for what only it can do.
    pub fn kafka(&self) -> &ApacheKafka {
        match self {
            Self::Embedded(_) => panic!("the embedded Kafka administers nothing"),
            Self::Apache(apache) => apache,
            Self::Own(apache) => apache,
        }
    }

    fn apache_or_panic() -> Self {
        Self::Apache(ApacheKafka::shared().unwrap_or_else(|error| panic!("{error:?}")))
    }

    /// Where clients connect.
    pub fn brokers(&self) -> String {
        match self {
            Self::Embedded(embedded) => embedded.brokers().unwrap(),
            Self::Apache(apache) => apache.bootstrap(),
            Self::Own(apache) => apache.bootstrap(),
        }
    }

    /// Makes a topic; those that hold deliveries and delays have log append time where Kafka can.
    pub fn create_topic(&self, name: &str, partitions: i32, settings: &[(&str, &str)]) {
        match self {
            Self::Embedded(embedded) => embedded.create_topic(name, partitions).unwrap(),
            Self::Apache(apache) => apache.create_topic(name, partitions, settings).unwrap(),
            Self::Own(apache) => apache.create_topic(name, partitions, settings).unwrap(),
        }
    }
}

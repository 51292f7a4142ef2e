//! The broker of a run and the topics of each of its measurements, made fresh and removed after use, so that none
//! meets what another one left. How Apache Kafka is had is `tests/kafka`.

use std::cell::Cell;
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer as _};

use crate::failure::{Failure, OrFail as _};
use crate::kafka::{ApacheKafka, KafkaError};
use crate::usage::{CpuTime, cpu_time};

/// How the topics of a measurement are laid out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Layout {
    /// Of every topic.
    pub(crate) partitions: i32,
    pub(crate) tiers: &'static [&'static str],
}

impl Layout {
    /// The first tier is longer than any measurement: what waits there stays.
    pub(crate) const STAYS: Self = Self { partitions: 6, tiers: &["30m", "1h"] };
    /// The tiers of the program where its configuration says nothing.
    pub(crate) const USUAL: Self = Self { tiers: &["10s", "1m", "5m", "15m", "30m", "1h"], ..Self::STAYS };
}

/// What Kafka's own start script gives its Java machine, with a fixed heap.
pub(crate) const JAVA_OPTIONS: [&str; 8] = [
    "-Xms1g",
    "-Xmx1g",
    "-XX:+UseG1GC",
    "-XX:MaxGCPauseMillis=20",
    "-XX:InitiatingHeapOccupancyPercent=35",
    "-XX:+ExplicitGCInvokesConcurrent",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
];

/// The one broker of a run.
pub(crate) struct Broker {
    kafka: ApacheKafka,
    made: Cell<u32>,
}

impl Broker {
    pub(crate) fn start() -> Result<Self, Failure> {
        let kafka = ApacheKafka::start_with(&JAVA_OPTIONS);
        let kafka = kafka.map_err(|error: KafkaError| Failure::Said(format!("no Apache Kafka: {error:?}")))?;
        Ok(Self { kafka, made: Cell::new(0) })
    }

    pub(crate) fn cpu_time(&self) -> Result<CpuTime, Failure> {
        cpu_time(self.kafka.process_id().or_fail("the broker is gone")?)
    }

    /// Topics of one measurement.
    pub(crate) fn topics(&self, layout: Layout) -> Result<Topics, Failure> {
        let number = self.made.get() + 1;
        self.made.set(number);
        let topics = Topics { brokers: self.kafka.bootstrap(), name: format!("load-{number}"), layout };
        let stamped = [("message.timestamp.type", "LogAppendTime")];
        let make = |topic: &str, settings: &[(&str, &str)]| {
            self.kafka.create_topic(topic, layout.partitions, settings).or_fail("cannot make a topic")
        };
        make(&topics.events(), &[])?;
        make(&topics.deliveries(), &stamped)?;
        make(&topics.dead_letters(), &[])?;
        make(&topics.audiences(), &[])?;
        make(&topics.audience_records(), &[])?;
        make(&topics.memberships(), &[("cleanup.policy", "compact")])?;
        for tier in layout.tiers {
            make(&topics.delay(tier), &stamped)?;
        }
        Ok(topics)
    }
}

/// Names of topics; dropping them removes the topics.
pub(crate) struct Topics {
    brokers: String,
    name: String,
    layout: Layout,
}

impl Topics {
    pub(crate) fn brokers(&self) -> &str {
        &self.brokers
    }

    pub(crate) fn layout(&self) -> Layout {
        self.layout
    }

    /// Also the name of the group.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn events(&self) -> String {
        format!("{}.events", self.name)
    }

    pub(crate) fn deliveries(&self) -> String {
        format!("{}.deliveries", self.name)
    }

    pub(crate) fn dead_letters(&self) -> String {
        format!("{}.dead-letters", self.name)
    }

    pub(crate) fn audiences(&self) -> String {
        format!("{}.audiences", self.name)
    }

    pub(crate) fn audience_records(&self) -> String {
        format!("{}.audience-records", self.name)
    }

    pub(crate) fn memberships(&self) -> String {
        format!("{}.memberships", self.name)
    }

    pub(crate) fn delays(&self) -> String {
        format!("{}.delays", self.name)
    }

    pub(crate) fn delay(&self, tier: &str) -> String {
        format!("{}.delays.{tier}", self.name)
    }

    fn all(&self) -> Vec<String> {
        let mut all = vec![self.events(), self.deliveries(), self.dead_letters()];
        all.extend([self.audiences(), self.audience_records(), self.memberships()]);
        all.extend(self.layout.tiers.iter().map(|tier| self.delay(tier)));
        all
    }

    fn remove(&self) -> Result<(), Failure> {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", &self.brokers).set_log_level(RDKafkaLogLevel::Emerg);
        let client: AdminClient<DefaultClientContext> = config.create().or_fail("cannot make a client")?;
        let all = self.all();
        let names: Vec<&str> = all.iter().map(String::as_str).collect();
        let runtime = tokio::runtime::Builder::new_current_thread().build().or_fail("cannot make a runtime")?;
        let options = AdminOptions::new().request_timeout(Some(Duration::from_secs(10)));
        runtime.block_on(client.delete_topics(&names, &options)).or_fail("cannot remove topics").map(drop)
    }
}

impl Drop for Topics {
    fn drop(&mut self) {
        // They only take up room, in a folder that goes with the broker.
        drop(self.remove());
    }
}

/// Looks at the ends of a topic with a client of its own, which stays connected.
pub(crate) struct Ends {
    client: BaseConsumer,
    topic: String,
    partitions: i32,
}

impl Ends {
    pub(crate) fn of(topics: &Topics, topic: String) -> Result<Self, Failure> {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", topics.brokers()).set("group.id", "load-ends");
        let client = config.create().or_fail("cannot make a client")?;
        Ok(Self { client, topic, partitions: topics.layout.partitions })
    }

    /// How many records were ever written to it.
    pub(crate) fn records(&self) -> Result<u32, Failure> {
        let mut records = 0;
        for partition in 0..self.partitions {
            let ends = self.client.fetch_watermarks(&self.topic, partition, Duration::from_secs(10));
            records += u32::try_from(ends.or_fail("Kafka does not tell the end of a topic")?.1).unwrap_or(0);
        }
        Ok(records)
    }
}

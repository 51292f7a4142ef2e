//! How our clients are set up: the properties that are ours, and why. What a person sets in `kafka.properties` comes first,
//! what we own comes last and wins; `config` refuses those before.

use std::time::Duration;

use rdkafka::config::{ClientConfig, RDKafkaLogLevel};
use rdkafka::error::KafkaError;

/// Where Kafka is and how to speak to it.
#[derive(Clone, Debug, Default)]
pub struct Connection {
    /// Bootstrap servers.
    pub brokers: String,
    /// librdkafka properties of the operator.
    pub properties: Vec<(String, String)>,
}

/// A property that librdkafka does not know, or whose value it does not take. Shows no value: it may be a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("kafka.properties.{name}: {reason}")]
pub struct PropertyError {
    name: String,
    reason: String,
}

/// How eagerly a consumer reads ahead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadAhead {
    /// Events and deliveries: throughput.
    Eager,
    /// Tiers: most of what is read has to wait anyway.
    Modest,
}

/// Beginnings of properties that only consumers have.
const CONSUMER_ONLY: [&str; 8] =
    ["session.", "heartbeat.", "max.poll.", "fetch.", "queued.", "check.crcs", "group.", "coordinator."];
/// Beginnings of properties that only producers have.
const PRODUCER_ONLY: [&str; 7] =
    ["linger.", "batch.", "compression.", "queue.buffering.", "retries", "sticky.", "message.send."];

/// How often librdkafka commits what was stored; what a crash can repeat beyond what is in flight.
pub const COMMIT_INTERVAL: Duration = Duration::from_millis(500);

impl Connection {
    /// Has librdkafka look at the operator's properties, without connecting to anything.
    pub fn check(&self) -> Result<(), PropertyError> {
        for (name, value) in &self.properties {
            let mut alone = ClientConfig::new();
            alone.set(name, value);
            if alone.create_native_config().is_err() {
                let reason = "librdkafka knows no such property, or does not take its value (which is not shown)";
                return Err(PropertyError { name: name.clone(), reason: reason.to_owned() });
            }
        }
        Ok(())
    }

    /// Properties of any client.
    pub(super) fn config(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config.set_log_level(RDKafkaLogLevel::Warning);
        // A tier that is added or a topic that is created is seen within seconds, not minutes.
        config.set("topic.metadata.refresh.interval.ms", "10000");
        config.set("reconnect.backoff.max.ms", "2000");
        // A connection that dies without a word is noticed by this alone; librdkafka's minute is long for those who wait.
        config.set("socket.timeout.ms", "20000");
        for (name, value) in &self.properties {
            config.set(name, value);
        }
        config.set("bootstrap.servers", &self.brokers);
        config.set("client.id", "kafka-webhooks");
        config.set("allow.auto.create.topics", "false");
        config
    }

    /// Adds what is common to all clients, without the operator's properties that are not for this kind: librdkafka would
    /// warn of each at every start.
    fn add_to(&self, config: &mut ClientConfig, others: &[&str]) {
        for (name, value) in self.config().config_map() {
            if !others.iter().any(|prefix| name.starts_with(prefix)) {
                config.set(name, value);
            }
        }
    }

    /// Properties of a consumer that belongs to a group; offsets are stored by us and committed by librdkafka, which checks
    /// that the partition is still ours.
    pub(super) fn consumer(&self, group: &str, ahead: ReadAhead) -> ClientConfig {
        let (queue_kbytes, queue_records, fetch_bytes) = match ahead {
            ReadAhead::Eager => ("16384", "5000", "524288"),
            ReadAhead::Modest => ("4096", "1000", "131072"),
        };
        let mut config = ClientConfig::new();
        config.set("session.timeout.ms", "30000");
        config.set("heartbeat.interval.ms", "3000");
        config.set("max.poll.interval.ms", "60000");
        config.set("queued.max.messages.kbytes", queue_kbytes);
        config.set("queued.min.messages", queue_records);
        config.set("fetch.message.max.bytes", fetch_bytes);
        // With its default of a second, a full queue halves the rate.
        config.set("fetch.queue.backoff.ms", "10");
        config.set("fetch.wait.max.ms", "100");
        config.set("statistics.interval.ms", "5000");
        config.set_log_level(RDKafkaLogLevel::Warning);
        self.add_to(&mut config, &PRODUCER_ONLY);
        let interval = COMMIT_INTERVAL.as_millis().to_string();
        for (name, value) in [
            ("group.id", group),
            ("enable.auto.offset.store", "false"),
            ("enable.auto.commit", "true"),
            ("auto.commit.interval.ms", &interval),
            ("auto.offset.reset", "earliest"),
            ("partition.assignment.strategy", "cooperative-sticky"),
            ("enable.partition.eof", "false"),
        ] {
            config.set(name, value);
        }
        config
    }

    /// Properties of the producer: idempotent, patient, and with a queue above our own limits so that it never fills.
    pub(super) fn producer(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        // Long enough for a burst of a stage, which comes at once (`stage::burst`), to become one batch.
        config.set("linger.ms", "2");
        // Well below a topic's smallest sensible limit, so that a batch is never refused for its size.
        config.set("batch.size", "524288");
        config.set("compression.type", "lz4");
        config.set("message.max.bytes", "67108864");
        config.set_log_level(RDKafkaLogLevel::Warning);
        self.add_to(&mut config, &CONSUMER_ONLY);
        for (name, value) in [
            ("enable.idempotence", "true"),
            ("message.timeout.ms", "300000"),
            ("partitioner", "murmur2_random"),
            ("queue.buffering.max.messages", "200000"),
            ("queue.buffering.max.kbytes", "262144"),
        ] {
            config.set(name, value);
        }
        config
    }
}

/// An error of the client without the value of a property, which may be a password.
pub(super) fn without_values(error: KafkaError) -> KafkaError {
    match error {
        KafkaError::ClientConfig(result, text, name, _) => {
            KafkaError::ClientConfig(result, text, name, "(the value is not shown)".to_owned())
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistyped_property_is_named_without_its_value() {
        let properties = vec![("sasl.pasword".to_owned(), "hunter2".to_owned())];
        let connection = Connection { brokers: "127.0.0.1:1".to_owned(), properties };
        let made: Result<rdkafka::consumer::BaseConsumer, _> = connection.config().create();
        let Err(error) = made.map_err(without_values) else { panic!("librdkafka knows no such property") };
        let said = error.to_string();
        assert!(said.contains("sasl.pasword") && !said.contains("hunter2"), "{said}");
        let said = connection.check().unwrap_err().to_string();
        assert!(said.starts_with("kafka.properties.sasl.pasword: ") && !said.contains("hunter2"), "{said}");
        let properties = vec![("session.timeout.ms".to_owned(), "6000".to_owned())];
        assert_eq!(Connection { properties, ..connection }.check(), Ok(()));
    }
}

//! Sets the scene: the in-memory Kafka with its topics, the configuration (the sample, or a person's own), and the receiver
//! the sample needs. Changes of a person's configuration only what an in-memory Kafka makes necessary, and says each.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use super::receiving::Endpoints;
use super::sample;
use super::story::Signatures;
use super::words::Places;
use crate::cli::{Common, DEFAULT_FILE, Failure, surroundings, topics};
use crate::config::{self, Config, StartAt};
use crate::kafka::embedded::Embedded;
use crate::receiver::Receiver;

/// Partitions of each topic.
const PARTITIONS: i32 = 4;
/// Beginnings of properties that say how to reach a Kafka that is not this one.
const OF_ANOTHER_KAFKA: [&str; 5] = ["security.", "sasl.", "ssl.", "enable.ssl", "enable.sasl"];

/// Everything but the stages.
#[derive(Debug)]
pub(super) struct Scene {
    pub(super) config: Config,
    pub(super) kafka: Embedded,
    pub(super) signatures: Signatures,
    /// What a person should know, a line each.
    pub(super) remarks: Vec<String>,
    receiver: Option<Receiver>,
}

impl Scene {
    /// Starts what the stages need.
    pub(super) async fn set(common: &Common) -> Result<Self, Failure> {
        let kafka = Embedded::start().map_err(Failure::running)?;
        let brokers = kafka.brokers().map_err(Failure::running)?;
        let mut scene = match &common.config {
            Some(file) => Self::own(common, file, kafka)?,
            None => Self::sample(kafka).await?,
        };
        scene.config.kafka.brokers = brokers;
        scene.config.topics.start_at = Some(StartAt::Beginning);
        scene.leave_the_other_kafka(common);
        for (name, partitions) in scene.topics() {
            scene.kafka.create_topic(&name, partitions).map_err(Failure::running)?;
        }
        Ok(scene)
    }

    /// All topics with their partitions.
    pub(super) fn topics(&self) -> Vec<(String, i32)> {
        let roles = topics::roles(&self.config);
        let of_events = [roles.events, roles.deliveries, roles.dead_letters];
        let of_audiences = [roles.audiences, roles.audience_records, roles.memberships];
        let names = of_events.into_iter().chain(of_audiences).chain(roles.tiers);
        names.map(|name| (name, PARTITIONS)).collect()
    }

    /// Where everything runs.
    pub(super) fn places(&self, admin: SocketAddr) -> Places<'_> {
        let receiver = self.receiver.as_ref().map(Receiver::address);
        Places { brokers: &self.config.kafka.brokers, admin, receiver }
    }

    /// Each destination with what there is to say of it, never a full URL.
    pub(super) fn destinations(&self) -> Vec<(String, String)> {
        let host = |url: &url::Url| url.host_str().unwrap_or_default().to_owned();
        let told = |destination: &crate::route::destination::Destination| {
            let id = destination.id.to_string();
            let sample = sample::DESTINATIONS.into_iter().find(|(own, ..)| self.receiver.is_some() && *own == id);
            let hosts = || destination.addresses().iter().map(host).collect::<Vec<_>>().join(", ");
            let mut what = sample.map_or_else(hosts, |(.., what)| what.to_owned());
            if !destination.enabled {
                what.push_str(" (not enabled)");
            }
            (id, what)
        };
        self.config.destinations.iter().map(told).collect()
    }

    async fn sample(kafka: Embedded) -> Result<Self, Failure> {
        let endpoints = Arc::new(Endpoints::default());
        let anywhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let receiver = Receiver::start(anywhere, endpoints.answering()).await.map_err(Failure::running)?;
        let address = receiver.address();
        let environment = |name: &str| sample::variable(name, address);
        let file_descriptors = surroundings::file_descriptors();
        let surroundings = config::Surroundings { environment: &environment, file_descriptors, brokers: None };
        let config = config::load_text(Path::new(sample::NAME), sample::YAML, &surroundings);
        let config = config.map_err(Failure::Configuration)?;
        let mut remarks = Vec::new();
        if Path::new(DEFAULT_FILE).exists() {
            remarks.push(format!(
                "{DEFAULT_FILE} is not used; `dev --config {DEFAULT_FILE}` sends real requests to its destinations"
            ));
        }
        let signatures = Signatures::Checked(endpoints);
        Ok(Self { config, kafka, signatures, remarks, receiver: Some(receiver) })
    }

    fn own(common: &Common, file: &Path, kafka: Embedded) -> Result<Self, Failure> {
        // Neither an option nor a variable that names another Kafka matters here.
        let config = common.load_for(None)?;
        let signing = config.destinations.iter().filter(|destination| destination.shared_secret.is_some());
        let signatures = Signatures::Sent(signing.map(|destination| destination.id.to_string()).collect());
        let remarks = vec![format!(
            "{}: requests really go to its destinations; of the file only kafka.brokers is replaced and topics.start_at set",
            file.display()
        )];
        Ok(Self { config, kafka, signatures, remarks, receiver: None })
    }

    /// The in-memory Kafka is reached plainly.
    fn leave_the_other_kafka(&mut self, common: &Common) {
        if common.brokers.is_some() {
            self.remarks.push("--brokers and KAFKA_BROKERS are not used: dev has a Kafka of its own".to_owned());
        }
        let elsewhere = |name: &str| OF_ANOTHER_KAFKA.iter().any(|prefix| name.starts_with(prefix));
        let left = self.config.kafka.properties.extract_if(.., |(name, _)| elsewhere(name));
        let left: Vec<String> = left.map(|(name, _)| name).collect();
        if !left.is_empty() {
            self.remarks.push(format!("kafka.properties for your own Kafka are not used: {}", left.join(", ")));
        }
    }

    /// The admin port is somebody else's: the system chooses another.
    pub(super) fn leave_the_port(&mut self) {
        let listen = &mut self.config.admin.listen;
        self.remarks.push(format!("{listen} is taken, so the system chose another port for admin"));
        listen.set_port(0);
    }
}

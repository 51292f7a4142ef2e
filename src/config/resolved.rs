//! The configuration as every other module sees it: each value valid, each default filled in.
//! Made only by `load`; no part of the program reads the file again to know what is meant.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use ipnet::IpNet;
use url::Url;

use crate::outcome::schedule::Tier;
use crate::route::destination::Destination;

use super::testing::ConfigTest;

/// A whole configuration.
#[derive(Clone, Debug)]
pub struct Config {
    /// The Kafka cluster.
    pub kafka: Kafka,
    /// The topics.
    pub topics: Topics,
    /// When deliveries are tried again.
    pub retries: Retries,
    /// What holds for all requests.
    pub http: Http,
    /// The page for operators.
    pub admin: Admin,
    /// How the program ends.
    pub shutdown: Shutdown,
    /// The receivers, in the order of the file, those of `destinations_dir` last.
    pub destinations: Vec<Destination>,
    /// What `check` is to try out.
    pub tests: Vec<ConfigTest>,
    /// 12 hexadecimal digits that change with whatever is configured but secrets; for the metric
    /// `webhooks_config_info`.
    pub hash: String,
}

/// How Kafka is reached.
#[derive(Clone, PartialEq, Eq)]
pub struct Kafka {
    /// `host:port`, several separated by commas.
    pub brokers: String,
    /// What the groups' names begin with: `webhooks` makes `webhooks.route`.
    pub group: String,
    /// Further librdkafka properties; none of those the program owns.
    pub properties: Vec<(String, String)>,
}

impl fmt::Debug for Kafka {
    /// Shows the names of the properties only: a value may be a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.properties.iter().map(|(name, _)| &**name).collect();
        f.debug_struct("Kafka")
            .field("brokers", &self.brokers)
            .field("group", &self.group)
            .field("properties", &names)
            .finish()
    }
}

/// The names of the topics; all valid and all different.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topics {
    /// The source of events.
    pub events: String,
    /// The source of audience records.
    pub audiences: String,
    /// Deliveries on their way, by destination.
    pub deliveries: String,
    /// The prefix of the delay topics: `webhooks.delays` makes `webhooks.delays.10s`.
    pub delays: String,
    /// Deliveries given up.
    pub dead_letters: String,
    /// Audience records, keyed by user.
    pub audience_records: String,
    /// Who is in which audience.
    pub memberships: String,
    /// Where a new group begins to read the sources.
    pub start_at: Option<StartAt>,
}

/// Where a new group begins to read the sources.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartAt {
    /// With the oldest record there is.
    Beginning,
    /// With what comes from now on.
    Now,
    /// With the first record at or after a time.
    Time(jiff::Timestamp),
}

/// When deliveries are tried again; the limits are applied to each destination already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retries {
    /// Waits between attempts, strictly ascending, at least one; the last repeats.
    pub tiers: Vec<Tier>,
    /// How long a delivery is tried.
    pub give_up_after: Duration,
    /// Attempts after which a delivery is given up, if earlier.
    pub max_attempts: Option<u32>,
    /// How long anything may wait, whatever the cause.
    pub expire_after: Duration,
}

/// What holds for all requests.
#[derive(Clone, PartialEq, Eq)]
pub struct Http {
    /// Requests of the whole process under way at once.
    pub max_in_flight: usize,
    /// Networks that may be called although the address rule refuses them.
    pub allow_networks: Vec<IpNet>,
    /// Proxy of destinations that name none.
    pub proxy: Option<Url>,
}

impl fmt::Debug for Http {
    /// Shows of the proxy the host only: its URL may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http")
            .field("max_in_flight", &self.max_in_flight)
            .field("allow_networks", &self.allow_networks)
            .field("proxy", &self.proxy.as_ref().and_then(Url::host_str))
            .finish()
    }
}

/// The page for operators.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admin {
    /// Where it listens.
    pub listen: SocketAddr,
}

/// How the program ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shutdown {
    /// How long requests under way may take after a signal.
    pub grace: Duration,
}

//! A destination after configuration: where to send, how to sign, what limits hold.
//! Immutable once made; `config` makes it, every stage is handed it. Which events it wants is decided
//! by `route`, how a request is built from it by `attempt`.

use std::borrow::Borrow;
use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use url::Url;

use super::actions::SendMapping;
use super::audiences::{AudienceCalls, Audiences};
use super::filter::Filters;
use super::flow::{BreakerTerms, RequestRate};
use crate::event::json::{BigIntegers, Tree};

/// A destination's id: the key in Kafka and the label in metrics.
///
/// 1 to 64 characters of `a-z`, `0-9`, `_` and `-`; never `other`, `none` or `unknown`, which metrics
/// use for what belongs to no destination.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct DestinationId(Arc<str>);

/// Why a text is no destination id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DestinationIdError {
    /// The text has a forbidden character or length.
    #[error("an id has 1 to 64 characters of a-z, 0-9, _ and -")]
    Form,
    /// The text is one of the words metrics use themselves.
    #[error("`other`, `none` and `unknown` are reserved for metrics")]
    Reserved,
}

impl DestinationId {
    /// Checks the text and makes it an id.
    pub fn new(text: &str) -> Result<Self, DestinationIdError> {
        let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-';
        if text.is_empty() || text.len() > 64 || !text.bytes().all(allowed) {
            return Err(DestinationIdError::Form);
        }
        if matches!(text, "other" | "none" | "unknown") {
            return Err(DestinationIdError::Reserved);
        }
        Ok(Self(text.into()))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// So that what is kept by id is found by a key as it came.
impl Borrow<str> for DestinationId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DestinationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A secret text; shows itself as `***` wherever it might be printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Arc<str>);

impl Secret {
    /// Wraps a secret.
    pub fn new(text: &str) -> Self {
        Self(text.into())
    }

    /// The secret itself; for signing only.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// One endpoint of a classic destination with the headers it asked for.
#[derive(Clone, PartialEq, Eq)]
pub struct Hook {
    /// `http` or `https`.
    pub url: Url,
    /// Valid names and values, in the order of the file; none of those that steer the connection.
    pub headers: Vec<(String, String)>,
}

impl fmt::Debug for Hook {
    /// Shows the host and the names of headers: path, query and values may hold tokens.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| &**name).collect();
        f.debug_struct("Hook").field("host", &self.url.host_str()).field("headers", &names).finish()
    }
}

/// How connections are made; destinations with equal profiles share one client.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct ConnectionProfile {
    /// Proxy for all requests; the address rule then rests with it.
    pub proxy: Option<Url>,
    /// Networks that may be called although the address rule refuses them; sorted, without repeats.
    pub allow_networks: Vec<IpNet>,
    /// A PEM file with certificate authorities to trust besides the system's.
    pub ca_file: Option<PathBuf>,
    /// PEM files of the client's certificate chain and key, for servers that ask for one.
    pub client_identity: Option<ClientIdentity>,
}

impl fmt::Debug for ConnectionProfile {
    /// Shows of the proxy the host only: its URL may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectionProfile")
            .field("proxy", &self.proxy.as_ref().and_then(Url::host_str))
            .field("allow_networks", &self.allow_networks)
            .field("ca_file", &self.ca_file)
            .field("client_identity", &self.client_identity)
            .finish()
    }
}

/// The files of a client certificate.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ClientIdentity {
    /// The certificate chain, PEM.
    pub cert_file: PathBuf,
    /// The private key, PEM.
    pub key_file: PathBuf,
}

/// What a destination sends, and to where; this is what its type says.
#[derive(Clone, Debug)]
pub enum Sends {
    /// Classic Webhooks: the whole event to each of one to five hooks; any success settles a delivery.
    Hooks(Vec<Hook>),
    /// Webhooks (Actions): what each matching mapping makes of the event, as a delivery of its own.
    Mappings(Vec<Arc<SendMapping>>),
}

/// A configured receiver.
#[derive(Clone, Debug)]
pub struct Destination {
    /// Unique in a configuration.
    pub id: DestinationId,
    /// What is disabled gets no new deliveries; those that exist wait.
    pub enabled: bool,
    /// What is paused waits, without its clock running.
    pub paused: bool,
    /// Over how many partitions, and so replicas, its deliveries are spread; its limits are divided accordingly.
    pub spread: u32,
    /// What it sends, and to where.
    pub sends: Sends,
    /// Which events it does not get, and which of their members it does not get to see.
    pub filters: Filters,
    /// Key of `X-Signature`; none means no signature.
    pub shared_secret: Option<Secret>,
    /// From name resolution to the last byte read.
    pub timeout: Duration,
    /// Deliveries of this destination under way at once.
    pub max_in_flight: usize,
    /// Requests per second, if there is a limit.
    pub rate_limit: Option<RequestRate>,
    /// When a receiver that keeps failing is left alone.
    pub breaker: BreakerTerms,
    /// How long the clock of a delivery runs before it is given up.
    pub give_up_after: Duration,
    /// Attempts after which a delivery is given up, if earlier.
    pub max_attempts: Option<u32>,
    /// Replaces the statuses that are retried.
    pub retry_on: Option<BTreeSet<u16>>,
    /// What happens to integers beyond 2^53.
    pub big_integers: BigIntegers,
    /// Which audiences it wants to hear of.
    pub audiences: Audiences,
    /// By which call it hears of them.
    pub audience_calls: AudienceCalls,
    /// How its connections are made.
    pub connection: ConnectionProfile,
}

impl Destination {
    /// The addresses it calls, as far as they do not depend on the event.
    pub fn addresses(&self) -> Vec<Url> {
        match &self.sends {
            Sends::Hooks(hooks) => hooks.iter().map(|hook| hook.url.clone()).collect(),
            Sends::Mappings(mappings) => {
                let constant = |mapping: &Arc<SendMapping>| match mapping.url.constant() {
                    Some(Tree::Text(url)) => Url::parse(url).ok(),
                    _ => None,
                };
                let mut urls: Vec<Url> = mappings.iter().filter_map(constant).collect();
                urls.sort_unstable();
                urls.dedup();
                urls
            }
        }
    }
}

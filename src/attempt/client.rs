//! The HTTP client: one request out, one [`Answer`] back, always, within the time given.
//! Owns the order of the steps; each has a file: `transport` sets the library up, `resolver` and `connect`
//! make connections, `reading` and `failure` make an answer of what came. What to send is built elsewhere in
//! `attempt`; what an answer means is decided by `outcome`. No type of the HTTP library leaves this folder.

mod connect;
mod failure;
mod headers;
mod reading;
mod resolver;
mod transport;

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use bytes::Bytes;
use reqwest::header::AUTHORIZATION;
use tokio::time::{Instant, timeout_at};
use url::{Host, Url};

pub use self::headers::{HeaderError, PreparedHeaders, steers};
pub use self::transport::Keep;
pub use super::tls::TlsError;

use self::connect::Watch;
use self::failure::{Stage, classify};
use self::resolver::{NoRoute, Resolver, has_route};
use self::transport::transport;
use super::address::AddressRule;
use super::answer::{Answer, NoAnswer};
use super::tls::{SystemRoots, Tls};
use crate::route::destination::ConnectionProfile;

/// No timeout is longer; keeps the arithmetic of deadlines in range.
const LONGEST_TIMEOUT: Duration = Duration::from_secs(24 * 60 * 60);

/// The methods there are (Segment: fields of the `send` action).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// `POST`
    Post,
    /// `PUT`
    Put,
    /// `PATCH`
    Patch,
}

impl Method {
    /// As it is sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
        }
    }

    /// Reads exactly what `as_str` gives.
    pub fn read(text: &str) -> Option<Self> {
        [Self::Post, Self::Put, Self::Patch].into_iter().find(|method| method.as_str() == text)
    }
}

/// What is to be sent.
pub struct Request {
    /// How.
    pub method: Method,
    /// `http` or `https`. User name and password, if any, become an `Authorization` header.
    pub url: Url,
    /// Checked headers of the destination.
    pub headers: PreparedHeaders,
    /// Headers of this request, such as `x-signature`; one that `headers` holds already is left as it is
    /// there, for what a destination asks for wins over ours (contract, section 5).
    pub extra: Vec<(&'static str, String)>,
    /// The exact bytes; none when empty.
    pub body: Bytes,
    /// From name resolution to the last byte read.
    pub timeout: Duration,
}

/// Why a client cannot be made of a profile.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The TLS settings.
    #[error("the TLS settings cannot be used")]
    Tls(#[from] TlsError),
    /// The proxy's address is neither http nor https. The cause is left out, for it may quote the proxy's password.
    #[error("the proxy's address cannot be used")]
    Proxy,
    /// The library refused for another reason.
    #[error("no HTTP client could be made")]
    Build(#[source] reqwest::Error),
}

/// Connections to receivers, made in one way. Cheap to clone; clones share their connections.
#[derive(Clone)]
pub struct Client {
    inner: reqwest::Client,
    /// `None` behind a proxy, which then makes the connections and rules over them.
    rule: Option<AddressRule>,
    roots: SystemRoots,
}

impl Client {
    /// Makes a client for destinations of this profile; `opened` counts the connections it opens.
    pub fn new(profile: &ConnectionProfile, keep: Keep, opened: Arc<AtomicU64>) -> Result<Self, ClientError> {
        let rule = match profile.proxy {
            Some(_) => None,
            None => Some(AddressRule::new(profile.allow_networks.clone())),
        };
        let tls = Tls::new(profile)?;
        let mut builder = transport(tls.config, Resolver::new(rule.clone()), Watch { opened }, keep);
        if let Some(proxy) = &profile.proxy {
            if !matches!(proxy.scheme(), "http" | "https") {
                return Err(ClientError::Proxy);
            }
            let proxy = reqwest::Proxy::all(proxy.clone()).map_err(|_| ClientError::Proxy)?;
            builder = builder.proxy(proxy);
        }
        let inner = builder.build().map_err(ClientError::Build)?;
        Ok(Self { inner, rule, roots: tls.roots })
    }

    /// Sends a request and reads the beginning of its answer.
    ///
    /// An answer counts once its body has ended or 16 KiB of it have come; until then the time runs.
    pub async fn send(&self, request: Request) -> Answer {
        let timeout = request.timeout;
        let deadline = Instant::now() + timeout.min(LONGEST_TIMEOUT);
        if let Err(refused) = self.check_literal(&request.url) {
            return Answer::None(refused);
        }
        let request = match self.build(request) {
            Ok(request) => request,
            Err(reason) => return Answer::Invalid(reason),
        };
        let response = match timeout_at(deadline, self.inner.execute(request)).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => return classify(&error, Stage::Head, self.roots),
            Err(_) => return timed_out("no answer", timeout),
        };
        let status = response.status().as_u16();
        if !(200..=599).contains(&status) {
            let text = format!("the status {status} is outside 200 to 599");
            return Answer::None(NoAnswer::InvalidResponse(text));
        }
        let retry_after = reading::retry_after(response.headers());
        match timeout_at(deadline, reading::body(response)).await {
            Ok(Ok(body)) => Answer::Answered { status, retry_after, body },
            Ok(Err(error)) => classify(&error, Stage::Body, self.roots),
            Err(_) => timed_out("no complete answer", timeout),
        }
    }

    /// What the resolver does for names: literal addresses are connected to without it.
    fn check_literal(&self, url: &Url) -> Result<(), NoAnswer> {
        let (Some(rule), Some(host)) = (&self.rule, url.host()) else {
            return Ok(());
        };
        let ip = match host {
            Host::Ipv4(ip) => IpAddr::V4(ip),
            Host::Ipv6(ip) => IpAddr::V6(ip),
            Host::Domain(_) => return Ok(()),
        };
        rule.check(ip).map_err(|blocked| NoAnswer::Blocked(blocked.to_string()))?;
        match ip {
            IpAddr::V6(ip) if !has_route(ip) => Err(NoAnswer::Unreachable(NoRoute.to_string())),
            _ => Ok(()),
        }
    }

    /// The library's form of a request; an error is a text for people.
    fn build(&self, request: Request) -> Result<reqwest::Request, String> {
        if !matches!(request.url.scheme(), "http" | "https") {
            return Err("the URL is neither http nor https".into());
        }
        let mut headers = request.headers;
        for (name, value) in &request.extra {
            headers.fill(name, value).map_err(|e| e.to_string())?;
        }
        let method = match request.method {
            Method::Post => reqwest::Method::POST,
            Method::Put => reqwest::Method::PUT,
            Method::Patch => reqwest::Method::PATCH,
        };
        // The builder moves user name and password from the URL into a header.
        let mut built = self.inner.request(method, request.url).build().map_err(|_| "HTTP does not allow this URL")?;
        let from_url = built.headers_mut().remove(AUTHORIZATION);
        *built.headers_mut() = headers.into_map();
        if let Some(authorization) = from_url {
            built.headers_mut().entry(AUTHORIZATION).or_insert(authorization);
        }
        *built.body_mut() = Some(request.body.into());
        Ok(built)
    }
}

/// Says nothing of what is inside, which knows the proxy's password.
impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").finish_non_exhaustive()
    }
}

fn timed_out(what: &str, timeout: Duration) -> Answer {
    Answer::None(NoAnswer::TimedOut(format!("{what} within {timeout:?}")))
}

#[cfg(test)]
mod tests;

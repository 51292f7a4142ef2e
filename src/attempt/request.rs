//! From a delivery to its requests: everything constant of a destination is prepared once, body and signature are made here,
//! once, as they leave. The client sends them; what an answer means is the business of `verdict`.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use bytes::Bytes;
use url::Url;

use super::client::{Client, ClientError, HeaderError, Method, PreparedHeaders, Request};
use super::signature::SigningKey;
use crate::delivery::Delivery;
use crate::event::json::{BigIntegers, javascript_text};
use crate::route::destination::{ConnectionProfile, Destination, Sends};

/// What Segment's classic destination calls itself.
const USER_AGENT: &str = "Segment.io/1.0";

/// A destination ready to be called.
#[derive(Debug)]
pub struct Sender {
    endpoints: Vec<Endpoint>,
    signing_key: Option<SigningKey>,
    big_integers: BigIntegers,
    timeout: Duration,
    /// Replaces the statuses that are retried.
    pub(super) retry_on: Option<BTreeSet<u16>>,
}

#[derive(Debug)]
struct Endpoint {
    url: Url,
    headers: PreparedHeaders,
    client: Client,
}

/// Why a destination cannot be made ready.
#[derive(Debug, thiserror::Error)]
pub enum SenderError {
    /// Its headers.
    #[error("its headers cannot be sent")]
    Headers(#[from] HeaderError),
    /// Its way of connecting.
    #[error("its connections cannot be made")]
    Client(#[from] ClientError),
}

/// The clients there are: one for each way of connecting, so that destinations share connections.
#[derive(Debug, Default)]
pub struct Clients {
    by_profile: HashMap<ConnectionProfile, Client>,
    opened: Arc<AtomicU64>,
}

impl Clients {
    /// The counter of connections opened by all of them.
    pub fn opened(&self) -> Arc<AtomicU64> {
        self.opened.clone()
    }

    fn of(&mut self, profile: &ConnectionProfile) -> Result<Client, ClientError> {
        if let Some(client) = self.by_profile.get(profile) {
            return Ok(client.clone());
        }
        let client = Client::new(profile, self.opened.clone())?;
        self.by_profile.insert(profile.clone(), client.clone());
        Ok(client)
    }
}

impl Sender {
    /// Makes a destination ready.
    pub fn new(destination: &Destination, clients: &mut Clients) -> Result<Self, SenderError> {
        let hooks = match &destination.sends {
            Sends::Hooks(hooks) => hooks.as_slice(),
            Sends::Mappings(_) => &[],
        };
        let mut endpoints = Vec::with_capacity(hooks.len());
        for hook in hooks {
            // A hook's headers win over ours, but for the content type (contract section 5).
            let ours = [("user-agent".to_owned(), USER_AGENT.to_owned())];
            let content_type = [("content-type".to_owned(), "application/json".to_owned())];
            let all = [ours.as_slice(), &hook.headers, &content_type].concat();
            let headers = PreparedHeaders::new(&all)?;
            let client = clients.of(&destination.connection)?;
            endpoints.push(Endpoint { url: hook.url.clone(), headers, client });
        }
        Ok(Self {
            endpoints,
            signing_key: destination.shared_secret.as_ref().and_then(SigningKey::new),
            big_integers: destination.big_integers,
            timeout: destination.timeout,
            retry_on: destination.retry_on.clone(),
        })
    }

    /// Requests that one delivery makes at once.
    pub fn requests(&self) -> usize {
        self.endpoints.len()
    }

    /// The requests of a delivery, each with the client to send it by; an error says why there is none.
    pub(super) fn build(&self, delivery: &Delivery) -> Result<Vec<(&Client, Request)>, Box<str>> {
        let (body, signature) = self.body(&delivery.value)?;
        let id = delivery.id.to_string();
        let request = |endpoint: &Endpoint| {
            let mut extra = Vec::with_capacity(2);
            extra.push(("webhook-id", id.clone()));
            extra.extend(signature.clone().map(|signature| ("x-signature", signature)));
            Request {
                method: Method::Post,
                url: endpoint.url.clone(),
                headers: endpoint.headers.clone(),
                extra,
                body: body.clone(),
                timeout: self.timeout,
            }
        };
        Ok(self.endpoints.iter().map(|endpoint| (&endpoint.client, request(endpoint))).collect())
    }

    /// The requests an event would become, for showing; without `webhook-id`, which comes from Kafka.
    pub fn preview(&self, event: &[u8]) -> Result<Vec<Preview>, Box<str>> {
        let (body, signature) = self.body(&Bytes::copy_from_slice(event))?;
        let text = String::from_utf8_lossy(&body).into_owned();
        let preview = |endpoint: &Endpoint| {
            let mut headers: BTreeMap<String, String> = endpoint.headers.shown().into_iter().collect();
            if let Some(signature) = &signature {
                headers.entry("x-signature".to_owned()).or_insert_with(|| signature.clone());
            }
            Preview { method: "POST", url: endpoint.url.to_string(), headers, body: Some(text.clone()) }
        };
        Ok(self.endpoints.iter().map(preview).collect())
    }

    /// The bytes that leave, and the signature over them.
    fn body(&self, event: &Bytes) -> Result<(Bytes, Option<String>), Box<str>> {
        let body = match javascript_text(event, self.big_integers) {
            Ok(Cow::Borrowed(_)) => event.clone(),
            Ok(Cow::Owned(text)) => Bytes::from(text),
            Err(error) => return Err(format!("the value is no event: {error}").into()),
        };
        let signature = self.signing_key.as_ref().map(|key| key.sign(&body));
        Ok((body, signature))
    }
}

/// A request that is only shown.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Preview {
    /// `POST`.
    pub method: &'static str,
    /// Where it would go.
    pub url: String,
    /// Names in lower case.
    pub headers: BTreeMap<String, String>,
    /// The exact text.
    pub body: Option<String>,
}

//! Classic Webhooks: the whole event, by POST, to each hook (Segment: Webhooks). What filters take out of it is `source`'s,
//! that any success settles a delivery is `verdict`'s.

use std::fmt;

use bytes::Bytes;
use url::Url;

use super::draft::Draft;
use super::source::{Source, Terms};
use crate::attempt::client::{HeaderError, Method, PreparedHeaders};
use crate::route::destination::Hook;

/// What Segment's classic destination calls itself.
const USER_AGENT: &str = "Segment.io/1.0";

/// The hooks of a destination.
#[derive(Debug)]
pub(super) struct Classic {
    endpoints: Vec<Endpoint>,
    pub(super) terms: Terms,
}

struct Endpoint {
    url: Url,
    headers: PreparedHeaders,
}

impl Classic {
    pub(super) fn new(hooks: &[Hook], terms: Terms) -> Result<Self, HeaderError> {
        let endpoint = |hook: &Hook| {
            // A hook's headers win over ours, but for the content type (contract section 5).
            let ours = [("user-agent".to_owned(), USER_AGENT.to_owned())];
            let content_type = [("content-type".to_owned(), "application/json".to_owned())];
            let all = [ours.as_slice(), &hook.headers, &content_type].concat();
            Ok(Endpoint { url: hook.url.clone(), headers: PreparedHeaders::new(&all)? })
        };
        Ok(Self { endpoints: hooks.iter().map(endpoint).collect::<Result<_, _>>()?, terms })
    }

    /// A request for each hook.
    pub(super) fn drafts(&self, event: &Bytes) -> Result<Vec<Draft>, Box<str>> {
        let body = Source::new(event, &self.terms)?.text()?.into_bytes(event);
        let signature = self.terms.sign(&body);
        let draft = |endpoint: &Endpoint| {
            let mut headers = endpoint.headers.clone();
            if let Some(signature) = &signature {
                headers.fill("x-signature", signature).map_err(|error| error.to_string())?;
            }
            Ok(Draft { method: Method::Post, url: endpoint.url.clone(), headers, body: Some(body.clone()) })
        };
        self.endpoints.iter().map(draft).collect()
    }
}

/// Shows the host only: path and query may hold tokens.
impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint").field("host", &self.url.host_str()).field("headers", &self.headers).finish()
    }
}

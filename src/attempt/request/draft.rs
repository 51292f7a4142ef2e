//! A request but for what comes from Kafka: it is sent with a `webhook-id`, and shown without.
//! Makes no decision; all of it was resolved and signed before.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use url::Url;

use crate::attempt::client::{Method, PreparedHeaders, Request};

/// A request without its id.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) method: Method,
    pub(super) url: Url,
    /// All that are sent, with the signature.
    pub(super) headers: PreparedHeaders,
    /// The exact bytes.
    pub(super) body: Option<Bytes>,
}

impl Draft {
    pub(super) fn into_request(self, id: &str, timeout: Duration) -> Request {
        Request {
            method: self.method,
            url: self.url,
            headers: self.headers,
            extra: vec![("webhook-id", id.to_owned())],
            body: self.body.unwrap_or_default(),
            timeout,
        }
    }
}

/// A request that is only shown.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Preview {
    /// `POST`, `PUT` or `PATCH`.
    pub method: &'static str,
    /// Where it would go.
    pub url: String,
    /// Names in lower case.
    pub headers: BTreeMap<String, String>,
    /// The exact text; none where no body is sent.
    pub body: Option<String>,
}

impl Preview {
    pub(super) fn of(draft: Draft) -> Self {
        Self {
            method: draft.method.as_str(),
            url: draft.url.into(),
            headers: draft.headers.shown().into_iter().collect(),
            body: draft.body.map(|body| String::from_utf8_lossy(&body).into_owned()),
        }
    }
}

//! A receiver to try things with: remembers nothing, says what it got and whether the signature holds.
//! Used by the commands `receive` and `dev`; what to answer is asked of whoever runs it. Not part of delivering.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use serde_json::value::RawValue;
use tokio::net::TcpListener;

use crate::attempt::signature::SigningKey;

/// Largest body that is taken; far above Kafka's largest record.
const MOST_BYTES: usize = 64 << 20;

/// One request as it arrived.
#[derive(Clone, Debug)]
pub struct Got {
    /// `POST`, …
    pub method: String,
    /// With the query.
    pub path: String,
    /// In order, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The exact bytes.
    pub body: Bytes,
}

/// Whether the signature of a request holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signed {
    /// It is the HMAC-SHA1 of the body with our secret.
    Holds,
    /// It is not.
    Differs,
    /// There is none, although we have a secret.
    Missing,
    /// We have no secret to tell.
    Unchecked,
}

/// What to answer, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// How long to wait before answering.
    pub delay: Duration,
}

/// Decides the answer to each request.
pub type Answering = Arc<dyn Fn(&Got) -> Reply + Send + Sync>;

/// A listening receiver; it ends when this is dropped.
#[derive(Debug)]
pub struct Receiver {
    address: SocketAddr,
    serving: tokio::task::JoinHandle<()>,
}

impl Receiver {
    /// Listens and answers as told.
    pub async fn start(listen: SocketAddr, answering: Answering) -> std::io::Result<Self> {
        let listener = TcpListener::bind(listen).await?;
        let address = listener.local_addr()?;
        let routes = Router::new().fallback(answer).with_state(answering);
        let serving = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, routes).await {
                tracing::error!(%error, "the receiver ended");
            }
        });
        Ok(Self { address, serving })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Got {
    /// The value of a header, by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    /// The text of the first element of a batch.
    fn first(&self) -> Option<&[u8]> {
        let elements: Vec<&RawValue> = serde_json::from_slice(&self.body).ok()?;
        elements.first().map(|first| first.get().as_bytes())
    }

    /// Holds the signature against the body; of a batch against the text of its first element, as Segment signs it.
    pub fn signed(&self, key: Option<&SigningKey>) -> Signed {
        match (key, self.header("x-signature")) {
            (None, _) => Signed::Unchecked,
            (Some(_), None) => Signed::Missing,
            (Some(key), Some(signature)) if key.sign(&self.body) == signature => Signed::Holds,
            (Some(key), Some(signature)) if self.first().is_some_and(|first| key.sign(first) == signature) => {
                Signed::Holds
            }
            (Some(_), Some(_)) => Signed::Differs,
        }
    }
}

impl Signed {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Holds => "signature holds",
            Self::Differs => "signature differs",
            Self::Missing => "not signed",
            Self::Unchecked => "signature not checked",
        }
    }
}

async fn answer(State(answering): State<Answering>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MOST_BYTES).await else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let text = |value: &axum::http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let got = Got {
        method: head.method.to_string(),
        path: head.uri.path_and_query().map_or_else(|| "/".to_owned(), ToString::to_string),
        headers: head.headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect(),
        body,
    };
    let reply = answering(&got);
    if !reply.delay.is_zero() {
        tokio::time::sleep(reply.delay).await;
    }
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::OK);
    (status, Body::empty()).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::route::destination::Secret;

    #[test]
    fn of_a_batch_the_first_element_is_signed() {
        let key = SigningKey::new(&Secret::new("s")).unwrap();
        let signed = |body: &'static str, by: &str| {
            let headers = vec![("x-signature".to_owned(), by.to_owned())];
            let got = Got {
                method: "POST".to_owned(),
                path: "/".to_owned(),
                headers,
                body: Bytes::from_static(body.as_bytes()),
            };
            got.signed(Some(&key))
        };
        let (first, second) = (key.sign(br#"{"a":1}"#), key.sign(br#"{"b":2}"#));
        assert_eq!(signed(r#"[{"a":1},{"b":2}]"#, &first), Signed::Holds);
        assert_eq!(signed(r#"[{"a":1},{"b":2}]"#, &second), Signed::Differs);
        assert_eq!(signed(r#"{"a":1}"#, &first), Signed::Holds);
        assert_eq!(signed("[]", &first), Signed::Differs);
    }
}

//! The client against receivers that misbehave: which answer each comes to, and that it comes in time.
//! Each receiver is real, on 127.0.0.1, with timeouts of a fraction of a second.

mod addresses;
mod answers;
mod connections;
mod tls;

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use bytes::Bytes;
use kafka_webhooks::attempt::answer::{Answer, NoAnswer};
use kafka_webhooks::attempt::client::{Client, Keep, Method, PreparedHeaders, Request};
use kafka_webhooks::route::destination::ConnectionProfile;
use url::Url;

use crate::support::receiver::{Receiver, Reply};

/// Long enough for a busy machine where an answer is expected.
const AMPLE: Duration = Duration::from_secs(10);

/// Where none is.
const SHORT: Duration = Duration::from_millis(300);

/// Destinations on loopback, which the address rule refuses otherwise.
fn local() -> ConnectionProfile {
    let allow_networks = vec!["127.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()];
    ConnectionProfile { allow_networks, ..ConnectionProfile::default() }
}

fn client(profile: &ConnectionProfile) -> Client {
    Client::new(profile, Keep::Long, Arc::new(AtomicU64::new(0))).unwrap()
}

fn request(url: Url, timeout: Duration) -> Request {
    Request {
        method: Method::Post,
        url,
        headers: PreparedHeaders::default(),
        extra: Vec::new(),
        body: Bytes::from_static(b"{}"),
        timeout,
    }
}

async fn send(url: Url, timeout: Duration) -> Answer {
    client(&local()).send(request(url, timeout)).await
}

/// The answer to a request that a new receiver answers with this reply.
async fn answer_to(reply: Reply, timeout: Duration) -> Answer {
    let receiver = Receiver::start();
    receiver.script("*", [reply]);
    send(receiver.url("/hook"), timeout).await
}

/// The label of the contract, section 6, for where there was no answer, with the text for people.
fn label(answer: &Answer) -> (&'static str, &str) {
    match answer {
        Answer::Answered { .. } => ("answered", ""),
        Answer::Invalid(text) => ("invalid", text),
        Answer::None(none) => match none {
            NoAnswer::TimedOut(text) => ("timed_out", text),
            NoAnswer::Unreachable(text) => ("unreachable", text),
            NoAnswer::TlsFailed(text) => ("tls_failed", text),
            NoAnswer::DnsFailed(text) => ("dns_failed", text),
            NoAnswer::InvalidResponse(text) => ("invalid_response", text),
            NoAnswer::Blocked(text) => ("blocked", text),
            NoAnswer::Ours(text) => ("ours", text),
        },
    }
}

/// Status and body of an answer that must have come.
fn answered(answer: &Answer) -> (u16, &[u8]) {
    match answer {
        Answer::Answered { status, body, .. } => (*status, body),
        other => panic!("no answer but {other:?}"),
    }
}

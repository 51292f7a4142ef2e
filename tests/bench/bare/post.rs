//! Signs a body and POSTs it, with the headers the program sends. Two clients: reqwest with its pool, as most would
//! write it, and hyper's connection API, the least that speaks HTTP. An answer that is not 2xx is a failure.

use bytes::Bytes;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use sha1::Sha1;
use tokio::net::TcpStream;

use super::source::Taken;
use crate::failure::{Failure, OrFail as _};
use crate::subject::SECRET;

const USER_AGENT: &str = "Segment.io/1.0";

/// A client of one lane, with the key prepared once.
pub(super) struct Client {
    key: Hmac<Sha1>,
    with: With,
}

enum With {
    Reqwest { client: reqwest::Client, url: String },
    Hyper { sender: SendRequest<Full<Bytes>>, host: String },
}

/// The pool that all lanes with reqwest share.
pub(super) fn shared_client() -> Result<reqwest::Client, Failure> {
    // Plain HTTP needs no provider, but the builder asks for one; already installed is as good.
    let _installed = rustls::crypto::ring::default_provider().install_default();
    let builder = reqwest::Client::builder().user_agent(USER_AGENT).no_proxy().tcp_nodelay(true);
    builder.build().or_fail("cannot make an HTTP client")
}

impl Client {
    pub(super) fn reqwest(client: reqwest::Client, receiver: &str) -> Self {
        Self { key: key(), with: With::Reqwest { client, url: format!("http://{receiver}/hook") } }
    }

    /// With a connection of its own.
    pub(super) async fn hyper(receiver: &str) -> Result<Self, Failure> {
        let stream = TcpStream::connect(receiver).await.or_fail("cannot connect to the receiver")?;
        stream.set_nodelay(true).or_fail("cannot set up a connection")?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await.or_fail("cannot begin to speak HTTP")?;
        tokio::spawn(connection);
        Ok(Self { key: key(), with: With::Hyper { sender, host: receiver.to_owned() } })
    }

    /// Signs and sends; reads the answer to its end.
    pub(super) async fn post(&mut self, taken: &Taken) -> Result<(), Failure> {
        let signature = hex::encode(self.key.clone().chain_update(&taken.value).finalize().into_bytes());
        let id = format!("bare_{}@{}", taken.at.partition, taken.at.offset);
        let body = taken.value.clone();
        let status = match &mut self.with {
            With::Reqwest { client, url } => {
                let request = client.post(url.as_str()).header("content-type", "application/json");
                let request = request.header("webhook-id", id).header("x-signature", signature);
                let answer = request.body(body).send().await.or_fail("cannot POST")?;
                let status = answer.status().as_u16();
                answer.bytes().await.or_fail("cannot read the answer")?;
                status
            }
            With::Hyper { sender, host } => {
                let request = hyper::Request::post("/hook").header("host", host.as_str());
                let request = request.header("user-agent", USER_AGENT).header("content-type", "application/json");
                let request = request.header("webhook-id", id).header("x-signature", signature);
                let request = request.body(Full::new(body)).or_fail("cannot make a request")?;
                sender.ready().await.or_fail("the connection is gone")?;
                let answer = sender.send_request(request).await.or_fail("cannot POST")?;
                let status = answer.status().as_u16();
                answer.into_body().collect().await.or_fail("cannot read the answer")?;
                status
            }
        };
        if !(200..300).contains(&status) {
            return Err(Failure::Said(format!("the receiver answers {status}")));
        }
        Ok(())
    }
}

fn key() -> Hmac<Sha1> {
    Hmac::new_from_slice(SECRET.as_bytes()).expect("HMAC takes a key of any length (RFC 2104)")
}

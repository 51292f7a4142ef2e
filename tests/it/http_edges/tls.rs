//! TLS that is right, and TLS that is wrong in one way at a time.

use std::path::PathBuf;

use kafka_webhooks::attempt::answer::Answer;
use kafka_webhooks::attempt::client::{Client, ClientError, Keep};
use kafka_webhooks::route::destination::{ClientIdentity, ConnectionProfile};
use tempfile::TempDir;

use super::{AMPLE, SHORT, answered, client, label, local, request, send};
use crate::support::receiver::{Authority, Greeting, Identity, Receiver, Setup};

/// An authority whose certificate lies in a file.
struct Trusted {
    authority: Authority,
    folder: TempDir,
}

impl Trusted {
    fn new() -> Self {
        let (authority, folder) = (Authority::new(), tempfile::tempdir().unwrap());
        std::fs::write(folder.path().join("ca.pem"), authority.pem()).unwrap();
        Self { authority, folder }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn profile(&self) -> ConnectionProfile {
        ConnectionProfile { ca_file: Some(self.file("ca.pem")), ..local() }
    }

    async fn answer_of(&self, identity: Identity) -> Answer {
        let receiver = Receiver::start_tls(identity);
        client(&self.profile()).send(request(receiver.url("/"), AMPLE)).await
    }
}

#[tokio::test]
async fn a_certificate_of_a_configured_authority_is_trusted() {
    let trusted = Trusted::new();
    let answer = trusted.answer_of(trusted.authority.identity("127.0.0.1")).await;
    assert_eq!(answered(&answer).0, 200);
}

#[tokio::test]
async fn a_certificate_that_is_not_in_order_fails_and_says_why() {
    let trusted = Trusted::new();
    for (identity, expected) in [
        (Identity::self_signed("127.0.0.1"), "the certificate is self-signed or its issuer is not trusted"),
        (Authority::new().identity("127.0.0.1"), "the certificate is self-signed or its issuer is not trusted"),
        (trusted.authority.expired("127.0.0.1"), "the certificate has expired"),
        (trusted.authority.identity("other.test"), "the certificate is for another name"),
    ] {
        let answer = trusted.answer_of(identity).await;
        assert_eq!(label(&answer).0, "tls_failed", "{answer:?}");
        // A machine without authorities says so instead; both name the remedy.
        let text = label(&answer).1;
        assert!(text == expected || text.contains("ca-certificates"), "{text}");
    }
}

#[tokio::test]
async fn no_request_is_sent_on_a_connection_that_is_not_trusted() {
    let receiver = Receiver::start_tls(Identity::self_signed("127.0.0.1"));
    assert_eq!(label(&send(receiver.url("/"), AMPLE).await).0, "tls_failed");
    assert!(receiver.requests().is_empty());
}

#[tokio::test]
async fn plain_http_on_the_tls_port_is_a_tls_failure() {
    let setup = Setup { greeting: Greeting::Banner("HTTP/1.1 400 Bad\r\n\r\n".into()), ..Setup::default() };
    let receiver = Receiver::start_with(setup);
    let url = format!("https://{}/", receiver.address()).parse().unwrap();
    let answer = send(url, AMPLE).await;
    assert_eq!(label(&answer), ("tls_failed", "what came back is not TLS"));
}

#[tokio::test]
async fn plain_http_to_a_tls_port_is_no_answer() {
    let receiver = Receiver::start_tls(Identity::self_signed("127.0.0.1"));
    let url = format!("http://{}/", receiver.address()).parse().unwrap();
    let answer = send(url, AMPLE).await;
    assert!(["invalid_response", "unreachable"].contains(&label(&answer).0), "{answer:?}");
}

#[tokio::test]
async fn a_handshake_that_is_closed_has_failed_and_one_that_stalls_has_timed_out() {
    for (greeting, timeout, expected) in
        [(Greeting::Close, AMPLE, "tls_failed"), (Greeting::NeverRead, SHORT, "timed_out")]
    {
        let identity = Some(Identity::self_signed("127.0.0.1"));
        let receiver = Receiver::start_with(Setup { identity, greeting });
        let answer = send(receiver.url("/"), timeout).await;
        assert_eq!(label(&answer).0, expected, "{answer:?}");
    }
}

#[tokio::test]
async fn a_server_that_asks_for_a_certificate_gets_the_configured_one() {
    let trusted = Trusted::new();
    let (certificate, key) = trusted.authority.client_pem();
    std::fs::write(trusted.file("client.pem"), certificate).unwrap();
    std::fs::write(trusted.file("client.key"), key).unwrap();
    let identity = ClientIdentity { cert_file: trusted.file("client.pem"), key_file: trusted.file("client.key") };
    let receiver = Receiver::start_tls(trusted.authority.asking("127.0.0.1"));
    let known = ConnectionProfile { client_identity: Some(identity), ..trusted.profile() };
    assert_eq!(answered(&client(&known).send(request(receiver.url("/"), AMPLE)).await).0, 200);
    let answer = client(&trusted.profile()).send(request(receiver.url("/"), AMPLE)).await;
    assert_eq!(label(&answer).0, "tls_failed", "{answer:?}");
}

#[test]
fn a_ca_file_that_is_missing_or_empty_is_an_error_that_names_it() {
    let trusted = Trusted::new();
    std::fs::write(trusted.file("empty.pem"), "").unwrap();
    for name in ["missing.pem", "empty.pem"] {
        let profile = ConnectionProfile { ca_file: Some(trusted.file(name)), ..local() };
        let error = Client::new(&profile, Keep::Long, std::sync::Arc::default()).unwrap_err();
        let ClientError::Tls(cause) = error else { panic!("{error:?}") };
        assert!(cause.to_string().contains(name), "{cause}");
    }
}

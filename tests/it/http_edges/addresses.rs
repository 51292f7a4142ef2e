//! The address rule at work, names, and proxies.

use std::sync::Arc;
use std::time::Duration;

use kafka_webhooks::attempt::client::{Client, Keep};
use kafka_webhooks::route::destination::ConnectionProfile;

use super::{AMPLE, answered, client, label, local, request, send};
use crate::support::receiver::proxy::Proxy;
use crate::support::receiver::{Authority, Receiver, Reply};

#[tokio::test]
async fn a_forbidden_address_is_blocked_before_any_connection() {
    let receiver = Receiver::start();
    let client = client(&ConnectionProfile::default());
    for host in [
        "127.0.0.1",
        "localhost",
        "LOCALHOST",
        "127.1",
        "0x7f.1",
        "2130706433",
        "0177.0.0.1",
        "[::ffff:127.0.0.1]",
        "[::1]",
        "0.0.0.0",
        "0",
        "user:pass@127.0.0.1",
    ] {
        let answer = client.send(request(receiver.url_as(host, "/?secret=1"), AMPLE)).await;
        let (label, text) = label(&answer);
        assert_eq!(label, "blocked", "{host}: {answer:?}");
        assert!(text.contains("refused (") && !text.contains("secret"), "{text}");
    }
    assert_eq!(receiver.connections(), 0);
}

#[tokio::test]
async fn an_allowed_network_is_called_by_number_and_by_name() {
    let receiver = Receiver::start();
    for host in ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]"] {
        assert_eq!(answered(&send(receiver.url_as(host, "/"), AMPLE).await).0, 200, "{host}");
    }
}

#[tokio::test]
async fn a_redirect_to_a_forbidden_address_is_not_followed() {
    let inner = Receiver::start();
    let outer = Receiver::start();
    outer.script("*", [Reply::status(308).header("location", inner.url("/").as_str())]);
    assert_eq!(answered(&send(outer.url("/"), AMPLE).await).0, 308);
    assert_eq!(inner.connections(), 0);
}

#[tokio::test]
async fn a_name_without_address_is_a_dns_failure() {
    // RFC 6761: no name under `invalid` exists. A machine without any resolver may need long to say so.
    let url = "http://nowhere.invalid/?token=x".parse().unwrap();
    let answer = send(url, Duration::from_secs(60)).await;
    assert_eq!(label(&answer), ("dns_failed", "the host name could not be resolved"));
}

#[tokio::test]
async fn plain_requests_go_through_the_proxy_which_is_exempt_from_the_rule() {
    let receiver = Receiver::start();
    let proxy = Proxy::start(receiver.address()).await;
    let profile = ConnectionProfile { proxy: Some(proxy.url()), ..ConnectionProfile::default() };
    let url = "http://receiver.test/hook?q=1".parse().unwrap();
    assert_eq!(answered(&client(&profile).send(request(url, AMPLE)).await).0, 200);
    assert_eq!(proxy.asked(), ["POST http://receiver.test/hook?q=1 HTTP/1.1"]);
    assert_eq!(receiver.requests()[0].header("host"), Some("receiver.test"));
}

#[tokio::test]
async fn encrypted_requests_go_through_a_tunnel() {
    let authority = Authority::new();
    let receiver = Receiver::start_tls(authority.identity("receiver.test"));
    let proxy = Proxy::start(receiver.address()).await;
    let folder = tempfile::tempdir().unwrap();
    let ca_file = folder.path().join("ca.pem");
    std::fs::write(&ca_file, authority.pem()).unwrap();
    let profile =
        ConnectionProfile { proxy: Some(proxy.url()), ca_file: Some(ca_file), ..ConnectionProfile::default() };
    let url = "https://receiver.test/hook".parse().unwrap();
    assert_eq!(answered(&client(&profile).send(request(url, AMPLE)).await).0, 200);
    assert_eq!(proxy.asked(), ["CONNECT receiver.test:443 HTTP/1.1"]);
}

#[tokio::test]
async fn a_proxy_that_is_down_makes_a_destination_unreachable() {
    let proxy = Some("http://127.0.0.1:1".parse().unwrap());
    let profile = ConnectionProfile { proxy, ..local() };
    for url in ["http://receiver.test/", "https://receiver.test/"] {
        let answer = client(&profile).send(request(url.parse().unwrap(), AMPLE)).await;
        assert_eq!(label(&answer).0, "unreachable", "{answer:?}");
    }
}

#[test]
fn a_proxy_that_speaks_no_http_is_refused_without_showing_its_password() {
    let proxy = Some("socks5://user:secret@127.0.0.1:1080".parse().unwrap());
    let refused = Client::new(&ConnectionProfile { proxy, ..local() }, Keep::Long, Arc::default());
    let shown = format!("{:?}", refused.unwrap_err());
    assert_eq!(shown, "Proxy");
    let proxy = Some("http://user:secret@127.0.0.1:1".parse().unwrap());
    let client = client(&ConnectionProfile { proxy, ..local() });
    assert!(!format!("{client:?}").contains("secret"));
}

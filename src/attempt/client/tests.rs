//! Names with many addresses, which no resolver of a test machine offers; all else is tested on real
//! receivers in `tests/it/http_edges`.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;

/// Answers every name with these addresses.
struct Fixed(Vec<IpAddr>);

impl Resolve for Fixed {
    fn resolve(&self, _: Name) -> Resolving {
        let addresses: Vec<_> = self.0.iter().map(|ip| SocketAddr::new(*ip, 0)).collect();
        Box::pin(async move { Ok(Box::new(addresses.into_iter()) as Addrs) })
    }
}

/// Sends to a name with these addresses, on which only the listener's answers.
async fn answer_of(addresses: Vec<IpAddr>, listener: TcpListener) -> Answer {
    let port = listener.local_addr().unwrap().port();
    let serving = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = [0; 4096];
        assert!(stream.read(&mut request).await.unwrap() > 0);
        stream.write_all(b"HTTP/1.1 204 X\r\n\r\n").await.unwrap();
    };
    let tls = Tls::new(&ConnectionProfile::default()).unwrap();
    let (roots, watch) = (tls.roots, Watch { opened: Arc::default() });
    let inner = transport(tls.config, Fixed(addresses), watch, Keep::Long).build().unwrap();
    let client = Client { inner, rule: None, roots };
    let request = Request {
        method: Method::Post,
        url: format!("http://receiver.test:{port}/").parse().unwrap(),
        headers: PreparedHeaders::default(),
        extra: Vec::new(),
        body: Bytes::new(),
        timeout: Duration::from_secs(5),
    };
    tokio::select! {
        answer = client.send(request) => answer,
        () = async { serving.await; std::future::pending().await } => unreachable!("it only serves"),
    }
}

#[tokio::test]
async fn of_50_addresses_the_one_that_lives_is_found() {
    let listener = TcpListener::bind((Ipv4Addr::new(127, 0, 0, 50), 0)).await.unwrap();
    let addresses = (1..=50).map(|last| Ipv4Addr::new(127, 0, 0, last).into()).collect();
    let answer = answer_of(addresses, listener).await;
    assert!(matches!(answer, Answer::Answered { status: 204, .. }), "{answer:?}");
}

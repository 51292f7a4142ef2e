//! A tiny HTTP proxy on 127.0.0.1: opens tunnels on CONNECT, passes other requests on, and remembers both.
//! Everything goes to one fixed target, whatever name the client asked for.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use bytes::BytesMut;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A running proxy; ends when dropped. Lives on the runtime that started it.
pub struct Proxy {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
    serving: JoinHandle<()>,
}

impl Proxy {
    pub async fn start(target: SocketAddr) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("loopback has ports");
        let address = listener.local_addr().expect("a bound listener has an address");
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let log = Arc::clone(&asked);
        let serving = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(relay(client, target, Arc::clone(&log)));
            }
        });
        Self { address, asked, serving }
    }

    pub fn url(&self) -> url::Url {
        format!("http://{}", self.address).parse().expect("an address makes a URL")
    }

    /// The request lines so far.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn relay(mut client: TcpStream, target: SocketAddr, log: Arc<Mutex<Vec<String>>>) -> std::io::Result<()> {
    let mut buffer = BytesMut::new();
    while !buffer.windows(4).any(|window| window == b"\r\n\r\n") {
        if client.read_buf(&mut buffer).await? == 0 {
            return Ok(());
        }
    }
    let text = String::from_utf8_lossy(&buffer).into_owned();
    let line = text.lines().next().unwrap_or_default().to_owned();
    log.lock().unwrap().push(line.clone());
    let mut server = TcpStream::connect(target).await?;
    if line.starts_with("CONNECT ") {
        client.write_all(b"HTTP/1.1 200 Connected\r\n\r\n").await?;
    } else {
        server.write_all(&buffer).await?;
    }
    copy_bidirectional(&mut client, &mut server).await.map(|_| ())
}

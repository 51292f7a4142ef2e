//! Accepts connections and speaks on each what the script says.
//! Delays are part of a script, not a way of waiting for something.

use std::future::pending;
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::reply::{Ending, Reply, What};
use super::{Greeting, Setup, Shared, parse};

pub(super) async fn serve(listener: std::net::TcpListener, setup: Setup, shared: Arc<Shared>) {
    listener.set_nonblocking(true).expect("a listener can be set non-blocking");
    let listener = TcpListener::from_std(listener).expect("the runtime takes a listener");
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            continue;
        };
        let number = shared.connections.fetch_add(1, Ordering::SeqCst);
        let (setup, shared) = (setup.clone(), Arc::clone(&shared));
        // An error of one connection is the other side's affair; the script wants it so often enough.
        tokio::spawn(async move { welcome(stream, setup, &shared, number).await.ok() });
    }
}

/// A connection that can be reset.
trait Wire: AsyncRead + AsyncWrite + Unpin {
    fn tcp(&self) -> &TcpStream;
}

impl Wire for TcpStream {
    fn tcp(&self) -> &TcpStream {
        self
    }
}

impl Wire for TlsStream<TcpStream> {
    fn tcp(&self) -> &TcpStream {
        self.get_ref().0
    }
}

async fn welcome(mut stream: TcpStream, setup: Setup, shared: &Shared, number: usize) -> io::Result<()> {
    stream.set_nodelay(true)?;
    match &setup.greeting {
        Greeting::None => {}
        Greeting::NeverRead => return pending().await,
        Greeting::Close => return Ok(()),
        Greeting::Banner(bytes) => stream.write_all(bytes).await?,
    }
    match setup.identity {
        None => converse(stream, shared, number).await,
        Some(identity) => {
            let stream = TlsAcceptor::from(identity.server_config()).accept(stream).await?;
            converse(stream, shared, number).await
        }
    }
}

async fn converse(mut wire: impl Wire, shared: &Shared, number: usize) -> io::Result<()> {
    let mut buffer = BytesMut::new();
    while let Some(seen) = parse::request(&mut wire, &mut buffer, number).await? {
        let reply = shared.answer(seen);
        let ending = write(&mut wire, reply).await?;
        match ending {
            Ending::Keep => {}
            Ending::Hang | Ending::Repeat => return silence(&mut wire).await,
            Ending::Reset => return wire.tcp().set_zero_linger(),
            Ending::Close => return wire.shutdown().await,
        }
    }
    Ok(())
}

async fn write(wire: &mut impl Wire, reply: Reply) -> io::Result<Ending> {
    pause(reply.after).await;
    match reply.what {
        What::Http { status, headers, body, ending } => {
            wire.write_all(&Reply::text(status, &headers, &body)).await?;
            wire.flush().await?;
            Ok(ending)
        }
        What::Raw { bytes, pause: between, ending } => {
            let piece = if between.is_zero() { bytes.len().max(1) } else { 1 };
            loop {
                for part in bytes.chunks(piece) {
                    pause(between).await;
                    wire.write_all(part).await?;
                    wire.flush().await?;
                }
                if ending != Ending::Repeat || bytes.is_empty() {
                    return Ok(ending);
                }
            }
        }
    }
}

/// Lets the scripted time pass.
async fn pause(length: Duration) {
    if !length.is_zero() {
        timeout(length, pending::<()>()).await.ok();
    }
}

/// Reads without an answer until the other side gives up.
async fn silence(wire: &mut impl Wire) -> io::Result<()> {
    let mut nothing = [0; 1024];
    while wire.read(&mut nothing).await? > 0 {}
    Ok(())
}

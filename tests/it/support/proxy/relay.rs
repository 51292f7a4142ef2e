//! One connection through the proxy: two streams, and a pump for each way that does as the weather says.
//! A way holds 64 KiB at most; beyond that the sender has to wait, as on a real line.

use std::io;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use bytes::{BufMut as _, Bytes, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::sync::{mpsc, watch};
use tokio::time::timeout_at;

use super::{Flow, LATENCY, RATE, Shared, Way, Weather};

/// Bytes that pass at once.
const PIECE: usize = 4 << 10;
/// Pieces that are under way at once.
const PIECES: usize = 16;

/// Carries a connection to where the proxy leads, until an end closes or the weather resets it.
pub(super) async fn serve(client: TcpStream, shared: &Shared) -> io::Result<()> {
    let mut weather = shared.weather.subscribe();
    let Weather { refuses, resets, .. } = *weather.borrow_and_update();
    let leads_to = *shared.leads_to.lock().unwrap();
    let Some(server) = leads_to.filter(|_| !refuses) else { return reset(shared, [client]) };
    let Ok(server) = TcpStream::connect(server).await else { return reset(shared, [client]) };
    let (mut client, mut server) = (client, server);
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let is_reset = {
        let (from_client, to_client) = client.split();
        let (from_server, to_server) = server.split();
        let both = async {
            let there = pump(from_client, to_server, Line::new(shared, Way::ToServer));
            let back = pump(from_server, to_client, Line::new(shared, Way::FromServer));
            // An error of one way is the end of both; a half that only closes leaves the other one open.
            tokio::try_join!(there, back)
        };
        tokio::select! {
            _ = both => false,
            _ = weather.wait_for(|weather| weather.resets > resets) => true,
        }
    };
    if is_reset { reset(shared, [client, server]) } else { Ok(()) }
}

fn reset<const N: usize>(shared: &Shared, streams: [TcpStream; N]) -> io::Result<()> {
    shared.broken.fetch_add(1, Ordering::SeqCst);
    streams.iter().try_for_each(TcpStream::set_zero_linger)
}

/// One way of one connection.
struct Line<'a> {
    shared: &'a Shared,
    weather: watch::Receiver<Weather>,
    way: Way,
    /// Once connections are forgotten more often, this one is.
    forgotten: usize,
}

impl<'a> Line<'a> {
    fn new(shared: &'a Shared, way: Way) -> Self {
        let weather = shared.weather.subscribe();
        let forgotten = weather.borrow().forgotten;
        Self { shared, weather, way, forgotten }
    }

    /// Waits until bytes may be read.
    async fn opens(&mut self) {
        // The wait fails only when the proxy ends, and its connections with it.
        while self.flow() == Flow::Cut && self.weather.changed().await.is_ok() {}
    }

    /// Waits until a piece that came then has arrived at the other end.
    async fn arrives(&mut self, came: Instant, length: usize) {
        let mut due = None;
        loop {
            match self.flow() {
                Flow::Open => return,
                Flow::Cut => drop(self.weather.changed().await),
                Flow::Slow => {
                    let due = *due.get_or_insert_with(|| (came + LATENCY).max(self.reserve(length)));
                    if timeout_at(due.into(), self.weather.changed()).await.is_err() {
                        return;
                    }
                }
            }
        }
    }

    /// Takes the slow line for so many bytes, behind those of all other connections, and says when they are through.
    fn reserve(&self, length: usize) -> Instant {
        let mut free = self.shared.free[usize::from(self.way == Way::FromServer)].lock().unwrap();
        *free = (*free).max(Instant::now()) + Duration::from_secs_f64(length as f64 / RATE);
        *free
    }

    /// What the weather does to this way now.
    fn flow(&mut self) -> Flow {
        let weather = self.weather.borrow_and_update();
        match self.way {
            _ if weather.forgotten > self.forgotten => Flow::Cut,
            Way::FromServer => weather.from_server,
            Way::ToServer | Way::Both => weather.to_server,
        }
    }
}

async fn pump(mut from: ReadHalf<'_>, mut to: WriteHalf<'_>, mut arrival: Line<'_>) -> io::Result<()> {
    let (pieces, mut under_way) = mpsc::channel::<(Instant, Bytes)>(PIECES);
    let mut departure = Line::new(arrival.shared, arrival.way);
    let reading = async move {
        let mut buffer = BytesMut::new();
        loop {
            departure.opens().await;
            buffer.reserve(PIECE);
            if from.read_buf(&mut (&mut buffer).limit(PIECE)).await? == 0 {
                return io::Result::Ok(());
            }
            if pieces.send((Instant::now(), buffer.split().freeze())).await.is_err() {
                return Ok(());
            }
        }
    };
    let writing = async {
        while let Some((came, piece)) = under_way.recv().await {
            arrival.arrives(came, piece.len()).await;
            to.write_all(&piece).await?;
        }
        to.shutdown().await
    };
    tokio::try_join!(reading, writing).map(drop)
}

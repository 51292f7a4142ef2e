//! A TCP proxy on loopback that does to connections what a bad network does: cuts one way or both, is slow, resets, refuses.
//! Runs on a thread and runtime of its own; what it does may change at any time. How bytes pass is in `relay`.
//! Whom it leads to, and which faults come when, is left to the tests.

mod relay;
#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::net::TcpListener;
use tokio::sync::{oneshot, watch};

/// How long a byte is under way on a slow line.
pub const LATENCY: Duration = Duration::from_millis(200);
/// Bytes per second of a slow line: each way, all connections together.
pub const RATE: f64 = 50_000.0;

/// One way through the proxy, or both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    ToServer,
    FromServer,
    Both,
}

/// What becomes of bytes that go one way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Flow {
    #[default]
    Open,
    /// Nothing is read: what the client's own system does not take stays with the client, nothing gets lost.
    Cut,
    Slow,
}

/// What the network does now.
#[derive(Clone, Copy, Debug, Default)]
struct Weather {
    to_server: Flow,
    from_server: Flow,
    refuses: bool,
    /// How often all connections were reset.
    resets: usize,
    /// How often all connections were forgotten.
    forgotten: usize,
}

/// What the proxy's thread and its owner share.
struct Shared {
    weather: watch::Sender<Weather>,
    leads_to: Mutex<Option<SocketAddr>>,
    /// When the slow line is free again, each way.
    free: [Mutex<Instant>; 2],
    opened: AtomicUsize,
    /// Connections that were reset or refused.
    broken: AtomicUsize,
}

/// A running proxy; ends with all its connections when dropped.
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Proxy {
    /// Listens on a port that the kernel picks, and refuses until it is told where it leads.
    pub fn start() -> Self {
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            weather: watch::Sender::default(),
            leads_to: Mutex::default(),
            free: [Mutex::new(Instant::now()), Mutex::new(Instant::now())],
            opened: AtomicUsize::new(0),
            broken: AtomicUsize::new(0),
        });
        let (stop, stopped) = oneshot::channel();
        let serving = serve(listener, Arc::clone(&shared));
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.unwrap().block_on(async {
                tokio::select! { () = serving => {}, _ = stopped => {} }
            });
        });
        Self { address, shared, stop: Some(stop), thread: Some(thread) }
    }

    /// Where clients connect.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where connections lead from now on.
    pub fn leads_to(&self, server: SocketAddr) {
        *self.shared.leads_to.lock().unwrap() = Some(server);
    }

    /// Lets no byte pass any more. Connections stay, new ones too, and what is held passes when it is healed.
    pub fn cut(&self, way: Way) {
        self.change(way, Flow::Cut);
    }

    /// Lets bytes pass late and few at a time.
    pub fn slow(&self, way: Way) {
        self.change(way, Flow::Slow);
    }

    /// Resets all connections; new ones are welcome.
    pub fn reset(&self) {
        self.shared.weather.send_modify(|weather| weather.resets += 1);
    }

    /// Lets no byte of the connections there are pass any more, for good, as when somebody on the way loses his memory of them.
    pub fn forget(&self) {
        self.shared.weather.send_modify(|weather| weather.forgotten += 1);
    }

    /// Resets each new connection at once; those that are there stay.
    pub fn refuse(&self) {
        self.shared.weather.send_modify(|weather| weather.refuses = true);
    }

    /// Lets everything pass, what was held first.
    pub fn heal(&self) {
        self.shared.weather.send_modify(|weather| {
            let Weather { resets, forgotten, .. } = *weather;
            *weather = Weather { resets, forgotten, ..Weather::default() };
        });
    }

    /// Connections accepted so far.
    pub fn opened(&self) -> usize {
        self.shared.opened.load(Ordering::SeqCst)
    }

    /// Connections that were reset or refused so far.
    pub fn broken(&self) -> usize {
        self.shared.broken.load(Ordering::SeqCst)
    }

    fn change(&self, way: Way, flow: Flow) {
        self.shared.weather.send_modify(|weather| {
            if way != Way::FromServer {
                weather.to_server = flow;
            }
            if way != Way::ToServer {
                weather.from_server = flow;
            }
        });
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic of the thread has been printed; a second one here would hide the test's own.
            let _ = thread.join();
        }
    }
}

async fn serve(listener: std::net::TcpListener, shared: Arc<Shared>) {
    listener.set_nonblocking(true).unwrap();
    let listener = TcpListener::from_std(listener).unwrap();
    loop {
        let Ok((client, _)) = listener.accept().await else { continue };
        shared.opened.fetch_add(1, Ordering::SeqCst);
        let shared = Arc::clone(&shared);
        // How a connection ends is the affair of its two ends.
        tokio::spawn(async move { relay::serve(client, &shared).await.ok() });
    }
}

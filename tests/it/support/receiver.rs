//! A real HTTP/1.1 endpoint on 127.0.0.1 that answers by a script and remembers each request.
//! Runs on a thread and runtime of its own, so a test on any runtime (or a stalled one) can use it.
//! What it can answer is in `reply`, how it speaks in `connection` and `parse`, certificates in `identity`.

pub mod identity;
pub mod proxy;
pub mod reply;

mod connection;
mod parse;
mod shared;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::sync::oneshot;

pub use self::identity::{Authority, Identity};
pub use self::reply::{Ending, Reply};

use self::shared::{Script, Shared};

/// One request as it arrived.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Counted from 0 in order of arrival.
    pub number: usize,
    pub method: String,
    /// With the query.
    pub path: String,
    /// As received, in order.
    pub headers: Vec<(String, String)>,
    /// The raw bytes.
    pub body: Bytes,
    /// When the last byte of it had arrived.
    pub at: Instant,
    /// Which connection it came on, counted from 0.
    pub connection: usize,
}

impl Seen {
    /// The first value of a header, without regard to case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }
}

/// What happens to a connection before HTTP.
#[derive(Clone, Debug, Default)]
pub enum Greeting {
    #[default]
    None,
    /// Accepts and never reads, and so never shakes hands either.
    NeverRead,
    /// Closes at once.
    Close,
    /// Writes these bytes at once and waits.
    Banner(Bytes),
}

/// How a receiver is to be set up.
#[derive(Clone, Default)]
pub struct Setup {
    pub identity: Option<Identity>,
    pub greeting: Greeting,
}

/// A running endpoint; ends when dropped. Without a script it answers 200.
pub struct Receiver {
    address: SocketAddr,
    scheme: &'static str,
    shared: Arc<Shared>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Receiver {
    /// A plain one.
    pub fn start() -> Self {
        Self::start_with(Setup::default())
    }

    /// One with TLS.
    pub fn start_tls(identity: Identity) -> Self {
        Self::start_with(Setup { identity: Some(identity), ..Setup::default() })
    }

    pub fn start_with(setup: Setup) -> Self {
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("loopback has ports");
        let address = listener.local_addr().expect("a bound listener has an address");
        let scheme = if setup.identity.is_some() { "https" } else { "http" };
        let shared = Arc::new(Shared::default());
        let (stop, stopped) = oneshot::channel();
        let serving = connection::serve(listener, setup, Arc::clone(&shared));
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime can be made").block_on(async {
                tokio::select! { () = serving => {}, _ = stopped => {} }
            });
        });
        Self { address, scheme, shared, stop: Some(stop), thread: Some(thread) }
    }

    /// Answers requests for a path (without query; `*` for all others) in this order; the last repeats.
    pub fn script(&self, path: &str, replies: impl IntoIterator<Item = Reply>) {
        let replies: std::collections::VecDeque<_> = replies.into_iter().collect();
        assert!(!replies.is_empty(), "a script needs a reply");
        self.shared.scripts.lock().unwrap().insert(path.into(), Script::List(replies));
    }

    /// Answers requests for a path with what the closure says.
    pub fn answer_with(&self, path: &str, closure: impl Fn(&Seen) -> Reply + Send + Sync + 'static) {
        let script = Script::Closure(Arc::new(closure));
        self.shared.scripts.lock().unwrap().insert(path.into(), script);
    }

    /// Remembers no request from now on: for runs of a million, of which a ledger remembers what it needs.
    pub fn forget(&self) {
        self.shared.forgets.store(true, Ordering::SeqCst);
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// A URL of this receiver by its number.
    pub fn url(&self, path: &str) -> url::Url {
        self.url_as("127.0.0.1", path)
    }

    /// A URL of this receiver by a name that leads to 127.0.0.1.
    pub fn url_as(&self, host: &str, path: &str) -> url::Url {
        let text = format!("{}://{host}:{}{path}", self.scheme, self.address.port());
        text.parse().expect("the parts make a URL")
    }

    /// Connections accepted so far.
    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }

    /// The requests so far.
    pub fn requests(&self) -> Vec<Seen> {
        self.shared.seen.lock().unwrap().clone()
    }

    /// Waits until the requests satisfy the predicate and returns them; panics with what was seen when the
    /// time is over.
    pub async fn wait_until(&self, limit: Duration, reached: impl Fn(&[Seen]) -> bool) -> Vec<Seen> {
        let mut changed = self.shared.changed.subscribe();
        let waiting = async {
            while !reached(&self.shared.seen.lock().unwrap()) {
                changed.changed().await.expect("the receiver lives as long as its owner");
            }
        };
        if tokio::time::timeout(limit, waiting).await.is_err() {
            panic!("not reached within {limit:?}; {}", self.summary());
        }
        self.requests()
    }

    fn summary(&self) -> String {
        let seen = self.requests();
        let last: Vec<_> =
            seen.iter().rev().take(10).map(|s| format!("{} {} ({} bytes)", s.method, s.path, s.body.len())).collect();
        format!("{} requests on {} connections, the last: {last:?}", seen.len(), self.connections())
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic of the thread has been printed; a second one here would hide the test's own.
            let _ = thread.join();
        }
    }
}

//! A receiver in Node, which verifies signatures without any of our code: Segment's documented recipe and the
//! raw bytes (`receiver.js`). Test binaries take this in with `#[path = "../verify/mod.rs"] mod verify;`.
//! Owned here: its start, its answers as values, its end. What must hold for them is left to the tests.

#![allow(dead_code, reason = "shared between test binaries, none of which uses all of it")]

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use serde::Deserialize;

/// The whole program; handed to Node as an argument, so that it runs from any folder.
const SCRIPT: &str = include_str!("receiver.js");

/// Node is up within a second where nothing else runs.
const START_DEADLINE: Duration = Duration::from_secs(30);

/// Why there is no answer from the receiver.
#[derive(thiserror::Error)]
pub(crate) enum NodeError {
    #[error("node is missing; install it with: apt-get install nodejs")]
    Missing,
    #[error("cannot run node")]
    Io(#[from] io::Error),
    #[error("node said nothing within {0:?}")]
    Silent(Duration),
    #[error("node said something that is not understood")]
    Line(#[from] serde_json::Error),
}

// A test shows an error by `Debug`; what to install shall stand there in words.
impl fmt::Debug for NodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(source) => write!(f, "{self}: {source}"),
            Self::Line(source) => write!(f, "{self}: {source}"),
            Self::Missing | Self::Silent(_) => write!(f, "{self}"),
        }
    }
}

/// What the receiver found in one request.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Verified {
    pub(crate) method: String,
    pub(crate) path: String,
    /// The `messageId` of each item of a batch; none where the body is no array.
    pub(crate) items: Option<Vec<Option<String>>>,
    /// The event's `type`; of the first one in a batch.
    #[serde(rename = "type")]
    pub(crate) call: Option<String>,
    /// The signature fits `JSON.stringify(JSON.parse(body))`, Segment's documented recipe.
    pub(crate) restringified: bool,
    /// The signature fits the bytes as they came.
    pub(crate) raw: bool,
    /// Lower-case names.
    pub(crate) headers: BTreeMap<String, String>,
}

/// A running receiver, killed when dropped; it also ends by itself when the test process does.
pub(crate) struct NodeReceiver {
    node: Child,
    port: u16,
    lines: Receiver<String>,
}

impl NodeReceiver {
    /// Starts it on a port the kernel picks, with this shared secret.
    pub(crate) fn start(secret: &str) -> Result<Self, NodeError> {
        #[derive(Deserialize)]
        struct Listening {
            port: u16,
        }
        let mut node = Command::new("node")
            .args(["--eval", SCRIPT])
            .env("SHARED_SECRET", secret)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| match error.kind() {
                io::ErrorKind::NotFound => NodeError::Missing,
                _ => NodeError::Io(error),
            })?;
        let lines = lines_of(node.stdout.take());
        let mut receiver = Self { node, port: 0, lines };
        let Listening { port } = serde_json::from_str(&receiver.line(START_DEADLINE)?)?;
        receiver.port = port;
        Ok(receiver)
    }

    /// Where it listens, without a slash at the end.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The next request it got, or an error when none comes within the deadline.
    pub(crate) fn next(&self, deadline: Duration) -> Result<Verified, NodeError> {
        Ok(serde_json::from_str(&self.line(deadline)?)?)
    }

    fn line(&self, deadline: Duration) -> Result<String, NodeError> {
        let line = self.lines.recv_timeout(deadline);
        line.map_err(|_| NodeError::Silent(deadline))
    }
}

impl Drop for NodeReceiver {
    fn drop(&mut self) {
        // An error means that it has ended already.
        let _killed = self.node.kill();
        let _ended = self.node.wait();
    }
}

/// Reads lines on a thread of its own, so that waiting for one can have a deadline.
fn lines_of(pipe: Option<impl io::Read + Send + 'static>) -> Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let lines = pipe.into_iter().flat_map(|pipe| BufReader::new(pipe).lines());
        for line in lines.map_while(Result::ok) {
            if sender.send(line).is_err() {
                break;
            }
        }
    });
    receiver
}

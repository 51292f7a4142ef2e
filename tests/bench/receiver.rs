//! The receiving end, in a process of its own so that its CPU is counted apart: as cheap as can be, one thread, raw TCP.
//! Answers every request the same way, and counts which events came (`tally`). Told what to expect and asked what came
//! over its standard input; ends when that does. HTTP as far as our clients speak it is `connection`.

use std::io::{BufRead as _, Write as _};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::net::TcpSocket;
use tokio::sync::Notify;

use crate::failure::{Failure, OrFail as _};
use tally::Tally;

mod connection;
pub(crate) mod tally;

/// How requests are answered.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct ReceiverOptions {
    /// The status of every answer.
    #[arg(long, default_value_t = 200)]
    pub(crate) status: u16,
    /// Milliseconds before every answer.
    #[arg(long, default_value_t = 0)]
    pub(crate) delay_ms: u64,
    /// Never answer.
    #[arg(long)]
    pub(crate) hang: bool,
    /// Seconds of patience every answer asks for.
    #[arg(long)]
    pub(crate) retry_after: Option<u64>,
    /// Refuse connections until told otherwise.
    #[arg(long)]
    pub(crate) down: bool,
}

/// The same, ready for use.
#[derive(Clone, Debug)]
struct Answer {
    bytes: Arc<[u8]>,
    delay: Duration,
    hang: bool,
}

/// Receives until standard input ends.
pub(crate) fn run(options: &ReceiverOptions) -> Result<(), Failure> {
    let tally = Arc::new(Mutex::new(Tally::default()));
    let patience = options.retry_after.map_or_else(String::new, |seconds| format!("retry-after: {seconds}\r\n"));
    let text = format!("HTTP/1.1 {} Said\r\n{patience}content-length: 0\r\n\r\n", options.status);
    let delay = Duration::from_millis(options.delay_ms);
    let answer = Answer { bytes: text.into_bytes().into(), delay, hang: options.hang };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.or_fail("cannot make a runtime")?;
    runtime.block_on(async {
        // Bound only, its port is taken and every connection refused.
        let socket = TcpSocket::new_v4().or_fail("cannot make a socket")?;
        socket.bind(([127, 0, 0, 1], 0).into()).or_fail("cannot take a port")?;
        let address = socket.local_addr().or_fail("cannot tell the port")?;
        say(&address.to_string())?;
        let (counting, up) = (tally.clone(), Arc::new(Notify::new()));
        let raise = up.clone();
        std::thread::spawn(move || obey(&counting, &raise));
        if options.down {
            up.notified().await;
        }
        let listener = socket.listen(1024).or_fail("cannot listen")?;
        loop {
            let (stream, _) = listener.accept().await.or_fail("cannot accept")?;
            tokio::spawn(connection::converse(stream, answer.clone(), tally.clone()));
        }
    })
}

/// `begin RUN COUNT` forgets what came and expects so many events; `up` ends the time of refusing; `counts` and
/// `latencies` are answered with JSON.
fn obey(tally: &Mutex<Tally>, raise: &Notify) {
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        let mut tally = tally.lock().unwrap_or_else(PoisonError::into_inner);
        let mut words = line.split(' ');
        let word = words.next();
        let mut number = || words.next().and_then(|word| word.parse().ok()).unwrap_or(0);
        let answer = match word {
            Some("begin") => {
                *tally = tally.expecting(number(), number());
                Ok("{}".to_owned())
            }
            Some("up") => {
                raise.notify_one();
                Ok("{}".to_owned())
            }
            Some("latencies") => serde_json::to_string(&tally.latencies()),
            _ => serde_json::to_string(&tally.counts),
        };
        drop(tally);
        let Ok(answer) = answer else { break };
        if say(&answer).is_err() {
            break;
        }
    }
    // Whoever started us is gone, or has seen enough.
    std::process::exit(0);
}

fn say(line: &str) -> Result<(), Failure> {
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{line}").and_then(|()| stdout.flush()).or_fail("nobody listens")
}

//! `receive`: a receiver to try things with, printed request by request.
//! Listening and checking signatures is `receiver`'s; here are arguments and how it looks.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use clap::Args;

use super::{Failure, complain, say};
use crate::attempt::signature::SigningKey;
use crate::receiver::{Answering, Got, Receiver, Reply};
use crate::route::destination::Secret;
use crate::shutdown::asked_to_stop;

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  kafka-webhooks receive --listen 127.0.0.1:8080 --secret s3cret --fail-first 2")]
pub(super) struct ReceiveArgs {
    /// Where to listen; port 0 lets the system choose
    #[arg(long, default_value = "127.0.0.1:8080", value_name = "ADDRESS:PORT")]
    listen: SocketAddr,
    /// The shared secret; without it signatures are not checked
    #[arg(long, env = "KAFKA_WEBHOOKS_SECRET", hide_env_values = true)]
    secret: Option<String>,
    /// The status to answer with
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u16).range(200..=599))]
    status: u16,
    /// How long to wait before answering, such as 250ms
    #[arg(long, default_value = "0ms", value_parser = crate::config::duration, value_name = "DURATION")]
    delay: Duration,
    /// Answer the first N requests with 503
    #[arg(long, default_value_t = 0, value_name = "N")]
    fail_first: u64,
}

pub(super) fn receive(args: &ReceiveArgs) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Failure::running)?;
    runtime.block_on(async {
        let receiver =
            Receiver::start(args.listen, answering(args)).await.map_err(|error| cannot_listen(args.listen, &error))?;
        complain(&format!("listening on http://{}", receiver.address()));
        asked_to_stop().await.map_err(Failure::running)?;
        Ok(())
    })
}

fn cannot_listen(address: SocketAddr, error: &std::io::Error) -> Failure {
    Failure::Running(format!("cannot listen on {address}: {error}; choose another with --listen").into())
}

fn answering(args: &ReceiveArgs) -> Answering {
    let key = args.secret.as_deref().and_then(|secret| SigningKey::new(&Secret::new(secret)));
    let (status, delay, fail_first) = (args.status, args.delay, args.fail_first);
    let count = AtomicU64::new(0);
    Arc::new(move |got: &Got| {
        let failing = count.fetch_add(1, Ordering::Relaxed) < fail_first;
        let reply = Reply { status: if failing { 503 } else { status }, delay };
        say(&shown(got, key.as_ref(), reply));
        reply
    })
}

/// Request line, headers and body, as they would stand in a document, and what was made of them.
fn shown(got: &Got, key: Option<&SigningKey>, reply: Reply) -> String {
    let mut text = format!("{} {}\n", got.method, got.path);
    for (name, value) in &got.headers {
        text.push_str(&format!("{name}: {value}\n"));
    }
    text.push_str(&format!("\n{}\n", String::from_utf8_lossy(&got.body)));
    text.push_str(&format!("→ {}, {}\n", got.signed(key).words(), reply.status));
    text
}

//! The end of the process: signals, and a watchdog that ends it when an orderly end takes too long.
//! librdkafka can hang for ever while a client is dropped, so nothing waits for that without a deadline.

use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};

/// Completes with the name of the first SIGTERM or SIGINT. A second one ends the process at once.
pub async fn asked_to_stop() -> std::io::Result<&'static str> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let name = tokio::select! {
        _ = terminate.recv() => "SIGTERM",
        _ = interrupt.recv() => "SIGINT",
    };
    tokio::spawn(async move {
        let second = tokio::select! {
            _ = terminate.recv() => "SIGTERM",
            _ = interrupt.recv() => "SIGINT",
        };
        tracing::error!(signal = second, "asked to stop again; ending at once, some deliveries will be repeated");
        std::process::exit(1);
    });
    Ok(name)
}

/// Ends the process when it is not disarmed in time.
#[derive(Debug)]
pub struct Watchdog(Sender<()>);

impl Watchdog {
    /// Ends the process with exit code 1 after so long, unless the result is dropped before.
    pub fn arm(most: Duration) -> std::io::Result<Self> {
        let (sender, receiver) = channel::<()>();
        std::thread::Builder::new().name("watchdog".to_owned()).spawn(move || {
            if receiver.recv_timeout(most) == Err(RecvTimeoutError::Timeout) {
                tracing::error!(grace_s = most.as_secs_f64(), "not ended within the grace period; ending at once");
                std::process::exit(1);
            }
        })?;
        Ok(Self(sender))
    }

    /// Calls the watchdog off.
    pub fn disarm(self) {
        drop(self.0);
    }
}

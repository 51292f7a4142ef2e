//! Appends at a rate, and knows which appends are in the log. A command's way to Kafka: it waits, where a stage would go on.
//! What is appended is decided by `sync`.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Runtime;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::{Interval, interval};

use crate::cli::Failure;
use crate::clock::Clock;
use crate::kafka::client::Connection;
use crate::kafka::producer::{NoRoom, Producer, Ticket};
use crate::kafka::record::{Append, AppendError, Confirmation, Token};
use crate::metrics::Metrics;

/// A producer of one command.
pub(super) struct Sending {
    runtime: Runtime,
    producer: Producer,
    to: UnboundedSender<Confirmation>,
    confirmations: UnboundedReceiver<Confirmation>,
    pace: Option<Interval>,
    sent: u64,
    appended: u64,
    heard: u64,
}

impl Sending {
    /// Connects; so many appends a second, or as many as there is room for.
    pub(super) fn start(
        connection: &Connection,
        (clock, metrics): (Arc<Clock>, Arc<Metrics>),
        rate: Option<u32>,
    ) -> Result<Self, Failure> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Failure::running)?;
        let producer = Producer::start(connection, clock, metrics).map_err(Failure::running)?;
        let pace = {
            let _inside = runtime.enter();
            rate.map(|rate| interval(Duration::from_secs(1) / rate))
        };
        let (to, confirmations) = unbounded_channel();
        Ok(Self { runtime, producer, to, confirmations, pace, sent: 0, appended: 0, heard: 0 })
    }

    /// Appends a record when it is time and there is room; fails when an earlier one did.
    pub(super) fn append(&mut self, append: &Append) -> Result<(), AppendError> {
        let Self { runtime, producer, to, confirmations, pace, sent, appended, heard } = self;
        runtime.block_on(async {
            if let Some(pace) = pace {
                pace.tick().await;
            }
            let mut hear = |confirmation: Confirmation| {
                *heard += 1;
                *appended += u64::from(confirmation.result.is_ok());
                confirmation.result
            };
            while let Ok(confirmation) = confirmations.try_recv() {
                hear(confirmation)?;
            }
            loop {
                match producer.append(append, Ticket { to: to.clone(), token: Token(*sent) }) {
                    Ok(()) => {
                        *sent += 1;
                        return Ok(());
                    }
                    // Everything under way is ours, so something will be confirmed.
                    Err(NoRoom) => match confirmations.recv().await {
                        Some(confirmation) => hear(confirmation)?,
                        None => return Ok(()),
                    },
                }
            }
        })
    }

    /// Waits until Kafka has answered every append; the first refusal is the answer.
    pub(super) fn finish(&mut self) -> Result<(), AppendError> {
        let mut first = Ok(());
        while self.heard < self.sent {
            let Some(confirmation) = self.confirmations.blocking_recv() else { break };
            self.heard += 1;
            self.appended += u64::from(confirmation.result.is_ok());
            first = first.and(confirmation.result);
        }
        first
    }

    /// How many are in the log.
    pub(super) fn appended(&self) -> u64 {
        self.appended
    }
}

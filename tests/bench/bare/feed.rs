//! Hands what was read to whichever lane is free, in order. Batches come from the poll thread; nothing is decided here.

use std::collections::VecDeque;

use tokio::sync::Mutex;
use tokio::sync::mpsc::Receiver;

use super::source::Taken;

pub(super) struct Feed(Mutex<Waiting>);

struct Waiting {
    batches: Receiver<Vec<Taken>>,
    records: VecDeque<Taken>,
}

impl Feed {
    pub(super) fn new(batches: Receiver<Vec<Taken>>) -> Self {
        Self(Mutex::new(Waiting { batches, records: VecDeque::new() }))
    }

    /// The next record; none when there will be no more.
    pub(super) async fn next(&self) -> Option<Taken> {
        let mut waiting = self.0.lock().await;
        loop {
            if let Some(taken) = waiting.records.pop_front() {
                return Some(taken);
            }
            let batch = waiting.batches.recv().await?;
            waiting.records.extend(batch);
        }
    }
}

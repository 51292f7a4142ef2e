//! How a stage hands revoked partitions back: the poll thread waits in its rebalance callback, bounded, until the stage
//! has drained them and answered their last positions. A standard condition variable, so that no poll thread ever waits
//! for the runtime.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use crate::kafka::offsets::Position;

/// The stage's end: answered once, or dropped, which answers nothing.
#[derive(Debug)]
pub struct Handback(Arc<Shared>);

/// The poll thread's end.
#[derive(Debug)]
pub(super) struct Waiter(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    answer: Mutex<Option<Vec<Position>>>,
    answered: Condvar,
}

pub(super) fn handback() -> (Handback, Waiter) {
    let shared = Arc::new(Shared::default());
    (Handback(shared.clone()), Waiter(shared))
}

impl Handback {
    /// Hands the partitions back with what is safe to commit.
    pub fn done(self, positions: Vec<Position>) {
        self.answer(positions);
    }

    fn answer(&self, positions: Vec<Position>) {
        let mut answer = self.0.answer.lock().unwrap_or_else(PoisonError::into_inner);
        answer.get_or_insert(positions);
        self.0.answered.notify_all();
    }
}

impl Drop for Handback {
    fn drop(&mut self) {
        self.answer(Vec::new());
    }
}

impl Waiter {
    /// Waits for the answer; `None` when it did not come in time.
    pub(super) fn wait(&self, most: Duration) -> Option<Vec<Position>> {
        let answer = self.0.answer.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.0.answered.wait_timeout_while(answer, most, |answer| answer.is_none());
        let (mut answer, _) = waited.unwrap_or_else(PoisonError::into_inner);
        answer.take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::claim::{Epoch, TopicPartition};

    #[test]
    fn the_waiter_gets_the_answer_or_gives_up() {
        let position = Position { at: TopicPartition::new("t", 0), epoch: Epoch(1), next: 5, note: None };
        let (handback, waiter) = handback();
        let expected = vec![position];
        let answer = expected.clone();
        let thread = std::thread::spawn(move || handback.done(answer));
        assert_eq!(waiter.wait(Duration::from_secs(10)), Some(expected));
        thread.join().unwrap();

        let (kept, waiter) = super::handback();
        assert_eq!(waiter.wait(Duration::from_millis(1)), None);
        drop(kept);
        assert_eq!(waiter.wait(Duration::from_secs(10)), Some(Vec::new()), "a dropped handback answers nothing");
    }
}

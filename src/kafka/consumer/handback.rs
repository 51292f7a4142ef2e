//! How a stage hands revoked partitions back: the poll thread waits in its rebalance callback, bounded, until the stage
//! has drained them and left their last positions (`positions`). A standard condition variable, so that no poll thread
//! ever waits for the runtime.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use super::positions::Positions;
use crate::kafka::offsets::Position;

/// The stage's end: answered once, or dropped, which answers without a position.
#[derive(Debug)]
pub struct Handback {
    shared: Arc<Shared>,
    positions: Positions,
}

/// The poll thread's end.
#[derive(Debug)]
pub(super) struct Waiter(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    is_answered: Mutex<bool>,
    answered: Condvar,
}

/// Both ends; the last positions are left there.
pub(super) fn handback(positions: &Positions) -> (Handback, Waiter) {
    let shared = Arc::new(Shared::default());
    (Handback { shared: shared.clone(), positions: positions.clone() }, Waiter(shared))
}

impl Handback {
    /// Hands the partitions back with what is safe to commit.
    pub fn done(self, positions: Vec<Position>) {
        // Before the answer, which dropping gives: who has it must find them.
        self.positions.leave(positions);
    }
}

impl Drop for Handback {
    fn drop(&mut self) {
        *self.shared.is_answered.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.shared.answered.notify_all();
    }
}

impl Waiter {
    /// Waits for the answer, and says whether it came in time.
    pub(super) fn wait(&self, most: Duration) -> bool {
        let is_answered = self.0.is_answered.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.0.answered.wait_timeout_while(is_answered, most, |is_answered| !*is_answered);
        let (is_answered, _) = waited.unwrap_or_else(PoisonError::into_inner);
        *is_answered
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::claim::{Epoch, TopicPartition};

    fn position() -> Position {
        Position { at: TopicPartition::new("t", 0), epoch: Epoch(1), next: 5, note: None }
    }

    #[test]
    fn the_waiter_gets_the_answer_or_gives_up() {
        let positions = Positions::default();
        let (handback, waiter) = handback(&positions);
        let thread = std::thread::spawn(move || handback.done(vec![position()]));
        assert!(waiter.wait(Duration::from_secs(10)));
        assert_eq!(positions.take(), [position()]);
        thread.join().unwrap();

        let (kept, waiter) = super::handback(&positions);
        assert!(!waiter.wait(Duration::from_millis(1)));
        drop(kept);
        assert!(waiter.wait(Duration::from_secs(10)), "a dropped handback answers");
        assert_eq!(positions.take(), []);
    }

    #[test]
    fn who_asks_for_a_partition_second_finds_the_position_that_was_answered_to_the_first() {
        let positions = Positions::default();
        let (to_leave, _) = handback(&positions);
        let (to_rebalance, rebalance) = handback(&positions);
        to_leave.done(vec![position()]);
        to_rebalance.done(vec![]);
        assert!(rebalance.wait(Duration::from_secs(10)));
        assert_eq!(positions.take(), [position()]);
    }
}

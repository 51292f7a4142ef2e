//! What waits in one partition of a tier, in order: only the head has a clock, since all wait equally long.
//! Whether a due head may return is decided by `core`.

use std::collections::VecDeque;

use super::*;
use crate::delivery::defect::{Defect, planted};

/// What waits in one partition of a tier.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) tier: Tier,
    pub(super) records: VecDeque<Held>,
    /// When the head is due; none until it became head.
    pub(super) due: Option<Moment>,
}

/// A record that waits.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) record: Record,
    pub(super) claim: Claim,
    pub(super) accepted_at: KafkaTime,
}

impl Waiting {
    pub(super) fn new(tier: Tier) -> Self {
        Self { tier, records: VecDeque::new(), due: None }
    }

    pub(super) fn add(&mut self, held: Held, now: Now) {
        self.records.push_back(held);
        self.set_due(now);
    }

    /// Takes the head; the next one's wait is judged from now on.
    pub(super) fn next(&mut self, now: Now) -> Option<Held> {
        let head = self.records.pop_front()?;
        self.due = None;
        self.set_due(now);
        Some(head)
    }

    pub(super) fn is_due(&self, now: Now) -> bool {
        self.due.is_some_and(|due| due <= now.moment)
    }

    fn set_due(&mut self, now: Now) {
        if let (None, Some(Held { record: head, .. })) = (self.due, self.records.front()) {
            let early = if planted(Defect::TierEarly) { self.tier.wait() / 2 } else { Duration::ZERO };
            let end = head.time.plus(self.tier.wait() - early);
            self.due = Some(now.moment.plus(end.since(now.kafka).min(self.tier.wait())));
        }
    }
}

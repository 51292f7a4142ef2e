//! One life of a delivery: from its record to settled. Copies of it, made by a crash between an append and its commit,
//! are dropped when it is over and joined to it while it lasts.

use super::*;

impl DeliverCore {
    /// Settles a copy of what was settled before; gives back what is none.
    pub(super) fn unless_copy(&mut self, queued: Queued) -> Option<Queued> {
        if planted(Defect::CopyKept) {
            return Some(queued);
        }
        let Queued { delivery, claim, held } = queued;
        let key = CopyKey::of(delivery.id, &delivery.progress);
        let known = self.copies.entry(claim.at.partition).or_default();
        match Settled::copy(claim, known, key) {
            Ok(settled) => {
                settled.pass(&mut self.ledger);
                self.happened(Happened::Repeated { destination: delivery.destination });
                None
            }
            Err(claim) => Some(Queued { delivery, claim, held }),
        }
    }

    /// Remembers what was settled before this process knew of it.
    pub(super) fn recall(&mut self, record: &Record) {
        if let Some((id, progress)) = envelope::identity(&record.headers) {
            let known = self.copies.entry(record.at.partition).or_default();
            known.remember(CopyKey::of(id, &progress), After::Another);
        }
    }

    /// Joins a copy to the one that is under way already; otherwise marks this one as under way.
    pub(super) fn unless_twin(&mut self, queued: Queued) -> Option<Queued> {
        let key = CopyKey::of(queued.delivery.id, &queued.delivery.progress);
        if planted(Defect::CopyKept) {
            return Some(queued);
        }
        if let Some(twins) = self.under_way.get_mut(&key) {
            twins.push(queued.claim);
            return None;
        }
        self.under_way.insert(key, Vec::new());
        Some(queued)
    }

    /// The claim under which this is still ours to settle: its own, or that of a copy read under a later assignment.
    pub(super) fn still_ours(&mut self, mut queued: Queued) -> Option<Queued> {
        if self.ledger.is_current(&queued.claim) {
            return Some(queued);
        }
        let at = queued.claim.at.clone();
        let key = CopyKey::of(queued.delivery.id, &queued.delivery.progress);
        let twins = self.under_way.get_mut(&key);
        let current = twins.and_then(|twins| {
            let index = twins.iter().position(|claim| self.ledger.is_current(claim))?;
            Some(twins.swap_remove(index))
        });
        let Some(claim) = current else {
            self.under_way.remove(&key);
            self.ended(&at);
            return None;
        };
        self.ended(&at);
        *self.active.entry(claim.at.clone()).or_default() += 1;
        queued.claim = claim;
        Some(queued)
    }

    /// Orders an attempt that could not be made, unless its delivery is somebody else's meanwhile.
    pub(super) fn order_again(&mut self, token: Token) {
        let Some(Started { destination, queued }) = self.attempts.remove(&token) else {
            return;
        };
        match self.still_ours(queued) {
            Some(queued) => {
                self.attempts.insert(token, Started { destination, queued });
                self.order(token);
            }
            None => self.dispatch.finished(&destination),
        }
    }

    /// Asks for an append whose time has come again, unless its delivery is somebody else's meanwhile.
    pub(super) fn submit_again(&mut self, token: Token, now: Now) {
        let claim = self.appends.outbox.get(token).map(|pending| &pending.queued.claim);
        if claim.is_some_and(|claim| self.ledger.is_current(claim)) {
            return self.submit(token, now);
        }
        let Some(mut pending) = self.appends.remove(token) else {
            return;
        };
        match self.still_ours(pending.queued) {
            Some(queued) => {
                pending.queued = queued;
                self.appends.outbox.insert(token, pending);
                self.submit(token, now);
            }
            // It may have stopped its partition.
            None => self.dispatch.wake(),
        }
    }

    /// Remembers a settled delivery, and settles the copies that came while it was under way.
    pub(super) fn end_of_life(&mut self, delivery: &Delivery, at: &TopicPartition, after: After) {
        let key = CopyKey::of(delivery.id, &delivery.progress);
        let known = self.copies.entry(at.partition).or_default();
        known.remember(key, after);
        for twin in self.under_way.remove(&key).unwrap_or_default() {
            if let Ok(settled) = Settled::copy(twin, known, key) {
                settled.pass(&mut self.ledger);
                self.out.push(Output::Happened(Happened::Repeated { destination: delivery.destination.clone() }));
            }
        }
        self.ended(at);
    }

    pub(super) fn ended(&mut self, at: &TopicPartition) {
        if let Some(count) = self.active.get_mut(at) {
            *count -= 1;
            if *count == 0 {
                self.active.remove(at);
            }
        }
    }
}

//! One life of a delivery: from its record to settled. Copies of it, made by a crash between an append and its commit,
//! are dropped when it is over and joined to it while it lasts.

use bytes::Bytes;

use super::*;
use crate::delivery::copies::CopyKey;
use crate::delivery::returns::Return;
use crate::outcome::time::KafkaTime;

/// A life that was read and is not settled.
#[derive(Debug)]
pub(super) struct Life {
    /// Copies that came meanwhile and settle with it.
    twins: Vec<Claim>,
    /// Whose it is, and since when.
    key: Bytes,
    accepted_at: KafkaTime,
}

/// Where and by what those of one life find each other.
fn life(queued: &Queued) -> (i32, u128) {
    (queued.claim.at.partition, queued.delivery.copy_key().life())
}

impl DeliverCore {
    /// Settles what came back from its tier before; gives back what came for the first time, or not from a tier.
    pub(super) fn unless_returned_before(&mut self, queued: Queued, returned: Option<Return>) -> Option<Queued> {
        let returns = self.returns.entry(queued.claim.at.clone()).or_default();
        returns.reads(queued.claim.spot.offset);
        let Some(returned) = returned.filter(|_| !planted(Defect::ReturnedTwice)) else { return Some(queued) };
        let Queued { delivery, claim, held, due, place } = queued;
        match Settled::returned_before(claim, returns, &returned) {
            Ok(settled) => {
                settled.pass(&mut self.ledger);
                self.happened(Happened::Repeated { destination: delivery.destination });
                None
            }
            Err(claim) => {
                returns.came(returned, claim.spot.offset);
                Some(Queued { delivery, claim, held, due, place })
            }
        }
    }

    /// Settles what a later tenure answers for; gives back what is ours to attempt.
    pub(super) fn unless_taken_over(&mut self, queued: Queued) -> Option<Queued> {
        let Some(stamp) = queued.delivery.stamp.filter(|_| !planted(Defect::TakeoverForgotten)) else {
            return Some(queued);
        };
        let Queued { delivery, claim, held, due, place } = queued;
        let at = claim.at.clone();
        match Settled::taken_over(claim, self.tenures(&at), &stamp) {
            Ok(settled) => {
                settled.pass(&mut self.ledger);
                self.happened(Happened::Repeated { destination: delivery.destination });
                None
            }
            Err(claim) => Some(Queued { delivery, claim, held, due, place }),
        }
    }

    /// Settles a copy of what was settled before; gives back what is none.
    pub(super) fn unless_copy(&mut self, queued: Queued) -> Option<Queued> {
        if planted(Defect::CopyKept) {
            return Some(queued);
        }
        let Queued { delivery, claim, held, due, place } = queued;
        let known = self.copies.entry(claim.at.partition).or_default();
        match Settled::copy(claim, known, delivery.copy_key()) {
            Ok(settled) => {
                settled.pass(&mut self.ledger);
                self.happened(Happened::Repeated { destination: delivery.destination });
                None
            }
            Err(claim) => Some(Queued { delivery, claim, held, due, place }),
        }
    }

    /// Remembers what was settled before this process knew of it.
    pub(super) fn recall(&mut self, record: &Record) {
        if let Some(key) = envelope::copy_key(&record.headers) {
            let known = self.copies.entry(record.at.partition).or_default();
            known.recall(key, record.offset);
        }
        if let Some(returned) = envelope::returned(record) {
            self.returns.entry(record.at.clone()).or_default().recall(&returned);
        }
    }

    /// Joins a copy to the one that was read before it and is not settled; otherwise others join this one.
    pub(super) fn unless_twin(&mut self, queued: Queued) -> Option<Queued> {
        let key = life(&queued);
        if planted(Defect::CopyKept) {
            return Some(queued);
        }
        if let Some(life) = self.under_way.get_mut(&key) {
            life.twins.push(queued.claim);
            return None;
        }
        let (of, accepted_at) = (queued.delivery.key.clone(), queued.delivery.accepted_at);
        self.ages.add(&of, accepted_at);
        self.under_way.insert(key, Life { twins: Vec::new(), key: of, accepted_at });
        Some(queued)
    }

    /// Settles what was settled by another life of it while it waited in its lane, and with it those that joined it.
    pub(super) fn unless_over(&mut self, queued: Queued) -> Option<Queued> {
        let (partition, key) = (queued.claim.at.partition, queued.delivery.copy_key());
        let destination = queued.delivery.destination.clone();
        let queued = self.unless_copy(queued);
        if queued.is_none() {
            self.settle_twins(partition, key, destination.as_ref());
        }
        queued
    }

    /// Forgets what was withdrawn from its lane unsettled; it is read again.
    pub(super) fn withdrawn(&mut self, queued: &Queued) {
        self.end_under_way(&life(queued));
    }

    /// The claim under which this is still ours to settle: its own, or that of a copy read under a later assignment.
    pub(super) fn still_ours(&mut self, mut queued: Queued) -> Option<Queued> {
        if self.ledger.is_current(&queued.claim) {
            return Some(queued);
        }
        let at = queued.claim.at.clone();
        let key = life(&queued);
        let current = self.under_way.get_mut(&key).and_then(|Life { twins, .. }| {
            let index = twins.iter().position(|claim| self.ledger.is_current(claim))?;
            // The first of them stays first.
            Some(twins.remove(index))
        });
        let Some(claim) = current else {
            self.end_under_way(&key);
            self.ended(&at);
            return None;
        };
        self.ended(&at);
        *self.active.entry(claim.at.clone()).or_default() += 1;
        queued.claim = claim;
        Some(queued)
    }

    /// Orders an attempt that could not be made, of what is not somebody else's meanwhile, unless its lane is held back.
    pub(super) fn order_again(&mut self, token: Token, now: Now) {
        let Some(Started { lane, batch, permit }) = self.attempts.remove(&token) else {
            return;
        };
        let batch: Vec<_> = batch.into_iter().filter_map(|queued| self.still_ours(queued)).collect();
        if !batch.is_empty() && self.dispatch.lets_resume(&lane, permit, now.moment) {
            self.attempts.insert(token, Started { lane, batch, permit });
            return self.order(token);
        }
        self.dispatch.finished(&lane, permit, now.moment);
        self.back_to_lane(&lane, batch, now);
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
                self.appends.insert(token, pending);
                self.submit(token, now);
            }
            // It may have stopped its partition.
            None => self.dispatch.wake(),
        }
    }

    /// Remembers a settled delivery, and settles the copies that came while it was under way.
    pub(super) fn end_of_life(&mut self, delivery: &Delivery, claim: &Claim, after: After) {
        let key = delivery.copy_key();
        let known = self.copies.entry(claim.at.partition).or_default();
        // Those that joined it are copies, whatever reading it again would mean.
        known.remember(key, claim.spot.offset, After::Return);
        self.settle_twins(claim.at.partition, key, delivery.destination.as_ref());
        self.copies.entry(claim.at.partition).or_default().remember(key, claim.spot.offset, after);
        self.ended(&claim.at);
    }

    fn settle_twins(&mut self, partition: i32, key: CopyKey, destination: Option<&DestinationId>) {
        let twins = self.end_under_way(&(partition, key.life()));
        let known = self.copies.entry(partition).or_default();
        for twin in twins {
            if let Ok(settled) = Settled::copy(twin, known, key) {
                settled.pass(&mut self.ledger);
                self.out.push(Output::Happened(Happened::Repeated { destination: destination.cloned() }));
            }
        }
    }

    /// Takes a life out of the books, and answers the copies that joined it.
    fn end_under_way(&mut self, key: &(i32, u128)) -> Vec<Claim> {
        let Some(Life { twins, key, accepted_at }) = self.under_way.remove(key) else { return Vec::new() };
        self.ages.remove(&key, accepted_at);
        twins
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

//! Confirmations of what a source record became: when the last one is in, its offset passes.
//! What it became was decided before, in `core`.

use std::time::Duration;

use super::*;
use crate::kafka::record::Confirmation;

/// How long a refused append waits before it is asked for again.
const PAUSE: Duration = Duration::from_secs(1);

impl RouteCore {
    /// Hears whether an append is in the log.
    pub fn confirmed(&mut self, confirmation: &Confirmation, now: Now) {
        let Some(mut routed) = self.outbox.remove(confirmation.token) else { return };
        self.unstop(&mut routed);
        match &confirmation.result {
            Ok(()) => {
                self.count_down(&routed.claim);
                self.report(routed.kind);
            }
            // A partition that is not ours any more is read again by its owner.
            Err(_) if !self.ledger.is_current(&routed.claim) => {}
            Err(error) => self.refused(confirmation.token, routed, error, now),
        }
    }

    /// Hears that the producer had no room for an append.
    pub fn no_room(&mut self, token: Token, now: Now) {
        self.outbox.no_room(token, now.moment);
    }

    fn count_down(&mut self, claim: &Claim) {
        let Some(open) = self.open.get_mut(claim) else { return };
        open.unconfirmed -= 1;
        if let Ok(settled) = Settled::routed(claim.clone(), open.unconfirmed) {
            settled.pass(&mut self.ledger);
            self.open.remove(claim);
        }
    }

    fn report(&mut self, kind: What) {
        let happened = match kind {
            What::Delivery(delivery) => match delivery.destination {
                Some(destination) => Happened::Created(destination),
                None => return,
            },
            What::TooLarge(destination) => {
                self.out.push(Output::Happened(Happened::Created(destination.clone())));
                Happened::DeadLettered(Some(destination), Reason::TooLarge)
            }
            What::Malformed => Happened::DeadLettered(None, Reason::Malformed),
            What::Keyed => return,
        };
        self.out.push(Output::Happened(happened));
    }

    fn refused(&mut self, token: Token, mut routed: Routed, error: &AppendError, now: Now) {
        let (at, topic) = (routed.claim.at.clone(), routed.append.topic.clone());
        self.out.push(Output::Happened(Happened::Refused { at: at.clone(), topic, error: error.clone() }));
        let mut pause = PAUSE;
        match (&routed.kind, error) {
            (What::Delivery(delivery), AppendError::TooLarge) => {
                routed.append = dead_letter::of_delivery(delivery, Reason::TooLarge, now.kafka, &self.topics);
                if let Some(destination) = delivery.destination.clone() {
                    routed.kind = What::TooLarge(destination);
                    pause = Duration::ZERO;
                }
            }
            // Who is a member must not be wrong because a topic was made too narrow: rather wait for it, loudly.
            (What::TooLarge(_) | What::Malformed, _) | (What::Keyed, AppendError::TooLarge) => {
                routed.stops = true;
                *self.stopped.entry(at).or_default() += 1;
            }
            (What::Delivery(_) | What::Keyed, AppendError::Refused(_) | AppendError::Unconfirmed(_)) => {}
        }
        self.outbox.again(token, routed, now.moment.plus(pause));
    }

    fn unstop(&mut self, routed: &mut Routed) {
        if std::mem::take(&mut routed.stops)
            && let Some(count) = self.stopped.get_mut(&routed.claim.at)
        {
            *count -= 1;
            if *count == 0 {
                self.stopped.remove(&routed.claim.at);
            }
        }
    }
}

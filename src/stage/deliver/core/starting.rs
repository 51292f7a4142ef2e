//! What starts: deliveries leave their lanes, alone or as a batch, and are ordered as attempts.
//! Which may is `delivery::dispatch`'s to say; what follows an attempt is `after`'s.

use super::*;

impl DeliverCore {
    /// Starts whatever may start now.
    pub(super) fn start(&mut self, now: Now) {
        while now.moment >= self.hold_until && self.appends.outbox.has_room() {
            let (ledger, appends) = (&self.ledger, &self.appends);
            let allowed = |claim: &Claim| ledger.distance(claim) < WINDOW && !appends.is_stopped(&claim.at);
            let Some(started) = self.dispatch.start(now.moment, allowed) else {
                break;
            };
            self.begin(started, now);
        }
    }

    /// Lets what waits for others go as it is, because its partition is handed back: it is owed, whoever comes next.
    pub(super) fn start_gathered(&mut self, partitions: &[TopicPartition], now: Now) {
        for at in partitions {
            self.hurry(at, now);
        }
        self.start(now);
    }

    /// Lets no batch wait any longer of which a part came from a partition.
    pub(super) fn hurry(&mut self, at: &TopicPartition, now: Now) {
        let mut lanes: Vec<_> = self.shares.waiting(at).collect();
        // The order decides which lane looks first.
        lanes.sort_unstable();
        for lane in lanes {
            self.dispatch.hurry(lane, now.moment);
        }
    }

    fn begin(&mut self, started: Started, now: Now) {
        let Started { lane, batch, permit } = started;
        let mut owed = Vec::with_capacity(batch.len());
        for queued in batch {
            self.shares.remove(&queued, &lane);
            owed.extend(self.unless_over(queued));
        }
        if owed.is_empty() {
            return self.dispatch.finished(&lane, permit, now.moment);
        }
        for queued in &owed {
            *self.active.entry(queued.claim.at.clone()).or_default() += 1;
            self.not_again(&queued.claim);
        }
        let token = self.token();
        self.attempts.insert(token, Started { lane, batch: owed, permit });
        self.order(token);
    }

    /// What is attempted or given up must not come again only because something below it is handed back unsettled.
    pub(super) fn not_again(&mut self, claim: &Claim) {
        let highest = self.settled_up_to.entry(claim.at.clone()).or_default();
        *highest = claim.sequence.max(*highest);
    }

    pub(super) fn order(&mut self, token: Token) {
        if let Some(Started { lane, batch, .. }) = self.attempts.get(&token) {
            let (deliveries, due) = batch.iter().map(|queued| (queued.delivery.clone(), queued.due)).unzip();
            let order = Order { token, lane: lane.clone(), deliveries, due };
            self.out.push(Output::Attempt(order));
        }
    }
}

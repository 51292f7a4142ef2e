//! A due record on its way back: appended as it was, but for a header that says which record of which tier it is, and
//! settled when Kafka has confirmed it, never twice.
//! When it is due and whether it has credit is decided before, in `core`.

use super::*;
use crate::delivery::defect::{Defect, planted};

impl DelayCore {
    /// Hears whether an append is in the log.
    pub fn confirmed(&mut self, confirmation: &Confirmation, now: Now) {
        let Some(mut returning) = self.outbox.remove(confirmation.token) else { return };
        let at = returning.claim.at.clone();
        match Settled::appended(returning.claim, confirmation) {
            Ok(settled) => {
                settled.pass(&mut self.ledger);
                self.credits.entry(returning.to).or_default().end();
                self.out.push(if returning.too_large {
                    Output::DeadLettered { destination: envelope::destination(key_of(&returning.record)) }
                } else {
                    Output::Returned { key: returning.record.key.clone() }
                });
                self.returned(returning.key, returning.to, &returning.record);
                self.ended(&at);
            }
            Err((claim, error)) => {
                returning.claim = claim;
                self.refused(confirmation.token, returning, error, now);
            }
        }
    }

    /// Hears that the producer had no room for an append.
    pub fn no_room(&mut self, token: Token, now: Now) {
        self.outbox.no_room(token, now.moment);
    }

    pub(super) fn let_go(&mut self, record: Record, claim: Claim, to: i32, now: Now) {
        let key = envelope::copy_key(&record.headers);
        let Some(claim) = self.unless_copy(claim, key, &record, to) else { return };
        self.credits.entry(to).or_default().ask();
        *self.active.entry(claim.at.clone()).or_default() += 1;
        self.next_token += 1;
        let token = Token(self.next_token);
        let returned = Return::new(record.at.clone(), record.spot());
        self.outbox.insert(token, Returning { record, claim, key, returned, to, too_large: false });
        self.submit(token, now);
    }

    pub(super) fn submit(&mut self, token: Token, now: Now) {
        let Some(Returning { record, claim, returned, to, too_large, .. }) = self.outbox.get(token) else { return };
        let append = if *too_large {
            let delivery = envelope::delivery(record);
            dead_letter::of_delivery(&delivery, Reason::TooLarge, now.kafka, &self.topics)
        } else {
            Append {
                topic: self.topics.deliveries.clone(),
                partition: Some(*to),
                key: record.key.clone(),
                value: record.value.clone(),
                headers: envelope::returning(&record.headers, returned),
            }
        };
        if planted(Defect::SettledBeforeConfirmed)
            && let Ok(settled) = Settled::routed(claim.clone(), 0)
        {
            settled.pass(&mut self.ledger);
        }
        self.out.push(Output::Append(token, append));
    }

    fn refused(&mut self, token: Token, mut returning: Returning, error: AppendError, now: Now) {
        let at = returning.claim.at.clone();
        if !self.ledger.is_current(&returning.claim) {
            return self.lost_meanwhile(&returning, now);
        }
        if error == AppendError::TooLarge && !returning.too_large {
            returning.too_large = true;
        }
        self.out.push(Output::Refused { at, error });
        self.outbox.again(token, returning, now.moment.plus(PAUSE));
    }

    /// Asks for an append whose time has come again, unless its record is somebody else's meanwhile.
    pub(super) fn submit_again(&mut self, token: Token, now: Now) {
        let claim = self.outbox.get(token).map(|returning| &returning.claim);
        if claim.is_some_and(|claim| self.ledger.is_current(claim)) {
            self.submit(token, now);
        } else if let Some(returning) = self.outbox.remove(token) {
            self.lost_meanwhile(&returning, now);
        }
    }

    /// Gives up a return whose partition was lost: only a copy read under a later assignment can make it ours again.
    fn lost_meanwhile(&mut self, returning: &Returning, now: Now) {
        let twins = returning.key.and_then(|key| self.under_way.remove(&key.exact())).unwrap_or_default();
        self.credits.entry(returning.to).or_default().end();
        self.ended(&returning.claim.at);
        for twin in twins {
            if self.ledger.is_current(&twin) {
                self.let_go(copy_of(&returning.record), twin, returning.to, now);
            }
        }
    }

    /// Settles a copy of what has returned, joins one to what is returning; gives back what is neither.
    fn unless_copy(&mut self, claim: Claim, key: Option<CopyKey>, record: &Record, to: i32) -> Option<Claim> {
        let Some(key) = key else { return Some(claim) };
        if planted(Defect::CopyKept) {
            return Some(claim);
        }
        let claim = match Settled::copy(claim, self.copies.entry(to).or_default(), key) {
            Ok(settled) => {
                settled.pass(&mut self.ledger);
                self.out.push(repeated(record));
                return None;
            }
            Err(claim) => claim,
        };
        if let Some(twins) = self.under_way.get_mut(&key.exact()) {
            twins.push(claim);
            return None;
        }
        self.under_way.insert(key.exact(), Vec::new());
        Some(claim)
    }

    fn returned(&mut self, key: Option<CopyKey>, to: i32, record: &Record) {
        let Some(key) = key else { return };
        let known = self.copies.entry(to).or_default();
        known.remember(key, record.offset, After::Return);
        for twin in self.under_way.remove(&key.exact()).unwrap_or_default() {
            if let Ok(settled) = Settled::copy(twin, known, key) {
                settled.pass(&mut self.ledger);
                self.out.push(repeated(record));
            }
        }
    }

    fn ended(&mut self, at: &TopicPartition) {
        if let Some(count) = self.active.get_mut(at) {
            *count -= 1;
            if *count == 0 {
                self.active.remove(at);
            }
        }
    }
}

fn repeated(copy: &Record) -> Output {
    Output::Repeated { destination: envelope::destination(key_of(copy)) }
}

fn copy_of(record: &Record) -> Record {
    Record {
        at: record.at.clone(),
        epoch: record.epoch,
        offset: record.offset,
        time: record.time,
        key: record.key.clone(),
        value: record.value.clone(),
        headers: record.headers.clone(),
        held: None,
        already_settled: false,
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::delivery::claim::Epoch;
    use crate::kafka::record::Headers;
    use crate::outcome::time::{ClockTrust, KafkaTime};

    fn now(ms: u64) -> Now {
        let since = Duration::from_millis(ms);
        Now { moment: Moment::after(since), kafka: KafkaTime::from_millis(0).plus(since), trust: ClockTrust::Sane }
    }

    fn record(epoch: u64, offset: i64) -> Record {
        Record {
            at: TopicPartition::new("delays.1s", 0),
            epoch: Epoch(epoch),
            offset,
            time: KafkaTime::from_millis(0),
            key: Some(Bytes::from_static(b"crm")),
            value: None,
            headers: Headers::default(),
            held: None,
            already_settled: false,
        }
    }

    fn asked(core: &mut DelayCore, now: Now) -> Vec<Token> {
        core.credit(0, &(0..0), core.credits.get(&0).map_or(0, Credit::mark));
        core.proceed(now);
        let tokens = core.take_outputs().into_iter().filter_map(|output| match output {
            Output::Append(token, _) => Some(token),
            _ => None,
        });
        tokens.collect()
    }

    #[test]
    fn what_is_lost_on_its_way_gives_its_credit_back_and_is_not_asked_for_again() {
        let topics = Topics {
            audiences: "audiences".into(),
            audience_records: "audience-records".into(),
            memberships: "memberships".into(),
            deliveries: "d".into(),
            delays: "delays".into(),
            dead_letters: "x".into(),
        };
        let mut core = DelayCore::new(topics, 1).with_allowance(1);
        let at = TopicPartition::new("delays.1s", 0);
        for epoch in 1..=3 {
            core.assigned(&[Grant { at: at.clone(), epoch: Epoch(epoch), note: None, draw: 0 }]);
            core.arrived(record(epoch, 0), now(5_000));
            // A little later each time, for credit is used up in small pieces.
            let tokens = asked(&mut core, now(5_000 + epoch * 100));
            assert_eq!(tokens.len(), 1, "epoch {epoch}");
            if epoch == 2 {
                // Refused while it was ours, lost before its time came again.
                let result = Err(AppendError::Unconfirmed("timed out".into()));
                core.confirmed(&Confirmation { token: tokens[0], result }, now(5_000));
                core.take_outputs();
                core.lost(std::slice::from_ref(&at));
                assert_eq!(asked(&mut core, now(9_000)), []);
            } else {
                core.lost(std::slice::from_ref(&at));
                let result = Err(AppendError::Unconfirmed("timed out".into()));
                core.confirmed(&Confirmation { token: tokens[0], result }, now(5_000));
            }
        }
    }
}

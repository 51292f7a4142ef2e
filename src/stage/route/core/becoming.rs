//! What a source record becomes, by the topic it is from. What is not understood becomes one dead letter; deliveries are
//! made by `deliveries`, what has to do with audiences by `audiences`; when the offset may pass is decided by `confirmed`.

use super::*;
use crate::event::Call;

/// What a record becomes, or why it is not understood.
pub(super) type Became = Result<Vec<(What, Append)>, String>;

impl RouteCore {
    pub(super) fn may_route(&self, at: &TopicPartition) -> bool {
        self.outbox.has_room() && self.outbox.len() < MOST_APPENDS && !self.stopped.contains_key(at)
    }

    pub(super) fn route(&mut self, mut record: Record, claim: Claim, now: Now) {
        let held = record.held.take();
        let topic = &record.at.topic;
        let became = if *topic == self.topics.memberships {
            self.of_membership(&record, now)
        } else if *topic == self.topics.audiences {
            self.of_audience_record(&record, now)
        } else {
            self.of_event(&record, now)
        };
        let appends = became.unwrap_or_else(|error| vec![self.malformed(&record, error, now)]);
        match Settled::routed(claim, appends.len()) {
            Ok(settled) => settled.pass(&mut self.ledger),
            Err(claim) => {
                self.open.insert(claim.clone(), Open { unconfirmed: appends.len(), _held: held });
                for (kind, append) in appends {
                    self.next_token += 1;
                    let token = Token(self.next_token);
                    self.out.push(Output::Append(token, append.clone()));
                    self.outbox.insert(token, Routed { claim: claim.clone(), kind, append, stops: false });
                }
            }
        }
    }

    fn of_event(&mut self, record: &Record, now: Now) -> Became {
        let routes = self.routes.clone();
        let asked = routes.ask(value(record)).map_err(|error| error.to_string())?;
        let mut appends = self.deliveries(record, &asked);
        if asked.call() == Call::Delete {
            appends.extend(self.deletion(record, now));
        }
        Ok(appends)
    }

    fn malformed(&mut self, record: &Record, error: String, now: Now) -> (What, Append) {
        let append = dead_letter::of_record(record, &error, now.kafka, &self.topics);
        let (source, topic) = (position(record), record.at.topic.clone());
        self.out.push(Output::Happened(Happened::Malformed { source, topic, error }));
        (What::Malformed, append)
    }
}

/// `events/3@4217`.
pub(super) fn position(record: &Record) -> String {
    format!("{}@{}", record.at, record.offset)
}

pub(super) fn value(record: &Record) -> &[u8] {
    record.value.as_deref().unwrap_or_default()
}

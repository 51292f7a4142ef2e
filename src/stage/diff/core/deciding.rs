//! What a record comes to: nothing if it is older than what is known, an append if it is newer, tombstones for the
//! deletion of a user, a dead letter if it is not understood. What is known does not move here, but in `confirmed`.

use bytes::Bytes;

use super::confirmed::{Open, Then};
use super::*;
use crate::audience::{Change as Said, Fact, Held, Malformed, Read, State, User, Value, Version, record};
use crate::kafka::record::Append;
use crate::metrics::membership::{Change, Judged};
use crate::settle::{Settled, dead_letter};
use crate::stage::diff::form;
use crate::stage::diff::lanes::{About, Waiting};
use crate::stage::diff::state::{Key, Known, Place, Who};

/// A record with its claim and where it belongs.
struct Item {
    record: Record,
    claim: Claim,
    who: Who,
}

impl DiffCore {
    /// Decides one record of a partition, or has it wait for one before it; false if none can be decided now.
    pub(super) fn decide_next(&mut self, partition: i32, now: Now) -> bool {
        let Some(holding) = self.holdings.get_mut(&partition) else { return false };
        let (record, claim, may_wait) = match holding.lanes.next() {
            Some(Waiting { record, claim, .. }) => (record, claim, false),
            None => match holding.incoming.pop_front() {
                Some((record, claim)) => (record, claim, !planted(Defect::KeyDoesNotWait)),
                None => return false,
            },
        };
        let value = record.value.clone().unwrap_or_default();
        let read = record::read(&value);
        let lane = match &read {
            Ok(Read::Change(said)) => Some((Who::of(&said.user), About::Key(self.names.number(&said.key)))),
            Ok(Read::Deleted { user, .. }) => Some((Who::of(user), About::Everything)),
            Err(_) => None,
        };
        match lane {
            Some((who, about)) if may_wait && !holding.lanes.is_free(who, about) => {
                holding.lanes.wait(who, Waiting { record, claim, about });
            }
            Some((who, _)) => self.decide(Item { record, claim, who }, read, now),
            None => self.decide(Item { record, claim, who: Who::default() }, read, now),
        }
        true
    }

    fn decide(&mut self, item: Item, read: Result<Read<'_>, Malformed>, now: Now) {
        let is_keyed = |user: &User| item.record.key.as_deref() == Some(user.key().as_bytes());
        let error = match read {
            Ok(Read::Change(said)) if is_keyed(&said.user) => return self.judge(item, &said),
            Ok(Read::Deleted { user, timestamp }) if is_keyed(&user) => return self.delete(item, &user, timestamp),
            // Somebody else wrote it: what is known of its user may lie in another partition.
            Ok(_) => None,
            Err(error) => Some(error),
        };
        let Item { record, claim, .. } = item;
        let detail = error.as_ref().map_or("the record's key is not that of its user".to_owned(), ToString::to_string);
        let append = dead_letter::of_record(&record, &detail, now.kafka, &self.topics);
        self.happened(Happened::Malformed { source: position(&record), error });
        let open = Open { unconfirmed: 1, then: Then::Dead, _held: record.held, lane: None };
        self.begin(claim, open, vec![append]);
    }

    fn judge(&mut self, item: Item, said: &Said<'_>) {
        let Item { record, claim, who } = item;
        let partition = record.at.partition;
        let place = Place { who, key: self.names.number(&said.key) };
        if let Some(collision) = said.name.as_deref().and_then(|name| self.names.heard(place.key, name)) {
            self.happened(Happened::Collided(collision));
        }
        let Some(known) = self.holdings.get(&partition).map(|holding| &holding.known) else { return };
        let source = form::source(&record);
        let version = Version::of(said.timestamp, &source);
        let floor = known.floor(place).filter(|_| !planted(Defect::OldFactTaken));
        let claim = match Settled::outdated(claim, &version, floor.as_ref()) {
            Ok(settled) => return self.outdated(settled, floor == Some(version)),
            Err(claim) => claim,
        };
        let state = State::of(&said.value);
        let before = known.standing(place);
        let is_same = match before.and_then(|before| before.state) {
            Some(old) => old == state || old.is_nothing() && state.is_nothing(),
            None => state.is_nothing(),
        };
        let changed = if is_same { before.and_then(Known::changed) } else { Some(version) };
        if is_same && planted(Defect::UnchangedForgotten) {
            let known = Known::new(version, Some(state), changed);
            if let Some(holding) = self.holdings.get_mut(&partition) {
                holding.known.put(place, known);
            }
            if let Ok(settled) = Settled::routed(claim, 0) {
                settled.pass(&mut self.ledger);
            }
            return;
        }
        let value = Bytes::from(said.identify(&source));
        let (kind, name) = (said.kind, said.name.clone());
        let fact = Fact { kind, name, state, changed, source, again: None };
        let key = said.key.clone();
        let held = Held { key, user: said.user.clone(), version, partitions: self.partitions, fact: Some(fact) };
        let append = form::append(&held, Some(value), (&self.topics.memberships, partition));
        let change = (!is_same).then(|| change_of(&said.value));
        let then = Then::Put { place, known: Known::new(version, Some(state), changed), change };
        let lane = Some((who, About::Key(place.key)));
        self.begin(claim, Open { unconfirmed: 1, then, _held: record.held, lane }, vec![append]);
    }

    /// A tombstone for everything known of the user that is not newer, and one for the user.
    fn delete(&mut self, item: Item, user: &User, timestamp: Option<i64>) {
        let Item { record, claim, who } = item;
        let partition = record.at.partition;
        let Some(known) = self.holdings.get(&partition).map(|holding| &holding.known) else { return };
        let version = Version::of(timestamp, &form::source(&record));
        let deleted = known.deleted(who);
        let doomed = known.of_user(who).filter(|(_, known)| known.version <= version && known.state.is_some());
        let doomed: Vec<Key> = doomed.map(|(place, _)| place.key).collect();
        // A crash may have left what an equal deletion, read before, was to take away.
        let floor = deleted.filter(|deleted| *deleted > version || doomed.is_empty());
        let claim = match Settled::outdated(claim, &version, floor.as_ref()) {
            Ok(settled) => return self.outdated(settled, floor == Some(version)),
            Err(claim) => claim,
        };
        let is_new = deleted.is_none_or(|deleted| deleted < version);
        let keys = doomed.iter().copied().chain(is_new.then_some(Key::DELETED));
        let appends: Vec<Append> = keys.map(|key| self.tombstone((key, user), version, partition)).collect();
        let then = Then::Delete { who, version, changes: !doomed.is_empty() };
        let lane = Some((who, About::Everything));
        self.begin(claim, Open { unconfirmed: appends.len(), then, _held: record.held, lane }, appends);
    }

    /// The record that says that nothing holds for a user and a key, or, for the key of deletions, that the user is deleted.
    pub(super) fn tombstone(&self, (key, user): (Key, &User), version: Version, partition: i32) -> Append {
        let key = self.names.text(key).to_string();
        let held = Held { key, user: user.clone(), version, partitions: self.partitions, fact: None };
        form::append(&held, None, (&self.topics.memberships, partition))
    }

    fn outdated(&mut self, settled: Settled, is_repeated: bool) {
        settled.pass(&mut self.ledger);
        self.happened(Happened::Judged(if is_repeated { Judged::Repeated } else { Judged::Outdated }));
    }
}

fn change_of(value: &Value<'_>) -> Change {
    match value {
        Value::Member(true) => Change::Entered,
        Value::Member(false) => Change::Exited,
        Value::Trait(_) => Change::Changed,
    }
}

fn position(record: &Record) -> String {
    format!("{}@{}", record.at, record.offset)
}

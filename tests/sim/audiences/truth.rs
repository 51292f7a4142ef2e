//! What is true: the fold of all records by version, and what the log says, read by its last records and call by call.
//! The cores never see it.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use bytes::Bytes;
use kafka_webhooks::audience::membership::Presence;
use kafka_webhooks::audience::{Held, State, Version};
use kafka_webhooks::kafka::record::Append;

use super::source::{Input, KEYS, USERS, What, place};
use crate::violation::{Checked, Invariant, hold};

/// What holds of a user and a key; none for "nothing was ever said".
pub(crate) type Holds = Option<State>;

/// A call as a receiver gets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Call {
    /// What makes its delivery id: the version of the record, or the wrong record's offset when it is told again.
    id: (Option<Version>, Option<i64>),
    /// What it says; none for a tombstone, by which a receiver is told nothing, but knows of the deletion.
    pub(crate) says: Holds,
}

#[derive(Debug, Default)]
pub(crate) struct Truth {
    facts: BTreeMap<String, (Version, State)>,
    deletions: BTreeMap<String, Version>,
    /// The newest version in the log, by record key.
    newest: BTreeMap<String, Version>,
    /// The state of the last record in the log, by record key.
    last: BTreeMap<String, (Version, Holds)>,
    pub(crate) calls: BTreeMap<String, Vec<Call>>,
    dead: HashSet<Bytes>,
    pub(crate) told_again: usize,
    forgotten: BTreeSet<String>,
}

/// Nothing, whatever it is called.
pub(crate) fn plain(holds: Holds) -> Holds {
    holds.filter(|state| !state.is_nothing())
}

impl Truth {
    /// A record is produced.
    pub(crate) fn produced(&mut self, input: &Input) {
        match &input.what {
            What::Fact { user, key, version, state } => {
                let own = self.facts.entry(place(*user, Some(*key))).or_insert((*version, *state));
                if own.0 <= *version {
                    *own = (*version, *state);
                }
            }
            What::Delete { user, version } => {
                let own = self.deletions.entry(place(*user, None)).or_insert(*version);
                *own = (*own).max(*version);
            }
            What::Nonsense => {}
        }
    }

    /// What holds when everything was heard.
    pub(crate) fn holds(&self, user: usize, key: usize) -> Holds {
        let (version, state) = self.facts.get(&place(user, Some(key)))?;
        let deleted = self.deletions.get(&place(user, None));
        plain(deleted.is_none_or(|deleted| version > deleted).then_some(*state))
    }

    /// An append is in the log of memberships now.
    pub(crate) fn landed(&mut self, append: &Append) -> Checked {
        let presence = if append.value.is_some() { Presence::Value } else { Presence::Tombstone };
        let key = append.key.as_deref().unwrap_or_default();
        let held = Held::read(key, presence, |name| append.headers.text(name));
        hold(held.is_ok(), Invariant::NothingGone, || format!("what is appended cannot be read: {held:?}"))?;
        let Ok(held) = held else { return Ok(()) };
        let record_key = held.record_key();
        let newest = self.newest.entry(record_key.clone()).or_insert(held.version);
        *newest = (*newest).max(held.version);
        let says = held.fact.as_ref().map(|fact| fact.state);
        self.last.insert(record_key.clone(), (held.version, says));
        if held.fact.is_none() {
            if !self.deletions.values().any(|deleted| *deleted == held.version) {
                self.forgotten.insert(record_key.clone());
            }
            // The deletion itself is heard when it happens; one that comes late is not heard again.
            if self.newest.get(&record_key) == Some(&held.version) {
                self.calls.entry(record_key).or_default().push(Call { id: (None, None), says: None });
            }
        } else if held.is_news() {
            let again = held.fact.as_ref().and_then(|fact| fact.again);
            self.told_again += usize::from(again.is_some());
            let id = (again.is_none().then_some(held.version), again);
            self.calls.entry(record_key).or_default().push(Call { id, says });
        }
        Ok(())
    }

    pub(crate) fn dead(&mut self, append: &Append) {
        self.dead.extend(append.value.clone());
    }

    /// Keys that were forgotten with a tombstone.
    pub(crate) fn forgotten(&self) -> usize {
        self.forgotten.len()
    }

    /// Whether a record may be committed past.
    pub(crate) fn is_settled(&self, input: &Input) -> bool {
        let reaches = |key: String, version: &Version| self.newest.get(&key).is_some_and(|newest| newest >= version);
        match &input.what {
            What::Fact { user, key, version, .. } => {
                reaches(place(*user, Some(*key)), version) || reaches(place(*user, None), version)
            }
            What::Delete { user, version } => reaches(place(*user, None), version),
            What::Nonsense => self.dead.contains(&input.value),
        }
    }

    /// Whether the last record of a key is also the newest: only then may compaction take the others away.
    pub(crate) fn is_right(&self, key: &str) -> bool {
        self.last.get(key).map(|(version, _)| version) == self.newest.get(key)
    }

    /// The log ends at the fold, record by record and call by call; with or without copies of calls.
    pub(crate) fn judge(&self) -> Checked {
        for (user, key) in (0..USERS).flat_map(|user| (0..KEYS.len()).map(move |key| (user, key))) {
            let (place, holds) = (place(user, Some(key)), self.holds(user, key));
            let last = self.last.get(&place).and_then(|(_, says)| plain(*says));
            hold(last == holds, Invariant::MembershipsAreTheFold, || {
                format!("the log ends with {last:?} for {place}, true is {holds:?}")
            })?;
            let calls = self.calls.get(&place).map(Vec::as_slice).unwrap_or_default();
            let mut heard = Vec::new();
            for call in calls {
                let is_copy = call.says.is_some() && heard.iter().any(|other: &&Call| other.id == call.id);
                if !is_copy {
                    heard.push(call);
                }
            }
            let all = calls.last().and_then(|call| plain(call.says));
            let once = heard.last().and_then(|call| plain(call.says));
            hold(all == holds && once == holds, Invariant::CallsEndAtTheFold, || {
                format!("receivers end with {all:?} or {once:?} for {place}, true is {holds:?}")
            })?;
        }
        Ok(())
    }

    /// Without faults the calls of each key are the changes, one for one.
    pub(crate) fn judge_calls(&self, inputs: &[Vec<Input>]) -> Checked {
        let mut calls: BTreeMap<String, Vec<Holds>> = BTreeMap::new();
        let mut known: BTreeMap<String, (Version, Holds)> = BTreeMap::new();
        let mut deleted: BTreeMap<usize, Version> = BTreeMap::new();
        for input in inputs.iter().flatten() {
            match &input.what {
                What::Fact { user, key, version, state } => {
                    let place = place(*user, Some(*key));
                    let deleted = deleted.get(user);
                    let before = known.get(&place).filter(|(before, _)| deleted.is_none_or(|deleted| before > deleted));
                    let floor = before.map(|(before, _)| before).max(deleted);
                    if floor.is_some_and(|floor| version <= floor) {
                        continue;
                    }
                    if plain(Some(*state)) != before.and_then(|(_, state)| plain(*state)) {
                        calls.entry(place.clone()).or_default().push(Some(*state));
                    }
                    known.insert(place, (*version, Some(*state)));
                }
                What::Delete { user, version } => {
                    let own = deleted.entry(*user).or_insert(*version);
                    *own = (*own).max(*version);
                }
                What::Nonsense => {}
            }
        }
        for (place, expected) in &calls {
            let said = self.calls.get(place).map(Vec::as_slice).unwrap_or_default();
            let said: Vec<Holds> = said.iter().map(|call| call.says).filter(Option::is_some).collect();
            hold(said == *expected, Invariant::RepeatsAreExplained, || {
                format!("{place} was told {said:?}, its changes are {expected:?}")
            })?;
        }
        hold(self.told_again == 0, Invariant::RepeatsAreExplained, || format!("{} told again", self.told_again))
    }
}

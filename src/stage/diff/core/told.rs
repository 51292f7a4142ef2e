//! What the memberships topic says: read from the beginning when a partition becomes ours, and along from then on.
//!
//! Of a key the highest version holds, not the last record: a former owner may have been slow. What lies behind a newer
//! one is wrong, and mended by `healing`. A user's deletion counts like a version of everything the user has.

use std::time::Duration;

use super::*;
use crate::audience::{User, Version};
use crate::outcome::time::ClockTrust;
use crate::stage::diff::form;
use crate::stage::diff::state::{Key, Known, Place, Who};

/// For how long it is remembered that somebody is not a member: older facts than what is known come late, but not so late.
const REMEMBERED: Duration = Duration::from_secs(7 * 24 * 3600);
/// Long over facts of a partition that are forgotten after one restore; the rest is with the next.
const MOST_FORGOTTEN: usize = 10_000;

/// A record of the memberships topic.
struct Told<'a> {
    place: Place,
    known: Known,
    user: &'a User,
    /// Whether it is told once more, under an id of its own.
    is_again: bool,
    /// Facts from before are long over.
    over: i64,
}

impl DiffCore {
    /// Hears a record of the memberships topic, in the order of its partition.
    pub fn told(&mut self, record: &Record, now: Now) {
        let partition = record.at.partition;
        let (topics, partitions) = (&self.topics, self.partitions);
        let is_meant = |holding: &&mut Holding| holding.epoch == record.epoch || planted(Defect::StaleRestoreCounts);
        let Some(holding) = self.holdings.get_mut(&partition).filter(is_meant) else { return };
        holding.heard += u64::from(!holding.restored);
        let held = match form::held(record) {
            Ok(held) => held,
            Err(error) => {
                if !std::mem::replace(&mut holding.has_strangers, true) {
                    let (at, offset) = (record.at.clone(), record.offset);
                    self.happened(Happened::Stranger { at, offset, error });
                }
                return;
            }
        };
        if held.partitions != partitions {
            let (records, memberships) = (topics.audience_records.clone(), topics.memberships.clone());
            let changed = PartitionsChanged { records, memberships, then: held.partitions, now: partitions };
            return self.out.push(Output::Failed(changed));
        }
        let place = Place { who: Who::of(&held.user), key: self.names.number(&held.key) };
        let name = held.fact.as_ref().and_then(|fact| fact.name.as_deref());
        if let Some(collision) = name.and_then(|name| self.names.heard(place.key, name)) {
            self.out.push(Output::Happened(Happened::Collided(collision)));
        }
        let is_again = held.fact.as_ref().is_some_and(|fact| fact.again.is_some());
        let (state, changed) = held.fact.map(|fact| (fact.state, fact.changed)).unzip();
        let known = Known::new(held.version, state, changed.flatten()).seen_at(record.offset);
        holding.hear(&Told { place, known, user: &held.user, is_again, over: long_over(now) });
    }

    /// Hears that everything was told that was in the log when the partition became ours.
    pub fn restored(&mut self, partition: i32, epoch: Epoch, now: Now) {
        let Some(holding) = self.holding(partition, epoch).filter(|holding| !holding.restored) else { return };
        holding.restored = true;
        let over = long_over(now);
        let Holding { known, wrongs, .. } = holding;
        let deleted: HashMap<Who, Version> = known
            .all()
            .filter(|(place, _)| place.key == Key::DELETED)
            .map(|(place, deletion)| (place.who, deletion.version))
            .collect();
        // A tombstone has done its work when nothing can be older than it any more, or the user's deletion says the same.
        known.retain(|place, known| {
            let is_needed = || {
                let is_covered = deleted.get(&place.who).is_some_and(|deleted| *deleted >= known.version);
                known.version.millis >= over && !is_covered || wrongs.contains(place)
            };
            known.state.is_some() || place.key == Key::DELETED || is_needed()
        });
        let records = holding.heard;
        self.happened(Happened::Restored { partition, records });
    }
}

impl Holding {
    fn hear(&mut self, told: &Told<'_>) {
        let Told { place, known: heard, .. } = *told;
        let deleted = self.known.deleted(place.who).filter(|_| place.key != Key::DELETED);
        match self.known.get(place) {
            _ if planted(Defect::LastRecordWins) => self.take_over(told, deleted),
            // One that was not seen in the log yet comes behind this one; but if that is no change, this is the last that
            // receivers hear.
            Some(known) if heard.version < known.version && known.offset().is_none() => {
                let is_news = told.is_again || heard.changed() == Some(heard.version);
                if heard.state.is_none() || is_news && known.says_the_same(&heard) {
                    self.wrongs.remove(place);
                } else if is_news {
                    self.wrongs.add(place, (heard, Some(known)), told.user);
                }
            }
            Some(known) if heard.version < known.version => {
                self.wrongs.add(place, (heard, Some(known)), told.user);
            }
            Some(known) if heard.version == known.version => self.take_over(told, deleted),
            // Had something been known, its tombstone would be.
            _ if heard.state.is_some() && deleted.is_some_and(|deleted| deleted >= heard.version) => {
                self.wrongs.add(place, (heard, None), told.user);
            }
            _ => self.take_over(told, deleted),
        }
    }

    /// The log says something newer than what was known, or the same again.
    fn take_over(&mut self, told: &Told<'_>, deleted: Option<Version>) {
        let Told { place, known, user, is_again, over } = told;
        // Who heard a wrong one and is not told by this one is still to be told.
        // A copy of a change has the id of the first one, and whoever heard that drops it.
        let is_seen = |before: &Known| before.version == known.version && before.offset().is_some();
        let is_copy = self.known.get(*place).is_some_and(is_seen);
        let is_change = known.changed() == Some(known.version) && !is_copy;
        let tells = known.state.is_none() || is_change || *is_again;
        if tells || !self.wrongs.differs(*place) {
            self.wrongs.remove(*place);
        }
        let is_over = known.version.millis < *over;
        let is_tombstone = known.state.is_none() && place.key != Key::DELETED;
        let is_covered =
            || deleted.is_some_and(|deleted| deleted >= known.version) && self.has_seen_deletion(place.who);
        if is_tombstone && self.restored && (is_over || is_covered()) {
            return self.known.remove(*place);
        }
        self.known.put(*place, *known);
        if place.key == Key::DELETED && self.restored {
            self.forget_deleted(place.who, known.version);
        }
        let is_nothing = known.state.is_some_and(|state| state.is_nothing());
        let is_right = !self.wrongs.contains(*place);
        if is_nothing && is_over && is_right && !self.restored && self.wrongs.to_forget() < MOST_FORGOTTEN {
            self.wrongs.forget(*place, user);
        }
    }
}

impl Holding {
    fn has_seen_deletion(&self, who: Who) -> bool {
        self.known.get(Place { who, key: Key::DELETED }).is_some_and(|deletion| deletion.offset().is_some())
    }

    /// The log says that a user is deleted, so nobody has to remember what its tombstones say that were seen.
    fn forget_deleted(&mut self, who: Who, deleted: Version) {
        let is_over = |known: &Known| known.state.is_none() && known.version <= deleted && known.offset().is_some();
        let over = self.known.of_user(who).filter(|(_, known)| is_over(known)).map(|(place, _)| place);
        let over: Vec<Place> = over.filter(|place| !self.wrongs.contains(*place)).collect();
        over.into_iter().for_each(|place| self.known.remove(place));
    }
}

/// The time before which facts are long over; none are while nobody knows the time.
fn long_over(now: Now) -> i64 {
    match now.trust {
        ClockTrust::Off => i64::MIN,
        ClockTrust::Sane | ClockTrust::Unknown => {
            now.kafka.as_millis() - i64::try_from(REMEMBERED.as_millis()).unwrap_or(i64::MAX)
        }
    }
}

//! What the memberships topic says: read from the beginning when a partition becomes ours, and along from then on.
//!
//! Of a key the highest version holds, not the last record: a former owner may have been slow. What lies behind a newer
//! one is wrong, and mended by `healing`. A user's deletion counts like a version of everything the user has.

use std::time::Duration;

use super::healing::Old;
use super::*;
use crate::audience::{User, Version};
use crate::stage::diff::form;
use crate::stage::diff::state::{Key, Known, Place, Who};

/// For how long it is remembered that somebody is not a member, from the moment that was true and from the moment it was
/// written, whichever is later: older facts than what is known come late, but not so late.
const REMEMBERED: Duration = Duration::from_secs(7 * 24 * 3600);
/// Long over facts of a partition that are forgotten after one restore; the rest is with the next.
const MOST_FORGOTTEN: usize = 10_000;

/// A record of the memberships topic.
struct Told<'a> {
    place: Place,
    known: Known,
    /// Whether receivers hear of it, and how.
    tells: Tells,
    user: &'a User,
    /// When it was true, or written, whichever is later.
    since: i64,
    /// What is from before this time may be long over.
    over: i64,
}

/// What receivers hear of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tells {
    Nothing,
    /// A change; if they heard it before, they may drop it.
    Change,
    /// What they heard before, as a call of its own.
    Again,
}

impl DiffCore {
    /// Hears a record of the memberships topic, in the order of its partition.
    pub fn told(&mut self, record: &Record, now: Now) {
        let partition = record.at.partition;
        let partitions = self.partitions;
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
            return self.fail((held.partitions, partitions), Some((partition, record.offset)));
        }
        let place = Place { who: Who::of(&held.user), key: self.names.number(&held.key) };
        let name = held.fact.as_ref().and_then(|fact| fact.name.as_deref());
        if let Some(collision) = name.and_then(|name| self.names.heard(place.key, name)) {
            self.out.push(Output::Happened(Happened::Collided(collision)));
        }
        let tells = match &held.fact {
            Some(fact) if fact.again.is_some() => Tells::Again,
            _ if held.is_news() => Tells::Change,
            _ => Tells::Nothing,
        };
        let (state, changed) = held.fact.map(|fact| (fact.state, fact.changed)).unzip();
        let known = Known::new(held.version, state, changed.flatten()).seen_at(record.offset);
        // A history of last year that is told today may go on tomorrow with what was before.
        let since = known.version.millis.max(record.time.as_millis());
        holding.hear(&Told { place, known, tells, user: &held.user, since, over: long_over(now) });
    }

    /// Hears that everything was told that was in the log when the partition became ours.
    pub fn restored(&mut self, partition: i32, epoch: Epoch) {
        let Some(holding) = self.holding(partition, epoch).filter(|holding| !holding.restored) else { return };
        holding.restored = true;
        let Holding { known, wrongs, .. } = holding;
        let deleted: HashMap<Who, Version> = known
            .all_logged()
            .filter(|(place, _)| place.key == Key::DELETED)
            .map(|(place, deletion)| (place.who, deletion.version))
            .collect();
        // A tombstone has done its work when the user's deletion says the same. Any other is remembered for as long as the
        // log has it.
        known.retain(|place, known| {
            let is_covered = || deleted.get(&place.who).is_some_and(|deleted| *deleted >= known.version);
            known.state.is_some() || place.key == Key::DELETED || !is_covered() || wrongs.contains(place)
        });
        let records = holding.heard;
        self.happened(Happened::Restored { partition, records });
    }
}

impl Holding {
    fn hear(&mut self, told: &Told<'_>) {
        let Told { place, known: heard, tells, .. } = *told;
        let deleted = self.known.logged_deletion(place.who).filter(|_| place.key != Key::DELETED);
        let known = self.known.logged(place);
        let is_behind = known.is_some_and(|known| heard.version < known.version);
        let is_deleted = heard.state.is_some() && deleted.is_some_and(|deleted| heard.version <= deleted);
        if (is_behind || is_deleted) && !planted(Defect::LastRecordWins) {
            let truth = known.filter(|known| deleted.is_none_or(|deleted| known.version > deleted));
            let nothing = Known::new(heard.version, None, None);
            let misleads = tells != Tells::Nothing && !truth.unwrap_or(&nothing).says_the_same(&heard);
            return self.wrongs.add(place, (heard, misleads), told.user);
        }
        let is_new = known.is_none_or(|known| known.version < heard.version);
        let corrects = tells == Tells::Again || tells == Tells::Change && is_new || heard.state.is_none();
        self.wrongs.right(place, corrects);
        self.take_over(told, deleted);
    }

    /// The log says something newer than what it has said before, or the same again.
    fn take_over(&mut self, told: &Told<'_>, deleted: Option<Version>) {
        let Told { place, known, user, since, over, .. } = *told;
        let is_deletion = place.key == Key::DELETED;
        let is_covered = deleted.is_some_and(|deleted| deleted >= known.version);
        if known.state.is_none() && !is_deletion && self.restored && is_covered {
            return self.known.remove(place, known.version);
        }
        self.known.put(place, known);
        if is_deletion && self.restored {
            self.forget_deleted(place.who, known.version);
        }
        let is_nothing = known.state.is_some_and(|state| state.is_nothing());
        if is_nothing && since < over && !self.restored && self.old.len() < MOST_FORGOTTEN {
            self.old.push_back(Old { place, offset: known.offset(), user: user.clone(), since });
        }
    }

    /// The log says that a user is deleted, so nobody has to remember what it said of tombstones.
    fn forget_deleted(&mut self, who: Who, deleted: Version) {
        let over = |known: &Known| known.state.is_none() && known.version <= deleted && known.offset().is_some();
        let over = self.known.of_user(who).filter(|(_, known)| over(known)).map(|(place, _)| place);
        let over: Vec<Place> = over.filter(|place| !self.wrongs.contains(*place)).collect();
        over.into_iter().for_each(|place| self.known.remove(place, deleted));
    }
}

/// The time before which facts are long over. Nothing is forgotten by it before the clock is known to be right.
pub(super) fn long_over(now: Now) -> i64 {
    now.kafka.as_millis() - i64::try_from(REMEMBERED.as_millis()).unwrap_or(i64::MAX)
}

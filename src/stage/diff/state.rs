//! What is known of the users of one partition: per user and key the version, the state, and where its record lies.
//! Small, since there are millions: no texts, the user as a hash. Of a deleted user only the deletion's version stays.
//!
//! What the log has shown is kept apart from what is confirmed and still to be shown: decisions go by the newer of both,
//! but only the order in which the log shows records tells which of them are wrong. Both are `core`'s business.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};

use crate::audience::{State, User, Version};
use crate::delivery::defect::{Defect, planted};

/// A user, as 128 bits of a hash: two users are never one by chance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Who([u64; 2]);

/// An audience or trait, by the number of its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key(pub u32);

/// What is known stands here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// Of whom.
    pub who: Who,
    /// Of which audience or trait.
    pub key: Key,
}

/// What is known of a user and a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// Since when.
    pub version: Version,
    /// What holds; none where a tombstone says that nothing does.
    pub state: Option<State>,
    changed: Version,
    offset: i64,
}

/// What is known of a partition's users.
#[derive(Debug, Default)]
pub struct Memberships {
    /// As the log has shown it.
    logged: BTreeMap<Place, Known>,
    /// What is confirmed, and newer than what the log has shown.
    ahead: BTreeMap<Place, Known>,
    members: usize,
}

/// Stands for a version there never was, and a place in the log that was not seen; an `Option` would cost a tenth more.
const NEVER: Version = Version { millis: i64::MIN, partition: -1, offset: -1 };
const UNSEEN: i64 = -1;

impl Who {
    /// The hash of a user.
    pub fn of(user: &User) -> Self {
        let digest: [u8; 32] = Sha256::digest(user.key().as_bytes()).into();
        let (words, _) = digest.as_chunks::<8>();
        Self([u64::from_be_bytes(words[0]), u64::from_be_bytes(words[1])])
    }

    /// Somebody for tests.
    #[cfg(test)]
    pub(super) const fn numbered(number: u64) -> Self {
        Self([number, 0])
    }
}

impl Key {
    /// The key of a user's deletion.
    pub const DELETED: Self = Self(0);
}

impl Known {
    /// What a record says that the log has not shown yet.
    pub fn new(version: Version, state: Option<State>, changed: Option<Version>) -> Self {
        Self { version, state, changed: changed.unwrap_or(NEVER), offset: UNSEEN }
    }

    /// The same, seen in the log.
    pub fn seen_at(self, offset: i64) -> Self {
        Self { offset, ..self }
    }

    /// Whether two records say the same of the user, whatever their versions.
    pub fn says_the_same(&self, other: &Self) -> bool {
        let is_nothing = |known: &Self| known.state.is_none_or(State::is_nothing);
        self.state == other.state || is_nothing(self) && is_nothing(other)
    }

    /// The version of the last change; none if there never was one.
    pub fn changed(&self) -> Option<Version> {
        (self.changed != NEVER).then_some(self.changed)
    }

    /// Where its last record lies, once it was seen in the log.
    pub fn offset(&self) -> Option<i64> {
        (self.offset != UNSEEN).then_some(self.offset)
    }

    fn is_member(&self) -> bool {
        self.state.is_some_and(|state| !state.is_nothing())
    }
}

impl Memberships {
    /// What the newest record of a place says, deleted or not.
    pub fn get(&self, place: Place) -> Option<&Known> {
        let (logged, ahead) = (self.logged.get(&place), self.ahead.get(&place));
        logged.into_iter().chain(ahead).max_by_key(|known| known.version)
    }

    /// What the newest record of a place says that the log has shown.
    pub fn logged(&self, place: Place) -> Option<&Known> {
        self.logged.get(&place)
    }

    /// Whether something is still to be shown by the log.
    pub fn is_ahead(&self, place: Place) -> bool {
        self.ahead.contains_key(&place)
    }

    /// When the user was deleted, as far as is known.
    pub fn deleted(&self, who: Who) -> Option<Version> {
        let deletion = self.get(Place { who, key: Key::DELETED });
        deletion.filter(|_| !planted(Defect::DeletionForgotten)).map(|known| known.version)
    }

    /// When the user was deleted, as far as the log has shown.
    pub fn logged_deletion(&self, who: Who) -> Option<Version> {
        self.logged(Place { who, key: Key::DELETED }).map(|known| known.version)
    }

    /// What is known of a place and was not deleted since.
    pub fn standing(&self, place: Place) -> Option<&Known> {
        let deleted = self.deleted(place.who);
        self.get(place).filter(|known| deleted.is_none_or(|deleted| known.version > deleted))
    }

    /// The version a fact has to be newer than, to change anything.
    pub fn floor(&self, place: Place) -> Option<Version> {
        self.get(place).map(|known| known.version).max(self.deleted(place.who))
    }

    /// What is known of a user, without the deletion.
    pub fn of_user(&self, who: Who) -> impl Iterator<Item = (Place, &Known)> {
        let all = || Place { who, key: Key(Key::DELETED.0 + 1) }..=Place { who, key: Key(u32::MAX) };
        let places: BTreeSet<Place> =
            self.logged.range(all()).chain(self.ahead.range(all())).map(|(at, _)| *at).collect();
        places.into_iter().filter_map(|place| Some((place, self.get(place)?)))
    }

    /// Everything the log has shown.
    pub fn all_logged(&self) -> impl Iterator<Item = (Place, &Known)> {
        self.logged.iter().map(|(place, known)| (*place, known))
    }

    /// Takes over what the log shows, whatever it has shown before.
    pub fn put(&mut self, place: Place, known: Known) {
        self.count(place, |own| {
            own.logged.insert(place, known);
            if own.ahead.get(&place).is_some_and(|ahead| ahead.version <= known.version) {
                own.ahead.remove(&place);
            }
        });
    }

    /// Takes over what is confirmed, and what the log will show.
    pub fn expect(&mut self, place: Place, known: Known) {
        self.count(place, |own| {
            own.ahead.insert(place, known);
        });
    }

    /// What was expected will not be shown.
    pub fn expect_no_more(&mut self, place: Place) {
        self.count(place, |own| {
            own.ahead.remove(&place);
        });
    }

    /// Forgets what the log has shown of a place up to a version.
    pub fn remove(&mut self, place: Place, version: Version) {
        self.count(place, |own| {
            own.logged.remove(&place);
            if own.ahead.get(&place).is_some_and(|ahead| ahead.version <= version) {
                own.ahead.remove(&place);
            }
        });
    }

    /// Forgets what a condition does not hold for, of what the log has shown.
    pub fn retain(&mut self, mut keep: impl FnMut(Place, &Known) -> bool) {
        self.logged.retain(|place, known| keep(*place, known));
        let ahead = self.ahead.keys().filter(|place| !self.logged.contains_key(place));
        let places = self.logged.keys().chain(ahead);
        self.members = places.filter(|place| self.get(**place).is_some_and(Known::is_member)).count();
    }

    /// Members of audiences, and traits that have a value.
    pub fn members(&self) -> usize {
        self.members
    }

    fn count(&mut self, place: Place, change: impl FnOnce(&mut Self)) {
        let is_member = |own: &Self| usize::from(own.get(place).is_some_and(Known::is_member));
        let before = is_member(self);
        change(self);
        self.members = self.members + is_member(self) - before;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEMBER: Option<State> = Some(State::Member(true));

    fn version(millis: i64) -> Version {
        Version { millis, partition: 0, offset: 0 }
    }

    fn place(key: u32) -> Place {
        Place { who: Who::numbered(7), key: Key(key) }
    }

    #[test]
    fn a_million_take_well_below_200_mb() {
        // A random insert leaves seven tenths of a node of a B-tree in use.
        let each = (size_of::<Place>() + size_of::<Known>()) as f64 / 0.69;
        assert!(each * 1e6 < 150e6, "{each}");
    }

    #[test]
    fn what_was_deleted_stands_no_more_and_what_came_later_does() {
        let mut memberships = Memberships::default();
        memberships.put(place(1), Known::new(version(5), MEMBER, Some(version(5))));
        memberships.put(place(2), Known::new(version(20), MEMBER, None));
        memberships.put(Place { who: Who::numbered(8), key: Key(1) }, Known::new(version(1), MEMBER, None));
        memberships.put(place(0), Known::new(version(10), None, None));
        assert_eq!(memberships.standing(place(1)), None);
        assert_eq!(memberships.floor(place(1)), Some(version(10)));
        assert_eq!(memberships.floor(place(2)), Some(version(20)));
        assert_eq!(memberships.floor(place(3)), Some(version(10)));
        assert_eq!(memberships.standing(place(2)).map(|known| known.changed()), Some(None));
        let keys: Vec<u32> = memberships.of_user(Who::numbered(7)).map(|(place, _)| place.key.0).collect();
        assert_eq!(keys, [1, 2]);
    }

    #[test]
    fn members_are_counted() {
        let mut memberships = Memberships::default();
        memberships.put(place(1), Known::new(version(1), MEMBER, None));
        memberships.put(place(2), Known::new(version(1), Some(State::Trait(3)), None));
        memberships.put(place(3), Known::new(version(1), Some(State::NoTrait), None));
        memberships.put(place(1), Known::new(version(2), MEMBER, None));
        assert_eq!(memberships.members(), 2);
        memberships.put(place(1), Known::new(version(3), Some(State::Member(false)), None));
        memberships.remove(place(2), version(1));
        memberships.remove(place(9), version(1));
        assert_eq!(memberships.members(), 0);
        memberships.put(place(4), Known::new(version(1), MEMBER, None));
        memberships.retain(|place, _| place.key != Key(4));
        assert_eq!(memberships.members(), 0);
    }

    #[test]
    fn what_is_confirmed_counts_before_the_log_shows_it() {
        let mut memberships = Memberships::default();
        memberships.put(place(1), Known::new(version(1), MEMBER, None).seen_at(4));
        memberships.expect(place(1), Known::new(version(2), Some(State::Member(false)), None));
        memberships.expect(place(2), Known::new(version(2), MEMBER, None));
        assert_eq!((memberships.members(), memberships.of_user(Who::numbered(7)).count()), (1, 2));
        assert_eq!(memberships.floor(place(1)), Some(version(2)));
        assert_eq!(memberships.logged(place(1)).and_then(Known::offset), Some(4));
        memberships.put(place(1), Known::new(version(2), Some(State::Member(false)), None).seen_at(5));
        assert!(!memberships.is_ahead(place(1)) && memberships.is_ahead(place(2)));
        memberships.expect_no_more(place(2));
        assert_eq!(memberships.members(), 0);
    }

    #[test]
    fn a_place_in_the_log_is_known_when_it_was_seen() {
        let known = Known::new(version(1), MEMBER, None);
        assert_eq!((known.offset(), known.seen_at(0).offset()), (None, Some(0)));
    }
}

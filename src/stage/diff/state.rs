//! What is known of the users of one partition: per user and key the version, the state, and where its record lies.
//! Small, since there are millions: no texts, the user as a hash. Of a deleted user only the deletion's version stays.
//! Which of two facts holds is a comparison of versions; what follows from it is `core`'s.

use std::collections::BTreeMap;

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
    known: BTreeMap<Place, Known>,
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
    /// What a record says that was not seen in the log yet.
    pub fn new(version: Version, state: Option<State>, changed: Option<Version>) -> Self {
        Self { version, state, changed: changed.unwrap_or(NEVER), offset: UNSEEN }
    }

    /// The same, seen in the log.
    pub fn seen_at(self, offset: i64) -> Self {
        Self { offset, ..self }
    }

    /// The same, to be seen in the log again.
    pub fn unseen(self) -> Self {
        self.seen_at(UNSEEN)
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
    /// What the last newest record of a place said, deleted or not.
    pub fn get(&self, place: Place) -> Option<&Known> {
        self.known.get(&place)
    }

    /// When the user was deleted, as far as is known.
    pub fn deleted(&self, who: Who) -> Option<Version> {
        let deletion = self.known.get(&Place { who, key: Key::DELETED });
        deletion.filter(|_| !planted(Defect::DeletionForgotten)).map(|known| known.version)
    }

    /// What is known of a place and was not deleted since.
    pub fn standing(&self, place: Place) -> Option<&Known> {
        let deleted = self.deleted(place.who);
        self.known.get(&place).filter(|known| deleted.is_none_or(|deleted| known.version > deleted))
    }

    /// The version a fact has to be newer than, to change anything.
    pub fn floor(&self, place: Place) -> Option<Version> {
        self.get(place).map(|known| known.version).max(self.deleted(place.who))
    }

    /// What is known of a user, without the deletion.
    pub fn of_user(&self, who: Who) -> impl Iterator<Item = (Place, &Known)> {
        let all = Place { who, key: Key(Key::DELETED.0 + 1) }..=Place { who, key: Key(u32::MAX) };
        self.known.range(all).map(|(place, known)| (*place, known))
    }

    /// Everything.
    pub fn all(&self) -> impl Iterator<Item = (Place, &Known)> {
        self.known.iter().map(|(place, known)| (*place, known))
    }

    /// Takes a fact over, whatever was known.
    pub fn put(&mut self, place: Place, known: Known) {
        self.members += usize::from(known.is_member());
        let before = self.known.insert(place, known);
        self.members -= usize::from(before.is_some_and(|before| before.is_member()));
    }

    /// Forgets what is known of a place.
    pub fn remove(&mut self, place: Place) {
        let before = self.known.remove(&place);
        self.members -= usize::from(before.is_some_and(|before| before.is_member()));
    }

    /// Forgets what a condition does not hold for.
    pub fn retain(&mut self, mut keep: impl FnMut(Place, &Known) -> bool) {
        self.known.retain(|place, known| keep(*place, known));
        self.members = self.known.values().filter(|known| known.is_member()).count();
    }

    /// Members of audiences, and traits that have a value.
    pub fn members(&self) -> usize {
        self.members
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
        memberships.remove(place(2));
        memberships.remove(place(9));
        assert_eq!(memberships.members(), 0);
        memberships.put(place(4), Known::new(version(1), MEMBER, None));
        memberships.retain(|place, _| place.key != Key(4));
        assert_eq!(memberships.members(), 0);
    }

    #[test]
    fn a_place_in_the_log_is_known_when_it_was_seen() {
        let known = Known::new(version(1), MEMBER, None);
        assert_eq!((known.offset(), known.seen_at(0).offset()), (None, Some(0)));
    }
}

//! Who is a member of what, as the records of the memberships topic say: of each user and key the highest version counts,
//! whatever its place, and nothing that is older than the user's deletion. Plain data; small, for there may be millions.

use std::collections::{BTreeMap, HashMap};

use sha2::{Digest as _, Sha256};

use crate::audience::membership::Presence;
use crate::audience::{Fact, Held, Kind, Version};

/// A place in the topic: partition and offset.
pub(super) type Place = (i32, i64);

/// What is known so far.
#[derive(Debug, Default)]
pub(super) struct Roll {
    known: HashMap<(UserHash, u32), Known>,
    numbers: HashMap<String, u32>,
    audiences: Vec<Audience>,
    deleted: HashMap<UserHash, Version>,
    unreadable: u64,
}

type UserHash = u128;

/// What holds for a user and a key.
#[derive(Clone, Copy, Debug)]
struct Known {
    version: Version,
    at: Place,
    is_member: bool,
}

/// An audience or a computed trait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Audience {
    pub(super) key: String,
    pub(super) name: Option<String>,
    pub(super) kind: Kind,
    /// Users who are members, or have a value.
    pub(super) members: u64,
    /// Of the record that name and kind are from.
    told: Option<Version>,
}

impl Roll {
    /// Takes a record of the topic.
    pub(super) fn add<'h>(&mut self, at: Place, key: &[u8], has_value: bool, header: impl Fn(&str) -> Option<&'h str>) {
        let presence = if has_value { Presence::Value } else { Presence::Tombstone };
        match Held::read(key, presence, header) {
            Ok(held) => self.hold(at, held),
            Err(_) => self.unreadable += 1,
        }
    }

    /// Records that are not ours.
    pub(super) fn unreadable(&self) -> u64 {
        self.unreadable
    }

    /// Every audience that has or had members, by its key.
    pub(super) fn audiences(&self) -> Vec<Audience> {
        let mut all = self.audiences.clone();
        for ((_, number), _) in self.current() {
            all[*number as usize].members += 1;
        }
        all.retain(|audience| audience.told.is_some());
        all.sort_by(|one, other| one.key.cmp(&other.key));
        all
    }

    /// Whether anything was ever said of a key.
    pub(super) fn knows(&self, key: &str) -> bool {
        self.numbers.contains_key(key)
    }

    /// Where the records of the members of now lie, in order; of one key or of all.
    pub(super) fn places(&self, key: Option<&str>) -> Places {
        let wanted = key.map(|key| self.numbers.get(key).copied());
        let mut places = Places::default();
        for ((_, number), known) in self.current() {
            if wanted.is_none_or(|wanted| wanted == Some(*number)) {
                places.0.entry(known.at.0).or_default().push(known.at.1);
            }
        }
        places.0.values_mut().for_each(|offsets| offsets.sort_unstable());
        places
    }

    fn hold(&mut self, at: Place, held: Held) {
        let user = hash(held.user.key().as_bytes());
        let version = held.version;
        if held.key.is_empty() {
            let deleted = self.deleted.entry(user).or_insert(version);
            *deleted = version.max(*deleted);
            return;
        }
        let number = self.number(held.key);
        if let Some(fact) = &held.fact {
            self.audiences[number as usize].tell(version, fact);
        }
        let is_member = held.fact.is_some_and(|fact| !fact.state.is_nothing());
        let new = Known { version, at, is_member };
        let known = self.known.entry((user, number)).or_insert(new);
        // The same said twice is a record that was appended again.
        if version >= known.version {
            *known = new;
        }
    }

    fn number(&mut self, key: String) -> u32 {
        // More keys than that would not fit into memory.
        let next = u32::try_from(self.audiences.len()).unwrap_or(u32::MAX);
        *self.numbers.entry(key).or_insert_with_key(|key| {
            let key = key.clone();
            self.audiences.push(Audience { key, name: None, kind: Kind::Audience, members: 0, told: None });
            next
        })
    }

    fn current(&self) -> impl Iterator<Item = (&(UserHash, u32), &Known)> {
        self.known.iter().filter(|((user, _), known)| {
            known.is_member && self.deleted.get(user).is_none_or(|deleted| known.version > *deleted)
        })
    }
}

impl Audience {
    /// The latest record knows best what it is called.
    fn tell(&mut self, version: Version, fact: &Fact) {
        if self.told.is_none_or(|told| version >= told) {
            self.told = Some(version);
            self.kind = fact.kind;
            if fact.name.is_some() {
                self.name.clone_from(&fact.name);
            }
        }
    }
}

/// Places in a topic.
#[derive(Debug, Default)]
pub(super) struct Places(BTreeMap<i32, Vec<i64>>);

impl Places {
    /// How many.
    pub(super) fn count(&self) -> usize {
        self.0.values().map(Vec::len).sum()
    }

    /// Whether this is one of them.
    pub(super) fn contains(&self, (partition, offset): Place) -> bool {
        self.0.get(&partition).is_some_and(|offsets| offsets.binary_search(&offset).is_ok())
    }
}

fn hash(bytes: &[u8]) -> UserHash {
    let digest: [u8; 32] = Sha256::digest(bytes).into();
    let (half, _) = digest.split_first_chunk::<16>().expect("32 bytes have a first half");
    u128::from_be_bytes(*half)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audience::State;
    use crate::audience::user::UserKind;
    use crate::audience::{Source, User};

    fn version(millis: i64) -> Version {
        Version { millis, partition: 0, offset: millis }
    }

    /// A record of a user at an offset; without a state a tombstone.
    fn add(roll: &mut Roll, offset: i64, (key, user): (&str, &str), (millis, state): (i64, Option<State>)) {
        let source = Source { topic: "audiences".into(), partition: 0, offset: millis, millis };
        let fact = state.map(|state| Fact {
            kind: if matches!(state, State::Member(_)) { Kind::Audience } else { Kind::Trait },
            name: Some(format!("The {key} of {millis}")),
            state,
            changed: Some(version(millis)),
            source,
            again: None,
        });
        let has_value = fact.is_some();
        let user = User::new(UserKind::UserId, user).unwrap();
        let held = Held { key: key.to_owned(), user, version: version(millis), partitions: 4, fact };
        let headers = held.headers();
        let header = |name: &str| headers.iter().find(|(own, _)| *own == name).map(|(_, value)| value.as_str());
        roll.add((0, offset), held.record_key().as_bytes(), has_value, header);
    }

    fn members(roll: &Roll) -> Vec<(String, u64)> {
        roll.audiences().into_iter().map(|audience| (audience.key, audience.members)).collect()
    }

    const IN: Option<State> = Some(State::Member(true));
    const OUT: Option<State> = Some(State::Member(false));

    #[test]
    fn the_highest_version_counts_wherever_it_lies() {
        let mut roll = Roll::default();
        add(&mut roll, 0, ("vip", "u1"), (5, IN));
        add(&mut roll, 1, ("vip", "u1"), (3, OUT));
        add(&mut roll, 2, ("vip", "u2"), (4, IN));
        add(&mut roll, 3, ("vip", "u2"), (6, OUT));
        add(&mut roll, 4, ("new", "u2"), (6, OUT));
        assert_eq!(members(&roll), [("new".to_owned(), 0), ("vip".to_owned(), 1)]);
        let places = roll.places(None);
        assert_eq!(places.count(), 1);
        assert!(places.contains((0, 0)) && !places.contains((0, 1)) && !places.contains((1, 0)));
    }

    #[test]
    fn a_record_appended_again_counts_by_its_last_place() {
        let mut roll = Roll::default();
        add(&mut roll, 0, ("vip", "u1"), (5, IN));
        add(&mut roll, 7, ("vip", "u1"), (5, IN));
        let places = roll.places(Some("vip"));
        assert!(places.contains((0, 7)) && places.count() == 1);
        assert_eq!(roll.places(Some("other")).count(), 0);
        assert!(roll.knows("vip") && !roll.knows("other"));
    }

    #[test]
    fn who_was_deleted_is_in_nothing_that_was_said_before() {
        let mut roll = Roll::default();
        add(&mut roll, 0, ("vip", "u1"), (5, IN));
        add(&mut roll, 1, ("", "u1"), (6, None));
        add(&mut roll, 2, ("new", "u1"), (7, IN));
        add(&mut roll, 3, ("vip", "u2"), (1, IN));
        add(&mut roll, 4, ("vip", "u2"), (6, None));
        assert_eq!(members(&roll), [("new".to_owned(), 1), ("vip".to_owned(), 0)]);
    }

    #[test]
    fn a_trait_counts_who_has_a_value_and_the_latest_name_stays() {
        let mut roll = Roll::default();
        add(&mut roll, 0, ("ltv", "u1"), (5, Some(State::Trait(7))));
        add(&mut roll, 1, ("ltv", "u2"), (4, Some(State::NoTrait)));
        let all = roll.audiences();
        assert_eq!((all[0].kind, all[0].members, all[0].name.as_deref()), (Kind::Trait, 1, Some("The ltv of 5")));
    }

    #[test]
    fn what_is_not_ours_is_counted_and_left_out() {
        let mut roll = Roll::default();
        roll.add((0, 0), b"somebody's", true, |_| None);
        assert_eq!((roll.unreadable(), roll.audiences().len()), (1, 0));
    }
}

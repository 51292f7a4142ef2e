//! Audience keys as small numbers, so that a membership costs no text; and which names fell on one key.
//! How a key is made of a name is `audience::key`'s.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::state::Key;
use crate::audience::key::snake;

/// Pairs of names that are remembered as told; an endless row of names must not fill memory.
const MOST_TOLD: usize = 1000;

/// Keys beyond which something is wrong with whoever makes them.
const MANY: usize = 100_000;

/// Two names that fall on one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Collision {
    /// The key.
    pub key: Arc<str>,
    /// The name that was heard first.
    pub first: Box<str>,
    /// The other one.
    pub second: Box<str>,
}

/// The keys seen so far, and the names they were made of.
#[derive(Debug)]
pub(super) struct Names {
    numbers: HashMap<Arc<str>, Key>,
    texts: Vec<Arc<str>>,
    /// The first name heard of each key.
    first: HashMap<Key, Box<str>>,
    told: HashSet<(Key, Box<str>)>,
    /// Whether it was told that there are many.
    were_many: bool,
}

impl Default for Names {
    fn default() -> Self {
        // Number 0 is the empty key, under which deletions stand.
        let nobody: Arc<str> = "".into();
        let numbers = HashMap::from([(nobody.clone(), Key::DELETED)]);
        Self { numbers, texts: vec![nobody], first: HashMap::new(), told: HashSet::new(), were_many: false }
    }
}

impl Names {
    /// The number of a key.
    pub(super) fn number(&mut self, text: &str) -> Key {
        if let Some(key) = self.numbers.get(text) {
            return *key;
        }
        let key = Key(u32::try_from(self.texts.len()).expect("four thousand million keys do not fit into memory"));
        let text: Arc<str> = text.into();
        self.numbers.insert(text.clone(), key);
        self.texts.push(text);
        key
    }

    /// The number of a key, if it was seen before.
    pub(super) fn find(&self, text: &str) -> Option<Key> {
        self.numbers.get(text).copied()
    }

    /// The key of a number.
    pub(super) fn text(&self, key: Key) -> &Arc<str> {
        &self.texts[key.0 as usize]
    }

    /// How many keys there are, once that is worth a warning, and only once.
    pub(super) fn are_many(&mut self) -> Option<usize> {
        let count = self.texts.len();
        let is_new = count > MANY && !std::mem::replace(&mut self.were_many, count > MANY);
        is_new.then_some(count)
    }

    /// Hears which name stands with a key; answers a pair that was not told before. A name the key was not made of,
    /// since the record gave one, collides with nothing.
    pub(super) fn heard(&mut self, key: Key, name: &str) -> Option<Collision> {
        match self.first.get(&key) {
            Some(first) if **first == *name => None,
            _ if snake(name).as_deref() != Some(self.text(key)) => None,
            None => {
                self.first.insert(key, name.into());
                None
            }
            Some(first) => {
                let first = first.clone();
                let is_new = self.told.len() < MOST_TOLD && self.told.insert((key, name.into()));
                is_new.then(|| Collision { key: self.text(key).clone(), first, second: name.into() })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_keeps_its_number() {
        let mut names = Names::default();
        let (one, other) = (names.number("a"), names.number("b"));
        assert_eq!((names.number("a"), names.number("b"), names.number("")), (one, other, Key::DELETED));
        assert_eq!((&**names.text(one), &**names.text(other)), ("a", "b"));
    }

    #[test]
    fn keys_without_end_are_told_once() {
        let mut names = Names::default();
        (1..MANY).for_each(|number| _ = names.number(&number.to_string()));
        assert_eq!(names.are_many(), None);
        names.number("one more");
        assert_eq!([names.are_many(), names.are_many()], [Some(MANY + 1), None]);
    }

    #[test]
    fn two_names_on_one_key_are_told_once() {
        let mut names = Names::default();
        let key = names.number("big_spender");
        assert_eq!(names.heard(key, "Big Spender"), None);
        assert_eq!(names.heard(key, "Big Spender"), None);
        let collision = names.heard(key, "Big spender!").unwrap();
        assert_eq!((&*collision.first, &*collision.second), ("Big Spender", "Big spender!"));
        assert_eq!(names.heard(key, "Big spender!"), None, "it was told");
        assert_eq!(names.heard(key, "Renamed since, its key given"), None);
        assert!(names.heard(key, "BIG_SPENDER").is_none_or(|collision| collision.key.as_ref() == "big_spender"));
    }
}

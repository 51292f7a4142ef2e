//! Appends that a stage has asked for and that are not confirmed yet, with whatever waits for their confirmation.
//! Those that found no room in the producer, or were refused, are asked for again when their time comes.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::time::Duration;

use crate::kafka::record::Token;
use crate::outcome::time::Moment;

/// The unconfirmed appends of a stage.
#[derive(Debug)]
pub(super) struct Outbox<P> {
    pending: HashMap<Token, P>,
    later: BTreeSet<(Moment, Token)>,
    /// Those the producer had no room for.
    unsent: HashSet<Token>,
    /// Those of them that were just asked for again: whether they found room is not known yet.
    tried: HashSet<Token>,
}

/// How long an append waits that found no room; until then appends may have been confirmed.
const NO_ROOM: Duration = Duration::from_millis(5);

impl<P> Default for Outbox<P> {
    fn default() -> Self {
        Self { pending: HashMap::new(), later: BTreeSet::new(), unsent: HashSet::new(), tried: HashSet::new() }
    }
}

impl<P> Outbox<P> {
    /// Keeps what waits for an append.
    pub(super) fn insert(&mut self, token: Token, pending: P) {
        self.pending.insert(token, pending);
    }

    /// What waits for an append.
    pub(super) fn get(&self, token: Token) -> Option<&P> {
        self.pending.get(&token)
    }

    /// Ends an append, whatever came of it.
    pub(super) fn remove(&mut self, token: Token) -> Option<P> {
        self.unsent.remove(&token);
        self.tried.remove(&token);
        self.pending.remove(&token)
    }

    /// Puts a refused append back, to be asked for again at a moment.
    pub(super) fn again(&mut self, token: Token, pending: P, at: Moment) {
        self.pending.insert(token, pending);
        self.later.insert((at, token));
    }

    /// Notes that the producer had no room.
    pub(super) fn no_room(&mut self, token: Token, now: Moment) {
        if self.pending.contains_key(&token) {
            self.unsent.insert(token);
            self.later.insert((now.plus(NO_ROOM), token));
        }
    }

    /// Whether the producer took everything so far; while it does not, or that is not known yet, nothing new is begun.
    pub(super) fn has_room(&self) -> bool {
        self.unsent.is_empty() && self.tried.is_empty()
    }

    /// Takes those whose time has come. What was taken before and has not come back by now found room.
    pub(super) fn due(&mut self, now: Moment) -> Vec<Token> {
        self.tried.clear();
        let mut due = Vec::new();
        while let Some((_, token)) = self.later.first().copied().filter(|(moment, _)| *moment <= now) {
            self.later.pop_first();
            if !self.pending.contains_key(&token) {
                continue;
            }
            if self.unsent.remove(&token) {
                self.tried.insert(token);
            }
            due.push(token);
        }
        due
    }

    /// Unconfirmed appends.
    pub(super) fn len(&self) -> usize {
        self.pending.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_refused_comes_again_in_its_time() {
        let at = |ms| Moment::after(Duration::from_millis(ms));
        let mut outbox = Outbox::default();
        outbox.insert(Token(1), "a");
        outbox.insert(Token(2), "b");
        outbox.no_room(Token(2), at(0));
        assert!(!outbox.has_room());
        let refused = outbox.remove(Token(1)).unwrap();
        outbox.again(Token(1), refused, at(10));
        assert_eq!(outbox.due(at(4)), []);
        assert_eq!(outbox.due(at(9)), [Token(2)]);
        assert!(!outbox.has_room(), "whether it found room is known with the next look");
        outbox.no_room(Token(2), at(9));
        assert_eq!(outbox.due(at(10)), [Token(1)]);
        assert!(!outbox.has_room());
        assert_eq!(outbox.due(at(14)), [Token(2)]);
        assert_eq!(outbox.due(at(14)), []);
        assert!(outbox.has_room());
        assert_eq!(outbox.len(), 2);
        assert_eq!(outbox.remove(Token(3)), None);
        outbox.no_room(Token(3), at(11));
        assert!(outbox.has_room(), "an unknown append needs none");
    }
}

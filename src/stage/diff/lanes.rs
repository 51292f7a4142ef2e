//! Who waits for whom within a partition: records of one user and audience are decided one after the other, a deletion
//! alone among all of its user's. Different users, and different audiences of a user, do not wait for each other.
//! Plain bookkeeping; what is decided, and when an append is over, is told by `core`.

use std::collections::{HashMap, VecDeque};

use super::state::{Key, Who};
use crate::delivery::claim::Claim;
use crate::kafka::record::Record;

/// How many of a user's waiting records are looked at for one that may begin; one user cannot slow the others down.
const LOOK: usize = 64;

/// What a record is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum About {
    /// One audience or trait.
    Key(Key),
    /// All of the user's: a deletion.
    Everything,
}

/// A record that waits for one before it.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) record: Record,
    pub(super) claim: Claim,
    pub(super) about: About,
}

/// The users of a partition of whom something is under way.
#[derive(Debug, Default)]
pub(super) struct Lanes {
    users: HashMap<Who, Lane>,
    /// Users whose waiting records may be able to begin.
    freed: VecDeque<Who>,
}

#[derive(Debug, Default)]
struct Lane {
    open: Vec<About>,
    waiting: VecDeque<Waiting>,
}

impl Lanes {
    /// Whether nothing is under way, or waits, that a record about this has to wait for.
    pub(super) fn is_free(&self, who: Who, about: About) -> bool {
        let meets = |other: &About| about == About::Everything || *other == About::Everything || *other == about;
        let lane = self.users.get(&who);
        lane.is_none_or(|lane| !lane.open.iter().any(meets) && !lane.waiting.iter().any(|own| meets(&own.about)))
    }

    /// Whether an append about this key is under way.
    pub(super) fn is_open(&self, who: Who, key: Key) -> bool {
        let meets = |other: &About| [About::Everything, About::Key(key)].contains(other);
        self.users.get(&who).is_some_and(|lane| lane.open.iter().any(meets))
    }

    /// Notes that appends about this are under way.
    pub(super) fn begin(&mut self, who: Who, about: About) {
        self.users.entry(who).or_default().open.push(about);
    }

    /// Notes that they are over.
    pub(super) fn end(&mut self, who: Who, about: About) {
        let Some(lane) = self.users.get_mut(&who) else { return };
        if let Some(index) = lane.open.iter().position(|own| *own == about) {
            lane.open.swap_remove(index);
        }
        if !lane.waiting.is_empty() {
            self.freed.push_back(who);
        } else if lane.open.is_empty() {
            self.users.remove(&who);
        }
    }

    /// Has a record wait.
    pub(super) fn wait(&mut self, who: Who, waiting: Waiting) {
        self.users.entry(who).or_default().waiting.push_back(waiting);
    }

    /// Takes a record that has waited long enough, in the order of each audience.
    pub(super) fn next(&mut self) -> Option<Waiting> {
        while let Some(who) = self.freed.front().copied() {
            if let Some(waiting) = self.users.get_mut(&who).and_then(Lane::next) {
                return Some(waiting);
            }
            self.freed.pop_front();
            if self.users.get(&who).is_some_and(|lane| lane.open.is_empty() && lane.waiting.is_empty()) {
                self.users.remove(&who);
            }
        }
        None
    }

    /// Lets go what waits; what is under way goes on.
    pub(super) fn stop(&mut self) {
        self.freed.clear();
        self.users.retain(|_, lane| {
            lane.waiting.clear();
            !lane.open.is_empty()
        });
    }

    /// Records that wait.
    #[cfg(test)]
    fn waiting(&self) -> usize {
        self.users.values().map(|lane| lane.waiting.len()).sum()
    }
}

impl Lane {
    fn next(&mut self) -> Option<Waiting> {
        let mut before = self.open.clone();
        for index in 0..self.waiting.len().min(LOOK) {
            let about = self.waiting[index].about;
            let may = match about {
                About::Everything => before.is_empty(),
                About::Key(_) => !before.contains(&about) && !before.contains(&About::Everything),
            };
            if may {
                return self.waiting.remove(index);
            }
            before.push(about);
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::claim::{Epoch, Spot, TopicPartition};
    use crate::kafka::record::Headers;
    use crate::outcome::time::KafkaTime;

    const U: Who = Who::numbered(1);
    const A: About = About::Key(Key(1));
    const B: About = About::Key(Key(2));

    fn waiting(about: About, offset: i64) -> Waiting {
        let at = TopicPartition::new("records", 0);
        let spot = Spot { offset, time: KafkaTime::from_millis(0) };
        let claim = Claim { at: at.clone(), epoch: Epoch(1), sequence: 0, spot };
        let record = Record {
            at,
            epoch: Epoch(1),
            offset,
            time: spot.time,
            key: None,
            value: None,
            headers: Headers::default(),
            held: None,
            already_settled: false,
        };
        Waiting { record, claim, about }
    }

    fn next(lanes: &mut Lanes) -> Option<i64> {
        lanes.next().map(|waiting| waiting.record.offset)
    }

    #[test]
    fn one_audience_of_a_user_waits_and_nobody_else_does() {
        let mut lanes = Lanes::default();
        lanes.begin(U, A);
        assert!(!lanes.is_free(U, A) && lanes.is_free(U, B) && lanes.is_free(Who::numbered(2), A));
        lanes.wait(U, waiting(A, 1));
        lanes.wait(U, waiting(A, 2));
        assert_eq!(next(&mut lanes), None);
        lanes.end(U, A);
        assert_eq!(next(&mut lanes), Some(1));
        lanes.begin(U, A);
        assert_eq!(next(&mut lanes), None);
        assert!(!lanes.is_free(U, A), "one is under way and one waits");
        lanes.end(U, A);
        assert_eq!((next(&mut lanes), next(&mut lanes)), (Some(2), None));
        assert_eq!((lanes.users.len(), lanes.waiting()), (0, 0));
    }

    #[test]
    fn a_deletion_waits_for_all_of_its_user_and_all_of_them_for_it() {
        let mut lanes = Lanes::default();
        lanes.begin(U, A);
        assert!(!lanes.is_free(U, About::Everything));
        lanes.wait(U, waiting(About::Everything, 1));
        assert!(!lanes.is_free(U, B), "what comes after a deletion waits for it");
        lanes.wait(U, waiting(B, 2));
        lanes.end(U, A);
        assert_eq!(next(&mut lanes), Some(1));
        lanes.begin(U, About::Everything);
        assert_eq!(next(&mut lanes), None);
        assert!(lanes.is_open(U, Key(9)));
        lanes.end(U, About::Everything);
        assert_eq!(next(&mut lanes), Some(2));
    }

    #[test]
    fn what_waits_behind_another_audience_may_overtake_it() {
        let mut lanes = Lanes::default();
        lanes.begin(U, A);
        lanes.begin(U, B);
        lanes.wait(U, waiting(A, 1));
        lanes.wait(U, waiting(B, 2));
        lanes.end(U, B);
        assert_eq!((next(&mut lanes), next(&mut lanes)), (Some(2), None));
    }
}

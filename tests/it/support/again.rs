//! What came again, and after which kill: of requests at a receiver, and of records in a topic.
//! Whether it may is left to the tests.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use kafka_webhooks::kafka::client::COMMIT_INTERVAL;

use super::topics::Seen;

/// What a commit takes beyond its interval on a busy machine: the poll that stores the position, the way to the broker,
/// the disk.
const COMMIT_TAKES: Duration = Duration::from_millis(250);

/// What a killed replica had sent may be read by the other side so long after; its successor needs longer to join.
const UNDER_WAY: Duration = Duration::from_millis(300);
/// And by a receiver on a busy machine so long: the session of the killed one ends first, 1.5 s after its last heartbeat,
/// which is 300 ms old at most.
const UNDER_WAY_AT_MOST: Duration = Duration::from_secs(1);

/// When something happened: since the test began.
pub type Since = Duration;

/// When a test began, by both clocks, so that arrivals and Kafka's times can be compared.
pub struct Beginning {
    pub moment: Instant,
    wall: jiff::Timestamp,
}

impl Beginning {
    pub fn now() -> Self {
        Self { moment: Instant::now(), wall: jiff::Timestamp::now() }
    }

    pub fn at(&self, moment: Instant) -> Since {
        moment.saturating_duration_since(self.moment)
    }

    /// Of a record's time, in milliseconds since 1970.
    pub fn at_ms(&self, ms: i64) -> Since {
        Duration::from_millis(u64::try_from(ms - self.wall.as_millisecond()).unwrap_or_default())
    }
}

/// What came again after kills.
pub struct Again {
    /// Per kill, what was not committed when it came: seen at most one commit interval before.
    pub uncommitted: Vec<usize>,
    /// All that came again.
    pub again: BTreeSet<String>,
    /// What should have been committed long before the next kill.
    pub stale: Vec<String>,
    /// The longest time from a coming to the next kill, of what came again.
    pub oldest: Duration,
    /// Per kill, all that was seen within a commit interval before it.
    pub within: Vec<usize>,
}

impl Again {
    /// Sorts what was seen, in order of time, by the first kill after it.
    pub fn of<'a>(seen: impl Iterator<Item = (&'a str, Since)>, kills: &[Since]) -> Self {
        let none = || vec![0; kills.len()];
        let oldest = Duration::ZERO;
        let mut again = Self { uncommitted: none(), again: BTreeSet::new(), stale: Vec::new(), oldest, within: none() };
        let mut last: BTreeMap<&str, Since> = BTreeMap::new();
        for (name, at) in seen {
            if let Some(kill) = next_kill(at, kills) {
                again.within[kill] += 1;
            }
            let Some(before) = last.insert(name, at) else { continue };
            again.again.insert(name.to_owned());
            let next = kills.iter().find(|kill| before <= **kill + UNDER_WAY);
            again.oldest = again.oldest.max(next.map_or(Duration::ZERO, |kill| kill.saturating_sub(before)));
            match next_kill(before, kills) {
                Some(kill) => again.uncommitted[kill] += 1,
                None => again.stale.push(name.to_owned()),
            }
        }
        again
    }
}

/// The kill that came less than a commit interval after something.
fn next_kill(at: Since, kills: &[Since]) -> Option<usize> {
    let kill = kills.iter().position(|kill| at <= *kill + UNDER_WAY)?;
    (kills[kill].saturating_sub(at) <= COMMIT_INTERVAL + COMMIT_TAKES).then_some(kill)
}

/// A `kill -9`, and what the deliver stage had committed by then.
pub struct Kill {
    pub at: Instant,
    pub committed: BTreeMap<i32, i64>,
}

/// A record of a delivery: where it lies, when it came, and the kills after which it was read again.
#[derive(Debug)]
struct Came {
    at: Since,
    read_again: Vec<Since>,
    /// For people.
    _place: String,
}

/// Which deliveries may come again because a kill had their record read again.
pub struct ReadAgain<'a> {
    records: BTreeMap<&'a str, Vec<Came>>,
}

impl<'a> ReadAgain<'a> {
    /// Of the records of one destination in the deliveries topic.
    pub fn of(records: &[&'a Seen], began: &Beginning, kills: &[Kill]) -> Self {
        let mut own: BTreeMap<&str, Vec<_>> = BTreeMap::new();
        for record in records {
            let uncommitted =
                |kill: &&Kill| kill.committed.get(&record.partition).is_none_or(|next| record.offset >= *next);
            let read_again = kills.iter().filter(uncommitted).map(|kill| began.at(kill.at)).collect();
            let (id, tenure) = (record.header("delivery-id").unwrap_or_default(), record.header("tenure"));
            let returned = record.header("returned").unwrap_or_default();
            let place = format!("{}@{} {} {returned}", record.partition, record.offset, tenure.unwrap_or("fresh"));
            let came = Came { at: began.at_ms(record.timestamp), read_again, _place: place };
            own.entry(id).or_default().push(came);
        }
        Self { records: own }
    }

    /// What came again, of what was seen in order of time, although no record of it that was there when it first came
    /// was read again in between; with all that is known of it.
    pub fn unexplained(&self, seen: &[(&'a str, Since)]) -> Vec<String> {
        let mut last: BTreeMap<&str, Since> = BTreeMap::new();
        let mut unexplained = Vec::new();
        for (id, at) in seen {
            let Some(before) = last.insert(id, *at) else { continue };
            let between = |kill: &Since| before <= *kill + UNDER_WAY_AT_MOST && *kill <= *at;
            let records = || self.records.get(id).into_iter().flatten();
            if !records().any(|came| came.at <= before && came.read_again.iter().any(between)) {
                unexplained.push(format!("{id} at {before:?} and {at:?}: {:?}", self.records.get(id)));
            }
        }
        unexplained
    }
}

#[test]
fn a_repeat_counts_for_the_kill_after_its_first_coming() {
    let ms = Duration::from_millis;
    let kills = [ms(1_000), ms(3_000)];
    // `a` waited through the second kill to come again; `b` had two seconds to be committed.
    let seen = [("b", ms(10)), ("a", ms(900)), ("c", ms(990)), ("c", ms(1_500)), ("a", ms(3_500)), ("b", ms(3_600))];
    let again = Again::of(seen.into_iter(), &kills);
    assert_eq!(again.oldest, ms(990), "b was to be committed for so long");
    assert_eq!((again.uncommitted, again.stale, again.within), (vec![2, 0], vec!["b".to_owned()], vec![2, 0]));
}

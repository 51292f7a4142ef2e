//! What came again, and after which kill: of requests at a receiver, and of records in a topic.
//! Whether it may is left to the tests.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use kafka_webhooks::kafka::client::COMMIT_INTERVAL;

/// What a commit takes beyond its interval on a busy machine: the poll that stores the position, the way to the broker,
/// the disk.
const COMMIT_TAKES: Duration = Duration::from_millis(250);

/// What a killed replica had sent may be read by the other side so long after; its successor needs longer to join.
const UNDER_WAY: Duration = Duration::from_millis(300);

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
    /// Per kill, all that was seen within a commit interval before it.
    pub within: Vec<usize>,
}

impl Again {
    /// Sorts what was seen, in order of time, by the first kill after it.
    pub fn of<'a>(seen: impl Iterator<Item = (&'a str, Since)>, kills: &[Since]) -> Self {
        let none = || vec![0; kills.len()];
        let mut again = Self { uncommitted: none(), again: BTreeSet::new(), stale: Vec::new(), within: none() };
        let mut last: BTreeMap<&str, Since> = BTreeMap::new();
        for (name, at) in seen {
            if let Some(kill) = next_kill(at, kills) {
                again.within[kill] += 1;
            }
            let Some(before) = last.insert(name, at) else { continue };
            again.again.insert(name.to_owned());
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

#[test]
fn a_repeat_counts_for_the_kill_after_its_first_coming() {
    let ms = Duration::from_millis;
    let kills = [ms(1_000), ms(3_000)];
    // `a` waited through the second kill to come again; `b` had two seconds to be committed.
    let seen = [("b", ms(10)), ("a", ms(900)), ("c", ms(990)), ("c", ms(1_500)), ("a", ms(3_500)), ("b", ms(3_600))];
    let again = Again::of(seen.into_iter(), &kills);
    assert_eq!((again.uncommitted, again.stale, again.within), (vec![2, 0], vec!["b".to_owned()], vec![2, 0]));
}

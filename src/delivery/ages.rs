//! How old the oldest is of what is held of each destination, to the second. Deliveries come and go in any order, for what
//! waited is older than what is fresh; so those of one second are counted together, and the first second that has any is
//! the answer: nothing is ever searched, however much is held.

use std::collections::{BTreeMap, HashMap};

use crate::outcome::time::KafkaTime;
use crate::route::destination::DestinationId;

/// What is held, by destination and by the second it was accepted in; of other destinations nothing is kept.
#[derive(Debug, Default)]
pub struct Ages(HashMap<DestinationId, BTreeMap<i64, u32>>);

impl Ages {
    /// Nothing held yet of these destinations.
    pub fn of(destinations: impl IntoIterator<Item = DestinationId>) -> Self {
        Self(destinations.into_iter().map(|id| (id, BTreeMap::new())).collect())
    }

    /// Counts one in, by the key of its record.
    pub fn add(&mut self, key: &[u8], accepted: KafkaTime) {
        if let Some(seconds) = self.seconds(key) {
            *seconds.entry(second(accepted)).or_default() += 1;
        }
    }

    /// Counts one out that was counted in before.
    pub fn remove(&mut self, key: &[u8], accepted: KafkaTime) {
        let Some(seconds) = self.seconds(key) else { return };
        let second = second(accepted);
        if let Some(count) = seconds.get_mut(&second) {
            *count -= 1;
            if *count == 0 {
                seconds.remove(&second);
            }
        }
    }

    /// Of each destination of which something is held, when the oldest was accepted.
    pub fn oldest(&self) -> impl Iterator<Item = (&DestinationId, KafkaTime)> {
        let oldest = |seconds: &BTreeMap<i64, u32>| Some(KafkaTime::from_millis(seconds.keys().next()? * 1000));
        self.0.iter().filter_map(move |(id, seconds)| Some((id, oldest(seconds)?)))
    }

    fn seconds(&mut self, key: &[u8]) -> Option<&mut BTreeMap<i64, u32>> {
        self.0.get_mut(std::str::from_utf8(key).ok()?)
    }
}

fn second(time: KafkaTime) -> i64 {
    time.as_millis() / 1000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_is_known_in_whatever_order_they_come_and_go() {
        let crm = DestinationId::new("crm").unwrap();
        let mut ages = Ages::of([crm.clone(), DestinationId::new("idle").unwrap()]);
        let at = KafkaTime::from_millis;
        let oldest = |ages: &Ages| ages.oldest().map(|(id, time)| (id.clone(), time.as_millis())).collect::<Vec<_>>();
        assert_eq!(oldest(&ages), []);
        for ms in [5_300, 3_100, 3_999, 9_000] {
            ages.add(b"crm", at(ms));
        }
        ages.add(b"strange", at(1));
        assert_eq!(oldest(&ages), [(crm.clone(), 3_000)]);
        ages.remove(b"crm", at(3_999));
        assert_eq!(oldest(&ages), [(crm.clone(), 3_000)]);
        ages.remove(b"crm", at(3_100));
        ages.remove(b"strange", at(1));
        assert_eq!(oldest(&ages), [(crm, 5_000)]);
        ages.remove(b"crm", at(9_000));
        ages.remove(b"crm", at(5_300));
        ages.remove(b"crm", at(5_300));
        assert_eq!(oldest(&ages), []);
    }
}

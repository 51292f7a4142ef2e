//! A bounded memory of what was settled, by which copies made by a crash are known and dropped.
//! What slips through is harmless: it carries the same id to the receiver.

use std::collections::{HashSet, VecDeque};

use super::id::DeliveryId;
use crate::outcome::disposition::Progress;

/// How many settled deliveries are remembered per partition.
pub const REMEMBERED: usize = 65_536;

/// One life of a delivery between two topics: the same delivery comes again with another count of hops or replays.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct CopyKey {
    life: u128,
    whole: u128,
}

/// What follows a life.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum After {
    /// The delivery comes again, with one hop more.
    Another,
    /// Nothing: it is delivered or dead, so whatever comes of it again, with any hops, is a copy. Such a copy is made when
    /// an attempt fails, its delay is in the log, and a crash before the commit has it attempted once more.
    Nothing,
}

impl CopyKey {
    /// The key of a delivery at this point of its way.
    pub fn of(id: DeliveryId, progress: &Progress) -> Self {
        // No delivery has as many hops.
        let whole = Progress { hops: u32::MAX, ..*progress };
        Self { life: Self::hash(id, progress), whole: Self::hash(id, &whole) }
    }

    fn hash(id: DeliveryId, progress: &Progress) -> u128 {
        // The id is a hash already; a multiplication by odd constants spreads the two counts over it.
        let way = u128::from(progress.hops) << 32 | u128::from(progress.replays);
        id.bits() ^ way.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835)
    }
}

/// The memory of one partition.
#[derive(Debug, Default)]
pub struct Copies {
    known: HashSet<u128>,
    order: VecDeque<u128>,
}

impl Copies {
    /// Remembers what was settled, forgetting the oldest when full.
    pub fn remember(&mut self, key: CopyKey, after: After) {
        let key = match after {
            After::Another => key.life,
            After::Nothing => key.whole,
        };
        if !self.known.insert(key) {
            return;
        }
        self.order.push_back(key);
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
    }

    /// Whether this was settled before.
    pub fn contains(&self, key: CopyKey) -> bool {
        self.known.contains(&key.life) || self.known.contains(&key.whole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: u8) -> DeliveryId {
        DeliveryId::parse(&format!("dlv_000000000000000000000000{n:02}")).unwrap()
    }

    #[test]
    fn another_hop_is_not_a_copy() {
        let first = Progress::default();
        let again = Progress { hops: 1, ..first };
        let replayed = Progress { replays: 1, ..first };
        let mut copies = Copies::default();
        copies.remember(CopyKey::of(id(1), &first), After::Another);
        assert!(copies.contains(CopyKey::of(id(1), &first)));
        assert!(!copies.contains(CopyKey::of(id(1), &again)));
        assert!(!copies.contains(CopyKey::of(id(1), &replayed)));
        assert!(!copies.contains(CopyKey::of(id(2), &first)));
    }

    #[test]
    fn any_hop_is_a_copy_once_nothing_follows_but_a_replay() {
        let waited = Progress { hops: 2, ..Progress::default() };
        let mut copies = Copies::default();
        copies.remember(CopyKey::of(id(1), &waited), After::Nothing);
        for hops in [0, 1, 2, 3] {
            assert!(copies.contains(CopyKey::of(id(1), &Progress { hops, ..waited })));
        }
        assert!(!copies.contains(CopyKey::of(id(1), &Progress { replays: 1, ..waited })));
        assert!(!copies.contains(CopyKey::of(id(2), &waited)));
    }

    #[test]
    fn the_memory_is_bounded_and_forgets_the_oldest() {
        let key = |hops| CopyKey::of(id(1), &Progress { hops, ..Progress::default() });
        let mut copies = Copies::default();
        let last = u32::try_from(REMEMBERED).unwrap();
        for hops in 0..=last {
            copies.remember(key(hops), After::Another);
            copies.remember(key(hops), After::Another);
        }
        assert_eq!(copies.order.len(), REMEMBERED);
        assert!(!copies.contains(key(0)));
        assert!(copies.contains(key(1)) && copies.contains(key(last)));
    }
}

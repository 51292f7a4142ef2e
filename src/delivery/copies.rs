//! A bounded memory of what was settled, by which copies made by a crash are known and dropped.
//! What slips through is harmless: it carries the same id to the receiver.
//!
//! ```text
//! offset  record               what is known of it afterwards
//! 41      d1, fresh            attempted, failed, now in a tier: 41 and this life of d1
//! 57      d1, fresh            a copy of 41 (route crashed between append and commit)
//! 90      d1, hop 1, from 41   another life: attempted
//! -- a crash; the next owner begins at 41, without memory or with what history tells --
//! 41      d1, fresh            no copy: its delay from 41 counts for nothing now (`tenure`)
//! 57      d1, fresh            a copy of 41 again
//! 90      d1, hop 1, from 41   taken over: dropped
//! ```

use std::collections::{HashMap, VecDeque};

use super::id::DeliveryId;
use super::tenure::Stamp;
use crate::outcome::disposition::Progress;

/// How many keys of settled deliveries are remembered per partition; two for each that went into a tier.
pub const REMEMBERED: usize = 32_768;

/// How a record of a delivery is told from others. From narrow to wide: the same record appended twice; the same life,
/// which is from one wait to the next; the same delivery, up to a replay.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct CopyKey {
    exact: u128,
    life: u128,
    whole: u128,
}

/// How a record was settled, which says what is a copy of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum After {
    /// It went into a tier. Whatever comes later of this life under the present tenure is a copy, and so is the same record
    /// under any. But the record itself, read again, is none: by then its delay counts as made by a former tenure
    /// (`tenure`), so nobody else answers for the delivery.
    Delay,
    /// It went back into the deliveries topic. The same record again is a copy; those of other tenures are told apart there.
    Return,
    /// The delivery is over, delivered or dead. All that comes of it again is a copy.
    Nothing,
}

impl CopyKey {
    /// The key of a delivery at this point of its way.
    pub fn of(id: DeliveryId, progress: &Progress, stamp: Option<&Stamp>) -> Self {
        // No delivery has as many hops.
        let whole = Self::hash(id, &Progress { hops: u32::MAX, ..*progress });
        let life = Self::hash(id, progress);
        // Odd constants spread numbers over the id, which is a hash already.
        let stamp = stamp.map_or(1, Stamp::bits).wrapping_mul(0xd6e8_feb8_6659_fd93_c2b2_ae3d_27d4_eb4f);
        Self { exact: life ^ stamp, life, whole }
    }

    fn hash(id: DeliveryId, progress: &Progress) -> u128 {
        let way = u128::from(progress.hops) << 32 | u128::from(progress.replays);
        id.bits() ^ way.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835)
    }

    /// What tells the same record.
    pub fn exact(&self) -> u128 {
        self.exact
    }

    /// What tells the same life.
    pub fn life(&self) -> u128 {
        self.life
    }
}

/// The memory of one partition.
#[derive(Debug, Default)]
pub struct Copies {
    known: HashMap<u128, While>,
    order: VecDeque<u128>,
    tenure: u32,
}

/// As long as what a key counts.
#[derive(Clone, Copy, Debug)]
enum While {
    Always,
    /// For records above this offset. What lies below is committed before, so it must not count on this one.
    Above(i64),
    /// Under this tenure, in the order in which this process had them.
    Tenure(u32),
}

impl Copies {
    /// The partition is ours anew, and with it whatever of it was not committed.
    pub fn begin_tenure(&mut self) {
        self.tenure = self.tenure.wrapping_add(1);
    }

    /// Remembers what was settled by the record at an offset.
    pub fn remember(&mut self, key: CopyKey, offset: i64, after: After) {
        match after {
            After::Delay => {
                self.insert(key.exact, While::Above(offset));
                self.insert(key.life, While::Tenure(self.tenure));
            }
            After::Return => self.insert(key.exact, While::Always),
            After::Nothing => self.insert(key.whole, While::Always),
        }
    }

    /// Remembers that a record was settled by somebody, in whatever way.
    pub fn recall(&mut self, key: CopyKey, offset: i64) {
        self.insert(key.exact, While::Above(offset));
    }

    /// Whether the record at an offset is a copy of what was settled before.
    pub fn contains(&self, key: CopyKey, offset: i64) -> bool {
        [key.whole, key.exact, key.life].iter().filter_map(|key| self.known.get(key)).any(|counts| match counts {
            While::Always => true,
            While::Above(settled) => *settled < offset,
            While::Tenure(tenure) => *tenure == self.tenure,
        })
    }

    /// Forgets the oldest when full.
    fn insert(&mut self, key: u128, counts: While) {
        if self.known.insert(key, counts).is_some() {
            return;
        }
        self.order.push_back(key);
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests;

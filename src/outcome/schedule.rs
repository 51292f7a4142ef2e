//! Tiers: the fixed waits a delivery may have, and which of them comes next.
//! Plain data; when a wait ends for good is decided by `disposition`, the waiting itself is the delay stage's.

use std::time::Duration;

/// One delay topic: its wait, and the one spelling of it that names the topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tier(Duration);

const UNITS: [(u64, &str); 5] = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1_000, "s"), (1, "ms")];

impl Tier {
    /// A tier of whole milliseconds between 1 ms and 7 days; `None` for anything else.
    pub fn new(wait: Duration) -> Option<Self> {
        let whole = wait.subsec_nanos().is_multiple_of(1_000_000);
        (whole && !wait.is_zero() && wait <= Duration::from_secs(7 * 86_400)).then_some(Self(wait))
    }

    /// How long records wait in it.
    pub fn wait(self) -> Duration {
        self.0
    }

    /// The canonical spelling: the largest unit that divides (`1m`, not `60s`).
    pub fn name(self) -> String {
        let ms = u64::try_from(self.0.as_millis()).unwrap_or(u64::MAX);
        let largest = UNITS.iter().find(|(unit, _)| ms.is_multiple_of(*unit));
        let (unit, name) = largest.expect("one millisecond divides everything");
        format!("{}{name}", ms / unit)
    }

    /// Reads the canonical spelling, as it stands in a topic's name; `None` for any other.
    pub fn from_name(name: &str) -> Option<Self> {
        let digits = name.bytes().take_while(u8::is_ascii_digit).count();
        let (count, unit) = name.split_at(digits);
        let (unit, _) = UNITS.iter().find(|(_, spelling)| *spelling == unit)?;
        let tier = Self::new(Duration::from_millis(count.parse::<u64>().ok()?.checked_mul(*unit)?))?;
        (tier.name() == name).then_some(tier)
    }
}

/// The tiers in ascending order; never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tiers(Vec<Tier>);

impl Tiers {
    /// Sorts the tiers; `None` when there are none.
    pub fn new(mut tiers: Vec<Tier>) -> Option<Self> {
        tiers.sort_unstable();
        tiers.dedup();
        (!tiers.is_empty()).then_some(Self(tiers))
    }

    /// All of them, shortest first.
    pub fn as_slice(&self) -> &[Tier] {
        &self.0
    }

    /// The shortest.
    pub fn first(&self) -> Tier {
        self.0[0]
    }

    /// The tier that follows the attempt of this number; the last repeats, the first serves where there was no attempt.
    pub fn of_number(&self, attempts: u32) -> Tier {
        let index = usize::try_from(attempts.max(1) - 1).unwrap_or(usize::MAX);
        self.0[index.min(self.0.len() - 1)]
    }

    /// The shortest tier that covers a wait, the longest where none does.
    pub fn covering(&self, wait: Duration) -> Tier {
        let covering = self.0.iter().find(|tier| tier.wait() >= wait);
        *covering.unwrap_or(&self.0[self.0.len() - 1])
    }

    /// The longest tier not longer than a wait.
    pub fn within(&self, wait: Duration) -> Option<Tier> {
        self.0.iter().rev().find(|tier| tier.wait() <= wait).copied()
    }

    /// The tier after this one, for when Kafka refuses a write to it; round to the first again.
    pub fn after(&self, tier: Tier) -> Tier {
        let later = self.0.iter().find(|other| **other > tier);
        *later.unwrap_or(&self.0[0])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tier_has_one_spelling_and_is_read_from_it_only() {
        for (ms, name) in [
            (100, "100ms"),
            (1_000, "1s"),
            (1_500, "1500ms"),
            (60_000, "1m"),
            (90_000, "90s"),
            (3_600_000, "1h"),
            (86_400_000, "1d"),
        ] {
            let tier = Tier::new(Duration::from_millis(ms)).unwrap();
            assert_eq!(tier.name(), name);
            assert_eq!(Tier::from_name(name), Some(tier));
        }
        for odd in ["60s", "0s", "", "s", "10", "1w", "01s", "8d", "99999999999999999999s", "1.5s"] {
            assert_eq!(Tier::from_name(odd), None, "{odd}");
        }
    }

    #[test]
    fn tiers_answer_by_number_and_by_wait() {
        let seconds = |s| Tier::new(Duration::from_secs(s)).unwrap();
        let tiers = Tiers::new(vec![seconds(60), seconds(10), seconds(300)]).unwrap();
        assert_eq!(tiers.of_number(0), seconds(10));
        assert_eq!(tiers.of_number(2), seconds(60));
        assert_eq!(tiers.of_number(u32::MAX), seconds(300));
        assert_eq!(tiers.covering(Duration::from_secs(11)), seconds(60));
        assert_eq!(tiers.covering(Duration::from_secs(999)), seconds(300));
        assert_eq!(tiers.within(Duration::from_secs(9)), None);
        assert_eq!(tiers.within(Duration::from_secs(299)), Some(seconds(60)));
        assert_eq!(tiers.after(seconds(10)), seconds(60));
        assert_eq!(tiers.after(seconds(300)), seconds(10));
    }
}

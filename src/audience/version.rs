//! When a fact was true: what decides which of two facts about one user and audience holds.
//! Ordered by time, then by place in the source, so that of equal times the later position wins. Comparing is all
//! that is done with it here.

use std::fmt;

use super::source::Source;

/// When a fact was true, and where it stands in the source; ordered in that way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Version {
    /// Milliseconds since 1970.
    pub millis: i64,
    /// The source partition.
    pub partition: i32,
    /// The source offset.
    pub offset: i64,
}

impl Version {
    /// The version of a record with this `timestamp`: never later than Kafka's time of it, and that where it has none.
    pub fn of(timestamp: Option<i64>, source: &Source) -> Self {
        let millis = timestamp.map_or(source.millis, |millis| millis.min(source.millis));
        Self { millis, partition: source.partition, offset: source.offset }
    }

    /// Reads the printed form; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('/');
        let version = Self {
            millis: parts.next()?.parse().ok()?,
            partition: parts.next()?.parse().ok()?,
            offset: parts.next()?.parse().ok()?,
        };
        parts.next().is_none().then_some(version)
    }
}

impl fmt::Display for Version {
    /// `1700000000000/3/17`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.millis, self.partition, self.offset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(millis: i64, partition: i32, offset: i64) -> Version {
        Version { millis, partition, offset }
    }

    #[test]
    fn of_equal_times_the_later_position_wins() {
        let ascending = [version(1, 9, 9), version(2, 0, 5), version(2, 0, 6), version(2, 1, 0), version(3, 0, 0)];
        assert!(ascending.is_sorted_by(|one, other| one < other));
    }

    #[test]
    fn no_fact_is_later_than_its_record() {
        let source = Source { topic: "audiences".into(), partition: 3, offset: 17, millis: 1000 };
        assert_eq!(Version::of(Some(999), &source), version(999, 3, 17));
        assert_eq!(Version::of(Some(i64::MAX), &source), version(1000, 3, 17));
        assert_eq!(Version::of(Some(-5), &source), version(-5, 3, 17));
        assert_eq!(Version::of(None, &source), version(1000, 3, 17));
    }

    #[test]
    fn what_is_printed_is_read_back_and_nothing_else() {
        for one in [version(1_700_000_000_000, 3, 17), version(-1, 0, 0), version(i64::MIN, i32::MAX, i64::MAX)] {
            assert_eq!(Version::parse(&one.to_string()), Some(one));
        }
        for text in ["", "-", "1", "1/2", "1/2/3/4", "1/2/x", "1/99999999999/3", " 1/2/3"] {
            assert_eq!(Version::parse(text), None, "{text}");
        }
    }
}

//! How full the in-memory Kafka is, on plain data: it keeps 5 MiB or 100,000 batches per partition and then drops the oldest
//! without a word, so a person is warned before. Reading along is `kafka::tail`'s.

use std::collections::{HashMap, HashSet};

use crate::kafka::tail::Seen;

/// From so many bytes in one partition a person is warned; at 5 MiB records are lost.
const WARN_AT: usize = 4 << 20;
/// The same for records, which may be a batch each; at 100,000 batches records are lost.
const WARN_AT_RECORDS: usize = 80_000;
/// What a batch costs beside its one record, at worst.
const OVERHEAD: usize = 80;

/// What was appended so far.
#[derive(Debug, Default)]
pub(super) struct Fullness {
    held: HashMap<(String, i32), (usize, usize)>,
    warned: HashSet<String>,
}

impl Fullness {
    /// Adds a record; answers the warning that its topic is nearly full, once. It comes early rather than late: what is
    /// compressed counts as if it were not.
    pub(super) fn add(&mut self, seen: Seen<'_>) -> Option<String> {
        let Seen { topic, partition, bytes } = seen;
        let (held, records) = self.held.entry((topic.to_owned(), partition)).or_default();
        *held += bytes + OVERHEAD;
        *records += 1;
        let is_full = *held >= WARN_AT || *records >= WARN_AT_RECORDS;
        (is_full && self.warned.insert(topic.to_owned())).then(|| {
            format!(
                "topic {topic} is nearly full: the in-memory kafka keeps 5 MiB per partition and then drops the oldest \
                 records; start dev again, or use `run` with a real kafka"
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(topic: &str, partition: i32, bytes: usize) -> Seen<'_> {
        Seen { topic, partition, bytes }
    }

    #[test]
    fn a_topic_is_warned_of_once_and_by_name_before_five_mib() {
        let mut fullness = Fullness::default();
        assert_eq!(fullness.add(seen("events", 0, 2 << 20)), None);
        assert_eq!(fullness.add(seen("events", 1, 2 << 20)), None, "another partition");
        let warning = fullness.add(seen("events", 0, 2 << 20)).unwrap();
        assert!(warning.contains("topic events ") && warning.contains("5 MiB"), "{warning}");
        assert_eq!(fullness.add(seen("events", 1, 2 << 20)), None, "said already");
        assert!(fullness.add(seen("webhooks.deliveries", 0, 4 << 20)).is_some());
    }

    #[test]
    fn many_small_records_fill_a_partition_too() {
        let mut fullness = Fullness::default();
        let first = (1..).find(|_| fullness.add(seen("events", 0, 1)).is_some()).unwrap();
        assert!(first * (1 + OVERHEAD) >= WARN_AT && first <= WARN_AT_RECORDS);
    }
}

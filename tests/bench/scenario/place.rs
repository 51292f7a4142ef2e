//! Names of destinations that fall where a scenario wants them: the name decides the partition.
//! Who is compared with whom is left to the scenarios.

use kafka_webhooks::kafka::partitioner::partition_of;

use crate::failure::{Failure, OrFail as _};
use crate::topics::Layout;

/// The destination that should not notice the others.
pub(super) const HEALTHY: &str = "healthy";

/// A name that does not share the healthy one's partition.
pub(super) fn elsewhere(layout: Layout) -> Result<String, Failure> {
    named(layout, |is_shared| !is_shared)
}

/// A name that shares the healthy one's partition.
pub(super) fn in_the_same_partition(layout: Layout) -> Result<String, Failure> {
    named(layout, |is_shared| is_shared)
}

fn named(layout: Layout, wanted: impl Fn(bool) -> bool) -> Result<String, Failure> {
    let partition = |name: &str| partition_of(name.as_bytes(), layout.partitions);
    let mut names = (0..1_000).map(|number| format!("bad-{number}"));
    names.find(|name| wanted(partition(name) == partition(HEALTHY))).or_fail("no name falls on the partition")
}

//! How much a partition holds in memory, counted by those who hold it.
//! The poll thread reads the count and pauses partitions by it (`kafka::consumer`); a record that leaves memory
//! gives its share back by being dropped, so nothing can leak.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What a record costs beyond its bytes: the structures around it.
const OVERHEAD: usize = 512;

/// The bytes one partition holds.
#[derive(Clone, Debug, Default)]
pub struct Load(Arc<AtomicUsize>);

impl Load {
    /// Counts a record of this size in; it is counted out when the result is dropped.
    pub fn hold(&self, bytes: usize) -> Held {
        let bytes = bytes + OVERHEAD;
        self.0.fetch_add(bytes, Ordering::Relaxed);
        Held { load: self.clone(), bytes }
    }

    /// Bytes held now.
    pub fn bytes(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

/// One record's share of a load.
#[derive(Debug)]
pub struct Held {
    load: Load,
    bytes: usize,
}

impl Held {
    /// Bytes of this share.
    pub fn bytes(&self) -> usize {
        self.bytes
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.load.0.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_dropped_no_longer_counts() {
        let load = Load::default();
        let first = load.hold(1_000);
        let second = load.hold(0);
        assert_eq!(load.bytes(), 1_000 + 2 * OVERHEAD);
        drop(first);
        assert_eq!(load.bytes(), second.bytes());
        drop(second);
        assert_eq!(load.bytes(), 0);
    }
}

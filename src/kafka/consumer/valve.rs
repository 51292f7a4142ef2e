//! The memory valve: which partitions pause because they hold too much, and which go on. Plain data.
//!
//! A partition may hold as much as is still free (the dynamic threshold of shared switch buffers): one alone half of the
//! budget, n of them 1/(n+1) each, so there is always room for a quiet one. It resumes at half of that, which hides the
//! second librdkafka may take to fetch again.

/// What one partition holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gauge {
    /// Bytes of its records.
    pub bytes: usize,
    /// Whether it is fetched now.
    pub state: Flow,
}

/// Whether a partition is fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// Yes.
    Open,
    /// Not before some of it is settled.
    Paused,
}

/// The state each partition should have; in the order given.
pub fn adjust(gauges: &[Gauge], budget: usize) -> Vec<Flow> {
    let total: usize = gauges.iter().map(|gauge| gauge.bytes).sum();
    let free = budget.saturating_sub(total);
    let wanted = |gauge: &Gauge| match gauge.state {
        Flow::Open if gauge.bytes > free => Flow::Paused,
        Flow::Paused if gauge.bytes <= free / 2 => Flow::Open,
        same => same,
    };
    gauges.iter().map(wanted).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(bytes: usize) -> Gauge {
        Gauge { bytes, state: Flow::Open }
    }

    fn paused(bytes: usize) -> Gauge {
        Gauge { bytes, state: Flow::Paused }
    }

    #[test]
    fn one_partition_alone_may_hold_half_of_the_budget() {
        assert_eq!(adjust(&[open(50)], 100), [Flow::Open]);
        assert_eq!(adjust(&[open(51)], 100), [Flow::Paused]);
        assert_eq!(adjust(&[paused(34)], 100), [Flow::Paused]);
        assert_eq!(adjust(&[paused(33)], 100), [Flow::Open]);
    }

    #[test]
    fn a_quiet_partition_stays_open_beside_full_ones() {
        let full = [open(40), open(40), open(5)];
        assert_eq!(adjust(&full, 100), [Flow::Paused, Flow::Paused, Flow::Open]);
    }

    #[test]
    fn nothing_stays_paused_when_everything_is_empty() {
        assert_eq!(adjust(&[paused(0), paused(0)], 100), [Flow::Open, Flow::Open]);
        assert_eq!(adjust(&[paused(0)], 0), [Flow::Open]);
    }
}

//! Says how restoring goes, a line per second at most, for whoever waits for it. How far it is, is handed in.
//! A restore that is over within the second is not worth a line.

use std::time::{Duration, Instant};

const EVERY: Duration = Duration::from_secs(1);

/// When it was last said.
#[derive(Debug, Default)]
pub(super) struct Progress {
    said: Option<Instant>,
}

impl Progress {
    /// Says how far the partitions are that are being restored: the offset to be read next, and the end if it is known.
    pub(super) fn say(&mut self, restoring: impl Iterator<Item = (i64, Option<i64>)>) {
        if let Some((partitions, left)) = self.due(restoring, Instant::now()) {
            tracing::info!(partitions, left, "restoring memberships; their audience records wait");
        }
    }

    /// How many partitions are being restored and how many offsets are left of them, if that is to be said now.
    fn due(&mut self, restoring: impl Iterator<Item = (i64, Option<i64>)>, now: Instant) -> Option<(usize, i64)> {
        let (mut partitions, mut left) = (0, 0);
        for (next, end) in restoring {
            partitions += 1;
            left += end.map_or(0, |end| (end - next).max(0));
        }
        if partitions == 0 {
            self.said = None;
            return None;
        }
        let said = *self.said.get_or_insert(now);
        let is_due = now.duration_since(said) >= EVERY;
        if is_due {
            self.said = Some(now);
        }
        is_due.then_some((partitions, left))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_restore_is_told_of_every_second_and_a_short_one_never() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut progress = Progress::default();
        let two = || [(10, Some(100)), (0, None)].into_iter();
        assert_eq!(progress.due(two(), at(0)), None);
        assert_eq!(progress.due(two(), at(900)), None);
        assert_eq!(progress.due(two(), at(1_000)), Some((2, 90)));
        assert_eq!(progress.due(two(), at(1_900)), None);
        assert_eq!(progress.due(std::iter::empty(), at(1_950)), None);
        assert_eq!(progress.due(two(), at(2_500)), None, "another one begins");
        assert_eq!(progress.due(two(), at(3_500)), Some((2, 90)));
    }
}

//! When a partition counts as read to its end. A broker that has just taken over may say "end" before it knows of all that
//! was written, so its word alone does not do: Kafka is asked how far the partition goes, after that, and must agree.
//! Asking and reading are `reader`'s.

/// How far a partition is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Restore {
    /// The offset after the last record that was read.
    next: i64,
    /// The end Kafka has told last.
    end: Option<i64>,
    /// Whether the end was reached after that, as far as reading tells.
    is_at_end: bool,
    /// What did not fit when both were compared: the next offset, and the end.
    doubt: Option<(i64, i64)>,
    is_over: bool,
}

/// What follows an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Nothing: reading goes on, or is over.
    Read,
    /// Read from an offset once more, and see whether the end is still there.
    ReadAgain(i64),
}

impl Restore {
    /// A record was read.
    pub(super) fn read(&mut self, offset: i64) {
        self.next = offset + 1;
        self.is_at_end = false;
        self.compare();
    }

    /// Reading has come to an end.
    pub(super) fn reached(&mut self) {
        self.is_at_end = true;
    }

    /// Whether Kafka is to be asked how far the partition goes.
    pub(super) fn asks(&self) -> bool {
        !self.is_over && (self.end.is_none() || self.is_at_end)
    }

    /// Kafka has told the first offset there is, and the one after the last.
    pub(super) fn answered(&mut self, (low, high): (i64, i64)) -> Next {
        // What is below the low mark is gone.
        let end = if low >= high { 0 } else { high };
        self.end = Some(end);
        self.compare();
        if self.is_over || !std::mem::take(&mut self.is_at_end) {
            return Next::Read;
        }
        // The last records may be compacted away, or be none of anybody's. Then a second look finds the same.
        let doubt = Some((self.next, end));
        self.is_over = self.doubt == doubt;
        self.doubt = doubt;
        if self.is_over { Next::Read } else { Next::ReadAgain(self.next) }
    }

    /// It could not be read once more; Kafka is asked again first.
    pub(super) fn not_read_again(&mut self) {
        (self.is_at_end, self.doubt) = (true, None);
    }

    /// Whether everything was read that was there when Kafka was asked.
    pub(super) fn is_over(&self) -> bool {
        self.is_over
    }

    /// The offset to be read next, and the end if it is known.
    pub(super) fn progress(&self) -> (i64, Option<i64>) {
        (self.next, self.end)
    }

    fn compare(&mut self) {
        self.is_over |= self.end.is_some_and(|end| self.next >= end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_up_to_the_end_that_was_told_is_over() {
        let mut restore = Restore::default();
        assert!(restore.asks());
        assert_eq!(restore.answered((0, 2)), Next::Read);
        assert!(!restore.asks());
        restore.read(0);
        assert!(!restore.is_over());
        restore.read(1);
        assert!(restore.is_over() && !restore.asks());
        let mut gone = Restore::default();
        gone.answered((7, 7));
        assert!(gone.is_over(), "all of it is gone");
    }

    #[test]
    fn an_end_before_the_end_counts_only_when_kafka_agrees() {
        let mut restore = Restore::default();
        restore.answered((0, 100));
        restore.read(49);
        restore.reached();
        assert!(restore.asks() && !restore.is_over());
        assert_eq!(restore.answered((0, 100)), Next::ReadAgain(50));
        assert!(!restore.asks() && !restore.is_over(), "the broker did not know yet");
        restore.read(99);
        assert!(restore.is_over());
        let mut cut = Restore::default();
        cut.answered((0, 100));
        cut.read(49);
        cut.reached();
        assert_eq!(cut.answered((0, 50)), Next::Read);
        assert!(cut.is_over(), "the rest was never in the log");
    }

    #[test]
    fn an_end_before_kafka_has_told_one_is_over_when_it_tells_the_same() {
        let mut restore = Restore::default();
        restore.read(4);
        restore.reached();
        assert!(!restore.is_over());
        assert_eq!(restore.answered((0, 5)), Next::Read);
        assert!(restore.is_over());
    }

    #[test]
    fn an_end_with_nothing_left_behind_it_is_over_at_the_second_look() {
        let mut restore = Restore::default();
        restore.answered((0, 10));
        restore.read(6);
        restore.reached();
        assert_eq!(restore.answered((0, 10)), Next::ReadAgain(7));
        restore.not_read_again();
        assert!(restore.asks() && !restore.is_over());
        assert_eq!(restore.answered((0, 10)), Next::ReadAgain(7));
        restore.reached();
        assert!(restore.asks() && !restore.is_over());
        assert_eq!(restore.answered((0, 10)), Next::Read);
        assert!(restore.is_over());
    }
}

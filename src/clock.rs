//! The clocks of the process, read at the edges only: monotonic moments for waits, Kafka's time for ages.
//! Learns from confirmed appends how far the local clock is from Kafka's. A leaf: it knows only the times it hands out.

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::outcome::time::{ClockTrust, KafkaTime, Moment, Now};

/// How far the local clock may be off before nothing expires any more.
const MOST_SKEW_MS: i64 = 60_000;
/// A clock that no confirmation contradicted is believed after this: nothing may be appended, or not stamped by Kafka.
const BELIEVED_AFTER: Duration = Duration::from_secs(10);

/// The clocks of this process.
#[derive(Debug)]
pub struct Clock {
    began: Instant,
    /// Local minus Kafka's, in milliseconds.
    skew_ms: AtomicI64,
    compared: AtomicBool,
}

impl Default for Clock {
    fn default() -> Self {
        Self { began: Instant::now(), skew_ms: AtomicI64::new(0), compared: AtomicBool::new(false) }
    }
}

impl Clock {
    /// What the clocks say now.
    pub fn now(&self) -> Now {
        let skew = self.skew_ms();
        let moment = self.moment();
        let known = self.compared.load(Ordering::Relaxed) || moment >= Moment::after(BELIEVED_AFTER);
        let trust = match known {
            _ if skew.abs() > MOST_SKEW_MS => ClockTrust::Off,
            true => ClockTrust::Sane,
            false => ClockTrust::Unknown,
        };
        Now { moment, kafka: KafkaTime::from_millis(local_ms() - skew), trust }
    }

    /// The monotonic moment now.
    pub fn moment(&self) -> Moment {
        Moment::after(self.began.elapsed())
    }

    /// How long until a moment; nothing when it has passed.
    pub fn until(&self, moment: Moment) -> Duration {
        moment.since(self.moment())
    }

    /// Local minus Kafka's time, in milliseconds.
    pub fn skew_ms(&self) -> i64 {
        self.skew_ms.load(Ordering::Relaxed)
    }

    /// Learns from a record that Kafka stamped between two local times.
    ///
    /// The true difference lies between `sent - stamped` and `confirmed - stamped`; what is nearest to none is taken, so
    /// that a slow confirmation never looks like a wrong clock.
    pub fn observe(&self, sent_ms: i64, confirmed_ms: i64, stamped_ms: i64) {
        let (low, high) = (sent_ms - stamped_ms, confirmed_ms - stamped_ms);
        let skew = if low > 0 { low } else { high.min(0) };
        self.skew_ms.store(skew, Ordering::Relaxed);
        self.compared.store(true, Ordering::Relaxed);
    }
}

/// The local wall clock in milliseconds since 1970.
pub fn local_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_confirmation_is_no_skew_and_a_wrong_clock_is_off() {
        let clock = Clock::default();
        assert_eq!(clock.now().trust, ClockTrust::Unknown);
        clock.observe(1_000, 9_000, 5_000);
        assert_eq!((clock.skew_ms(), clock.now().trust), (0, ClockTrust::Sane));
        clock.observe(100_000, 100_010, 5_000);
        assert_eq!(clock.skew_ms(), 95_000);
        assert_eq!(clock.now().trust, ClockTrust::Off);
        let ahead = clock.now().kafka;
        assert!(KafkaTime::from_millis(local_ms()).since(ahead) >= Duration::from_secs(94));
        clock.observe(1_000, 1_010, 31_000);
        assert_eq!(clock.skew_ms(), -29_990);
        assert_eq!(clock.now().trust, ClockTrust::Sane);
    }
}

//! The two clocks: Kafka's time, by which ages are judged, and monotonic moments, by which waits are timed.
//! Plain values; reading a clock is the business of whoever calls the core.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::temporal::DateTimePrinter;

/// Milliseconds since 1970 by Kafka's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KafkaTime(i64);

impl KafkaTime {
    /// The time a Kafka timestamp means; negative ones (Kafka's "none") become 0.
    pub fn from_millis(millis: i64) -> Self {
        // The last moment the time library can print: a day before the end of 9999.
        Self(millis.clamp(0, 253_402_207_199_999))
    }

    /// Milliseconds since 1970.
    pub fn as_millis(self) -> i64 {
        self.0
    }

    /// Reads RFC 3339, as our headers have it; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let stamp: Timestamp = text.parse().ok()?;
        Some(Self::from_millis(stamp.as_millisecond()))
    }

    /// This time and a while.
    pub fn plus(self, wait: Duration) -> Self {
        Self::from_millis(self.0.saturating_add(i64::try_from(wait.as_millis()).unwrap_or(i64::MAX)))
    }

    /// How long after `earlier` this is; nothing when it is before.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0 - earlier.0).unwrap_or(0))
    }
}

impl fmt::Display for KafkaTime {
    /// RFC 3339 in UTC with milliseconds.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const PRINTER: DateTimePrinter = DateTimePrinter::new().precision(Some(3));
        match Timestamp::from_millisecond(self.0) {
            Ok(stamp) => f.write_str(&PRINTER.timestamp_to_string(&stamp)),
            Err(_) => write!(f, "{} ms", self.0),
        }
    }
}

/// A moment of the monotonic clock: the time since the process began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Moment(Duration);

impl Moment {
    /// The moment so long after the beginning.
    pub const fn after(start: Duration) -> Self {
        Self(start)
    }

    /// This moment and a while.
    pub fn plus(self, wait: Duration) -> Self {
        Self(self.0.saturating_add(wait))
    }

    /// How long after `earlier` this is; nothing when it is before.
    pub fn since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}

/// What the clocks say, handed to every decision.
#[derive(Clone, Copy, Debug)]
pub struct Now {
    /// For waits.
    pub moment: Moment,
    /// For ages.
    pub kafka: KafkaTime,
    /// Whether ages may be judged at all.
    pub trust: ClockTrust,
}

/// Whether the local clock agrees with Kafka's to a minute; if not, nothing expires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClockTrust {
    /// Within a minute.
    Sane,
    /// Not compared yet, since the process is young. What would expire is decided a moment later.
    Unknown,
    /// More than a minute off.
    Off,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_with_milliseconds_and_read_back() {
        let time = KafkaTime::from_millis(1_354_406_408_276);
        assert_eq!(time.to_string(), "2012-12-02T00:00:08.276Z");
        assert_eq!(KafkaTime::parse("2012-12-02T00:00:08.276Z"), Some(time));
        assert_eq!(KafkaTime::from_millis(0).to_string(), "1970-01-01T00:00:00.000Z");
        assert_eq!(KafkaTime::parse("yesterday"), None);
    }

    #[test]
    fn absurd_times_are_clamped_not_overflowed() {
        let far = KafkaTime::from_millis(i64::MAX).plus(Duration::MAX);
        assert_eq!(far.to_string(), "9999-12-30T21:59:59.999Z");
        assert_eq!(KafkaTime::from_millis(-1).as_millis(), 0);
        assert_eq!(KafkaTime::from_millis(5).since(far), Duration::ZERO);
    }
}

//! Where a fact came from: the record of the audiences topic (or a deletion's of the events topic) and Kafka's time
//! of it. Carried along in two headers by whatever the record becomes; both directions here, so that they agree.

use std::fmt::Write;

use jiff::Timestamp;
use jiff::fmt::temporal::DateTimePrinter;

const SOURCE: &str = "source";
const SOURCE_TIME: &str = "source-time";
/// The longest name Kafka allows a topic.
const LONGEST_TOPIC: usize = 249;
/// The last moment the time library can print: a day before the end of 9999.
const LAST_MILLIS: i64 = 253_402_207_199_999;

/// A record's place in the source, and Kafka's time of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The topic.
    pub topic: Box<str>,
    /// The partition.
    pub partition: i32,
    /// The offset.
    pub offset: i64,
    /// Kafka's time of the record, in milliseconds since 1970; neither negative nor after 9999.
    pub millis: i64,
}

/// Names and values of headers, to be appended in this order.
pub type Headers = Vec<(&'static str, String)>;

impl Source {
    /// `audiences/3@17`.
    pub fn position(&self) -> String {
        format!("{}/{}@{}", self.topic, self.partition, self.offset)
    }

    /// Adds the headers that say it.
    pub fn write(&self, headers: &mut Headers) {
        headers.push((SOURCE, self.position()));
        headers.push((SOURCE_TIME, printed(self.millis)));
    }

    /// Reads it from headers, which are asked for by name; `None` where they are not ours.
    pub fn read<'h>(header: impl Fn(&str) -> Option<&'h str>) -> Option<Self> {
        let (topic, position) = header(SOURCE)?.rsplit_once('/')?;
        let (partition, offset) = position.split_once('@')?;
        let (partition, offset) = (partition.parse().ok()?, offset.parse().ok()?);
        let readable = !topic.is_empty() && topic.len() <= LONGEST_TOPIC && partition >= 0 && offset >= 0;
        let millis = millis(header(SOURCE_TIME)?)?.clamp(0, LAST_MILLIS);
        readable.then(|| Self { topic: topic.into(), partition, offset, millis })
    }
}

/// The milliseconds of a time in RFC 3339; `None` for anything else.
pub(super) fn millis(text: &str) -> Option<i64> {
    text.parse::<Timestamp>().ok().map(Timestamp::as_millisecond)
}

/// A time in RFC 3339, in UTC with milliseconds.
pub(super) fn printed(millis: i64) -> String {
    const PRINTER: DateTimePrinter = DateTimePrinter::new().precision(Some(3));
    let stamp = Timestamp::from_millisecond(millis.clamp(0, LAST_MILLIS)).unwrap_or(Timestamp::UNIX_EPOCH);
    PRINTER.timestamp_to_string(&stamp)
}

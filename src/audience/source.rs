//! Where a fact came from: the record of the audiences topic (or a deletion's of the events topic) and Kafka's time
//! of it. Carried along in two headers by whatever the record becomes; both directions here, so that they agree.

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

#[cfg(test)]
mod tests {
    use super::*;

    fn read(position: &str, time: &str) -> Option<Source> {
        Source::read(|name| match name {
            SOURCE => Some(position),
            SOURCE_TIME => Some(time),
            _ => None,
        })
    }

    #[test]
    fn a_source_is_written_as_a_place_and_a_time_and_read_back() {
        let source = Source { topic: "my.topic-1".into(), partition: 3, offset: 17, millis: 1_354_406_408_276 };
        let mut headers = Headers::new();
        source.write(&mut headers);
        let expected = [(SOURCE, "my.topic-1/3@17"), (SOURCE_TIME, "2012-12-02T00:00:08.276Z")];
        assert_eq!(headers, expected.map(|(name, value)| (name, value.to_owned())));
        assert_eq!(read(&headers[0].1, &headers[1].1), Some(source));
    }

    #[test]
    fn what_is_no_source_is_not_read() {
        let time = "2012-12-02T00:00:08.276Z";
        for position in ["", "a", "a/1", "a@1", "/1@2", "a/1@", "a/-1@2", "a/1@-2", "a/99999999999@1"] {
            assert_eq!(read(position, time), None, "{position}");
        }
        assert_eq!(read("a/1@2", "never"), None);
        assert_eq!(read("a/1@2", "1969-01-01T00:00:00Z").map(|source| source.millis), Some(0));
        assert_eq!(printed(i64::MAX), "9999-12-30T21:59:59.999Z");
    }
}

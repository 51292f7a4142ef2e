//! `Retry-After` in both forms of RFC 9110 section 10.2.3: seconds, or a date in one of the three forms of
//! section 5.6.7. Plain data; the current time is an argument.

use std::time::Duration;

use jiff::civil::DateTime;
use jiff::fmt::rfc2822::DateTimeParser;
use jiff::tz::TimeZone;

use super::time::KafkaTime;

/// How long the receiver asks to wait, at most a year; a date in the past means no time at all.
///
/// `None` for what cannot be read (negative, fractions, words), which then counts as absent.
pub fn parse(text: &str, now: KafkaTime) -> Option<Duration> {
    const YEAR: Duration = Duration::from_secs(365 * 86_400);
    let text = text.trim_matches([' ', '\t']);
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
        let seconds = text.parse().unwrap_or(u64::MAX);
        return Some(Duration::from_secs(seconds).min(YEAR));
    }
    let date = date(text)?;
    Some(date.since(now).min(YEAR))
}

fn date(text: &str) -> Option<KafkaTime> {
    // A wrong day of the week is no reason to call a receiver early.
    const IMF: DateTimeParser = DateTimeParser::new().relaxed_weekday(true);
    let imf = || IMF.parse_timestamp(text).ok();
    let obsolete = |form| {
        let civil = DateTime::strptime(form, text).ok()?;
        Some(civil.to_zoned(TimeZone::UTC).ok()?.timestamp())
    };
    let stamp = imf().or_else(|| obsolete("%A, %d-%b-%y %H:%M:%S GMT")).or_else(|| obsolete("%a %b %e %H:%M:%S %Y"))?;
    Some(KafkaTime::from_millis(stamp.as_millisecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 1994-11-06T08:49:00Z, 37 seconds before the date of RFC 9110's examples.
    const NOW: i64 = 784_111_740_000;

    fn read(text: &str) -> Option<u64> {
        parse(text, KafkaTime::from_millis(NOW)).map(|wait| wait.as_secs())
    }

    #[test]
    fn seconds_and_all_three_dates_are_read() {
        assert_eq!(read("120"), Some(120));
        assert_eq!(read(" 0 "), Some(0));
        assert_eq!(read("Sun, 06 Nov 1994 08:49:37 GMT"), Some(37));
        assert_eq!(read("Sunday, 06-Nov-94 08:49:37 GMT"), Some(37));
        assert_eq!(read("Sun Nov  6 08:49:37 1994"), Some(37));
    }

    #[test]
    fn past_dates_are_no_time_and_huge_ones_a_year() {
        assert_eq!(read("Sun, 06 Nov 1994 08:00:00 GMT"), Some(0));
        assert_eq!(read("99999999999999999999999"), Some(31_536_000));
        assert_eq!(read("Fri, 31 Dec 9998 23:59:59 GMT"), Some(31_536_000));
    }

    #[test]
    fn what_cannot_be_read_counts_as_absent() {
        for text in ["", "-5", "1.5", "soon", "5s", "١٢", "Sun, 06 Nov", "\u{0}"] {
            assert_eq!(read(text), None, "{text:?}");
        }
    }
}

//! Durations as the file writes them: `250ms`, `10s`, `5m`, `4h`, `7d`. One whole number and one
//! unit; limits are the business of whoever reads the value.

use std::time::Duration;

use crate::outcome::schedule::Tier;

/// Why a text is not a duration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum DurationError {
    #[error("is not a duration")]
    Form,
    #[error("is a longer duration than can be counted")]
    TooLong,
}

/// The remedy for either error.
pub(super) const EXAMPLES: &str = "write a whole number and a unit: 250ms, 10s, 5m, 4h, 7d";

/// Reads a duration.
pub(super) fn parse(text: &str) -> Result<Duration, DurationError> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let milliseconds: u64 = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return Err(DurationError::Form),
    };
    if number.is_empty() {
        return Err(DurationError::Form);
    }
    number
        .parse::<u64>()
        .ok()
        .and_then(|count| count.checked_mul(milliseconds))
        .map(Duration::from_millis)
        .ok_or(DurationError::TooLong)
}

/// The shortest spelling: the largest unit that divides. For limits, which are at most 7 days.
pub(super) fn spell(duration: Duration) -> String {
    Tier::new(duration).map_or_else(|| "0ms".to_owned(), Tier::name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_unit_is_read() {
        for (text, ms) in [
            ("250ms", 250),
            ("10s", 10_000),
            ("5m", 300_000),
            ("4h", 14_400_000),
            ("72h", 259_200_000),
            ("7d", 604_800_000),
            ("0s", 0),
        ] {
            assert_eq!(parse(text), Ok(Duration::from_millis(ms)), "{text}");
        }
    }

    #[test]
    fn what_is_no_duration_is_refused() {
        for text in ["", "s", "10", "10 s", "1.5h", "-1s", "1h30m", "5M", "١s", "10S", "1e3s"] {
            assert_eq!(parse(text), Err(DurationError::Form), "{text}");
        }
        for text in ["99999999999999999999s", "18446744073709551615d"] {
            assert_eq!(parse(text), Err(DurationError::TooLong), "{text}");
        }
    }

    #[test]
    fn the_spelling_is_the_shortest_and_reads_back() {
        for (ms, spelled) in [(60_000, "1m"), (90_000, "90s"), (302_400_000, "84h"), (0, "0ms")] {
            let duration = Duration::from_millis(ms);
            assert_eq!(spell(duration), spelled);
            assert_eq!(parse(spelled), Ok(duration));
        }
    }
}

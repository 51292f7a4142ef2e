//! A date while it is put together from the numbers of a text, and the moment it is in the end. In which order numbers
//! come is for `parse` to find.

use super::calendar::Date;

/// Up to three numbers that say the day.
#[derive(Debug, Default)]
pub(super) struct Day {
    numbers: Vec<i64>,
    month: Option<i64>,
    /// Written as ISO 8601 has it: year, month, day, the year as it is.
    pub(super) is_iso: bool,
}

/// Up to four numbers: hour, minute, second, millisecond.
#[derive(Debug, Default)]
pub(super) struct Time {
    numbers: Vec<i64>,
    /// Of `am` and `pm`.
    pub(super) half: Option<i64>,
}

/// How far the zone is ahead of UTC.
#[derive(Debug, Default)]
pub(super) struct Offset {
    pub(super) sign: Option<i64>,
    pub(super) hour: Option<i64>,
    pub(super) minute: Option<i64>,
}

/// Everything a text says.
#[derive(Debug, Default)]
pub(super) struct Composed {
    pub(super) day: Day,
    pub(super) time: Time,
    pub(super) offset: Offset,
}

impl Composed {
    /// Milliseconds since 1970; none if the numbers make no date. Without a zone it is UTC.
    pub(super) fn millis(self) -> Option<f64> {
        let day = self.day.date()?.to_day();
        let (time, offset) = (self.time.millis()?, self.offset.minutes());
        Some(day as f64 * 86_400_000.0 + time as f64 - offset as f64 * 60_000.0)
    }
}

impl Day {
    /// False if there are three already.
    pub(super) fn add(&mut self, number: i64) -> bool {
        self.numbers.push(number);
        self.numbers.len() <= 3
    }

    pub(super) fn set_month(&mut self, month: i64) {
        self.month = Some(month);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }

    fn date(self) -> Option<Date> {
        let number = |index: usize| self.numbers.get(index).copied().unwrap_or(1);
        let (first, second, third) = (*self.numbers.first()?, number(1), number(2));
        let is_day = |number: i64| (1..=31).contains(&number);
        let (year, month, day) = match self.month {
            None if self.is_iso || !is_day(first) => (first, second, third),
            None => (third, first, second),
            Some(month) if !is_day(first) => (first, month, second),
            Some(month) => (second, month, first),
        };
        let year = match year {
            0..=49 if !self.is_iso => year + 2000,
            50..=99 if !self.is_iso => year + 1900,
            _ => year,
        };
        ((1..=12).contains(&month) && is_day(day)).then_some(Date { year, month, day })
    }
}

impl Time {
    /// False if there are four already.
    pub(super) fn add(&mut self, number: i64) -> bool {
        self.numbers.push(number);
        self.numbers.len() <= 4
    }

    /// Adds the last number; those that are missing are zero.
    pub(super) fn add_last(&mut self, number: i64) {
        self.numbers.push(number);
        self.numbers.resize(4, 0);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }

    /// Whether a number can be the next.
    pub(super) fn expects(&self, number: i64) -> bool {
        let end = match self.numbers.len() {
            1 | 2 => 60,
            3 => 1000,
            _ => 0,
        };
        (0..end).contains(&number)
    }

    fn millis(&self) -> Option<i64> {
        let number = |index: usize| self.numbers.get(index).copied().unwrap_or(0);
        let (mut hour, minute, second, milli) = (number(0), number(1), number(2), number(3));
        if let Some(half) = self.half {
            if !(0..=12).contains(&hour) {
                return None;
            }
            hour = hour % 12 + half;
        }
        let is_midnight = (hour, minute, second, milli) == (24, 0, 0, 0);
        let is_time = hour < 24 && minute < 60 && second < 60 && milli < 1000;
        (is_time || is_midnight).then_some(((hour * 60 + minute) * 60 + second) * 1000 + milli)
    }
}

impl Offset {
    pub(super) fn set_hours(&mut self, hours: i64) {
        self.sign = Some(if hours < 0 { -1 } else { 1 });
        self.hour = Some(hours.abs());
        self.minute = Some(0);
    }

    pub(super) fn is_utc(&self) -> bool {
        self.hour == Some(0) && self.minute == Some(0)
    }

    /// Whether a number can be its minutes.
    pub(super) fn expects(&self, number: i64) -> bool {
        self.hour.is_some() && self.minute.is_none() && (0..60).contains(&number)
    }

    fn minutes(&self) -> i64 {
        self.sign.unwrap_or(0) * (self.hour.unwrap_or(0) * 60 + self.minute.unwrap_or(0))
    }
}

/// The first three of the digits behind a point.
pub(super) fn milliseconds(number: i64, length: usize) -> i64 {
    match length {
        1 => number * 100,
        2 => number * 10,
        _ => (3..length.min(9)).fold(number, |number, _| number / 10),
    }
}

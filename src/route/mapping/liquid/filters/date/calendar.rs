//! Days and dates of the Gregorian calendar, extended to all years, without time and zone.
//! Also beyond the years 9999 that others end with: a time in milliseconds taken for seconds lies there.

/// A day in the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Date {
    pub(super) year: i64,
    /// From 1.
    pub(super) month: i64,
    /// From 1.
    pub(super) day: i64,
}

const DAYS_OF_400_YEARS: i64 = 146_097;
/// From 1 March of year 0 to 1 January 1970.
const TO_1970: i64 = 719_468;

impl Date {
    /// The date so many days after 1 January 1970.
    pub(super) fn of_day(day: i64) -> Self {
        // Years begin in March here, so that a leap day is their last.
        let day = day + TO_1970;
        let era = day.div_euclid(DAYS_OF_400_YEARS);
        let of_era = day.rem_euclid(DAYS_OF_400_YEARS);
        let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year + year / 4 - year / 100);
        let month = (5 * of_year + 2) / 153;
        let day = of_year - (153 * month + 2) / 5 + 1;
        let month = if month < 10 { month + 3 } else { month - 9 };
        Self { year: era * 400 + year + i64::from(month <= 2), month, day }
    }

    /// Days since 1 January 1970. A day beyond the end of its month counts on into the next.
    pub(super) fn to_day(self) -> i64 {
        let year = self.year - i64::from(self.month <= 2);
        let era = year.div_euclid(400);
        let of_era = year.rem_euclid(400);
        let month = (self.month + 9) % 12;
        let of_year = (153 * month + 2) / 5 + self.day - 1;
        era * DAYS_OF_400_YEARS + of_era * 365 + of_era / 4 - of_era / 100 + of_year - TO_1970
    }

    /// From 1.
    pub(super) fn day_of_year(self) -> i64 {
        self.to_day() - Self { month: 1, day: 1, ..self }.to_day() + 1
    }
}

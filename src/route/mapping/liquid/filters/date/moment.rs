//! A moment as it is shown somewhere: its date, its time of day, and the zone it is shown in.
//! Reading one from a text is `parse`'s.

use std::sync::LazyLock;

use jiff::Timestamp;
use jiff::tz::{TimeZone, TimeZoneDatabase};

use super::calendar::Date;

/// The zones of the IANA database, built in, so that every machine knows the same.
static ZONES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

const MILLIS_OF_DAY: i64 = 86_400_000;
/// After which the calendar repeats, weekdays too, and with them the rules of summer time.
const MILLIS_OF_400_YEARS: i64 = 146_097 * MILLIS_OF_DAY;
/// The last moment JavaScript knows, counted from 1970 in both directions.
const LAST: f64 = 8.64e15;

/// Where a moment is shown.
#[derive(Clone, Debug)]
pub(super) enum Zone {
    Utc,
    /// By its name in the IANA database, as written.
    Named(String, TimeZone),
    /// Minutes that UTC is ahead, as in JavaScript.
    Minutes(f64),
}

/// A moment in a zone.
#[derive(Clone, Debug)]
pub(super) struct Moment {
    /// Milliseconds since 1970, UTC.
    pub(super) millis: i64,
    pub(super) date: Date,
    /// 0 is Sunday.
    pub(super) weekday: i64,
    pub(super) hour: i64,
    pub(super) minute: i64,
    pub(super) second: i64,
    pub(super) milli: i64,
    /// Minutes that UTC is ahead.
    pub(super) behind: f64,
    /// What the zone is called, if it has a name.
    pub(super) zone: Option<String>,
}

impl Zone {
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(Self::Named(name.to_owned(), ZONES.get(name).ok()?))
    }

    fn behind(&self, millis: i64) -> f64 {
        match self {
            Self::Utc => 0.0,
            Self::Minutes(minutes) => *minutes,
            Self::Named(_, zone) => {
                let moment = Timestamp::from_millisecond(millis).or_else(|_| {
                    let alike = if millis < 0 { Timestamp::MIN.as_millisecond() } else { MILLIS_OF_400_YEARS };
                    Timestamp::from_millisecond(alike + millis.rem_euclid(MILLIS_OF_400_YEARS))
                });
                // One of the two is always within reach.
                moment.map_or(0.0, |moment| -f64::from(zone.to_offset(moment).seconds()) / 60.0)
            }
        }
    }
}

impl Moment {
    /// None if there is no such moment for JavaScript.
    pub(super) fn new(millis: f64, zone: Zone) -> Option<Self> {
        let millis = within(millis)?;
        let behind = zone.behind(millis);
        let shown = within(millis as f64 - behind * 60_000.0)?;
        let (day, of_day) = (shown.div_euclid(MILLIS_OF_DAY), shown.rem_euclid(MILLIS_OF_DAY));
        Some(Self {
            millis,
            date: Date::of_day(day),
            weekday: (day + 4).rem_euclid(7),
            hour: of_day / 3_600_000,
            minute: of_day / 60_000 % 60,
            second: of_day / 1000 % 60,
            milli: of_day % 1000,
            behind,
            zone: match zone {
                Zone::Utc => Some("UTC".to_owned()),
                Zone::Named(name, _) => Some(name),
                Zone::Minutes(_) => None,
            },
        })
    }
}

fn within(millis: f64) -> Option<i64> {
    (millis.abs() <= LAST).then_some(millis as i64)
}

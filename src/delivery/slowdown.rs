//! A lane that is throttled slows down: its rate halves, then climbs again until it limits nothing any more.
//!
//! The way of TCP: what a receiver takes is found by going a little faster until it complains. A thirtieth of the former
//! rate is added each second, and the longer nobody complains the more, so that a receiver which takes everything again
//! has everything again within minutes. Plain data; moments are arguments.

use std::time::Duration;

use crate::outcome::time::Moment;

/// No receiver is slowed below this, in requests per second.
const SLOWEST: f64 = 0.1;
/// A second with fewer requests says nothing of the rate a receiver does not take.
const FEW: f64 = 10.0;
/// What is added each second at least, in requests per second.
const SMALLEST_STEP: f64 = 0.05;
/// Seconds in which the former rate is added once.
const CLIMB: f64 = 30.0;
/// Seconds after which twice as much is added.
const HASTE: f64 = 30.0;
/// Two complaints within this are one.
const ROUND: Duration = Duration::from_secs(1);
/// What has limited nothing for so long is gone.
const IDLE: Duration = Duration::from_secs(10);

/// The rate of a lane whose receiver throttles.
#[derive(Clone, Copy, Debug)]
pub struct Slowdown {
    /// The rate after the last complaint, in requests per second.
    base: f64,
    /// What is added in the first second.
    step: f64,
    cut_at: Moment,
    /// It climbs from here on; not while the lane is paused.
    climbs_from: Moment,
    /// The last moment at which it held something back.
    limited_until: Moment,
}

impl Slowdown {
    /// Half of the rate that was measured when the first complaint came.
    pub fn begin(measured: f64, now: Moment) -> Self {
        Self::half_of(measured.max(FEW), now)
    }

    /// Hears another complaint, about an attempt that began at a moment.
    ///
    /// One about what was sent before the last cut, or within a second of it, is the same complaint.
    pub fn complain(&mut self, began: Moment, measured: f64, now: Moment) {
        if began < self.cut_at || now.since(self.cut_at) < ROUND {
            return;
        }
        let is_limiting = now.since(self.limited_until) < ROUND;
        let too_much = if is_limiting { self.per_second(now) } else { self.per_second(now).min(measured.max(FEW)) };
        let limited_until = self.limited_until;
        *self = Self::half_of(too_much, now);
        self.limits(limited_until);
    }

    fn half_of(per_second: f64, now: Moment) -> Self {
        let step = (per_second / CLIMB).max(SMALLEST_STEP);
        let base = (per_second / 2.0).max(SLOWEST);
        Self { base, step, cut_at: now, climbs_from: now, limited_until: now }
    }

    /// The rate now, in requests per second.
    pub fn per_second(&self, now: Moment) -> f64 {
        let seconds = now.since(self.climbs_from).as_secs_f64();
        self.base + self.step * seconds * (1.0 + seconds / (2.0 * HASTE))
    }

    /// Notes that it holds something back until a moment.
    pub fn limits(&mut self, until: Moment) {
        self.limited_until = self.limited_until.max(until);
    }

    /// Notes that the lane is paused until a moment; what it does not send nobody can complain of.
    pub fn pause(&mut self, until: Moment) {
        self.climbs_from = self.climbs_from.max(until);
        self.limits(until);
    }

    /// Whether it limits nothing any more.
    pub fn is_over(&self, now: Moment) -> bool {
        now.since(self.limited_until) >= IDLE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: f64) -> Moment {
        Moment::after(Duration::from_secs_f64(seconds))
    }

    #[test]
    fn a_burst_of_complaints_is_one() {
        let mut slow = Slowdown::begin(100.0, at(10.0));
        for index in 0..50 {
            slow.complain(at(9.9), 100.0, at(10.0 + f64::from(index) / 10.0));
        }
        slow.complain(at(10.2), 50.0, at(10.5));
        assert!((slow.per_second(at(10.0)) - 50.0).abs() < 1e-9, "{slow:?}");
        slow.complain(at(11.0), 50.0, at(11.5));
        assert!(slow.per_second(at(11.5)) < 28.0, "what was sent after it is a complaint anew: {slow:?}");
    }

    #[test]
    fn it_climbs_by_steps_and_is_back_in_half_a_minute() {
        let slow = Slowdown::begin(60.0, at(0.0));
        let rates: Vec<_> = (0..4).map(|second| slow.per_second(at(f64::from(second) * 5.0)).round()).collect();
        assert_eq!(rates, [30.0, 41.0, 53.0, 68.0]);
        assert!(slow.per_second(at(300.0)) > 3_000.0, "what takes everything again gets everything again");
    }

    #[test]
    fn what_is_measured_counts_when_it_is_less() {
        let mut slow = Slowdown::begin(100.0, at(0.0));
        slow.complain(at(2.0), 20.0, at(2.0));
        assert!((slow.per_second(at(2.0)) - 10.0).abs() < 1e-9, "{slow:?}");
        for second in 3..60 {
            slow.complain(at(f64::from(second)), 0.0, at(f64::from(second)));
        }
        assert!(slow.per_second(at(59.0)) >= SLOWEST, "it never stops");
    }

    #[test]
    fn it_is_gone_when_it_limits_nothing_any_more() {
        let mut slow = Slowdown::begin(10.0, at(0.0));
        assert!(!slow.is_over(at(9.9)) && slow.is_over(at(10.0)));
        slow.limits(at(30.0));
        assert!(!slow.is_over(at(39.0)));
        slow.pause(at(600.0));
        assert!(!slow.is_over(at(605.0)));
        assert!((slow.per_second(at(600.0)) - 5.0).abs() < 1e-9, "it does not climb in a pause");
    }
}

//! How fast a lane may make requests: evenly, without bursts, and without losing what a late wake-up costs.
//! Plain data; moments are arguments. Where the rate comes from (configuration, or a receiver that throttles) is `flow`'s.

use std::time::Duration;

use crate::outcome::time::Moment;

/// So much may come too early, to make up for waking too late: timers are exact to a millisecond or two, and a busy
/// process looks a little later. It bounds the burst as well.
pub const SLACK: Duration = Duration::from_millis(20);

/// Spreads requests evenly over time.
///
/// Requests with an interval of 100 ms, all wanted at 0: they go at 0, 80, 180, 280 ms and so on. One that waited and was
/// looked at too late does not put off those behind it, as long as it is late by less than itself takes. So in any time `t`
/// there are at most `t / interval` of them, two deliveries, and what the slack holds.
#[derive(Clone, Copy, Debug, Default)]
pub struct Meter {
    ready: Moment,
    /// Whether somebody has waited since the last one went.
    awaited: bool,
}

/// What one delivery took of the rate.
#[derive(Clone, Copy, Debug, Default)]
pub struct Spent {
    before: Moment,
    after: Moment,
}

impl Meter {
    /// When the next delivery may go.
    pub fn ready(&self) -> Moment {
        self.ready
    }

    /// Notes that the next one waits for its time.
    pub fn wait(&mut self) {
        self.awaited = true;
    }

    /// Takes back that a delivery went, if it was the last one.
    pub fn refund(&mut self, spent: Spent) {
        if self.ready == spent.after {
            self.ready = spent.before;
        }
    }

    /// Notes that a delivery goes which takes this time of the rate.
    pub fn spend(&mut self, time: Duration, now: Moment) -> Spent {
        // After a rest nothing is made up for.
        let slack = if std::mem::take(&mut self.awaited) { SLACK.max(time) } else { SLACK };
        let earliest = Moment::after(now.since(Moment::default()).saturating_sub(slack));
        let before = self.ready.max(earliest);
        self.ready = before.plus(time);
        Spent { before, after: self.ready }
    }
}

/// Counts requests by the second, to know how many there are in one.
#[derive(Clone, Copy, Debug, Default)]
pub struct Measured {
    since: Moment,
    count: usize,
    before: usize,
}

impl Measured {
    /// Counts requests that begin.
    pub fn count(&mut self, requests: usize, now: Moment) {
        const SECOND: Duration = Duration::from_secs(1);
        let passed = now.since(self.since);
        if passed >= SECOND {
            let next = if passed < 2 * SECOND { self.count } else { 0 };
            *self = Self { since: now, count: 0, before: next };
        }
        self.count += requests;
    }

    /// Requests per second lately.
    pub fn per_second(&self, now: Moment) -> f64 {
        let passed = now.since(self.since).as_secs_f64();
        // Counts are far below what a double holds exactly.
        match self.before {
            0 => self.count as f64 / passed.max(1.0),
            before => (before + self.count) as f64 / (1.0 + passed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Moment {
        Moment::after(Duration::from_millis(millis))
    }

    /// When deliveries go that all wait from the beginning, looked at every so many milliseconds.
    fn starts(interval: u64, step: u64, until: u64) -> Vec<u64> {
        let mut meter = Meter::default();
        let mut starts = Vec::new();
        for now in (1_000..1_000 + until).step_by(step as usize) {
            while meter.ready() <= at(now) {
                meter.spend(Duration::from_millis(interval), at(now));
                starts.push(now - 1_000);
            }
            meter.wait();
        }
        starts
    }

    #[test]
    fn requests_are_spread_evenly() {
        assert_eq!(starts(100, 1, 400), [0, 80, 180, 280, 380]);
    }

    #[test]
    fn a_wake_up_that_is_late_costs_nothing() {
        for step in [1, 3, 7, 11, 19, 97] {
            let count = starts(100, step, 60_000).len();
            assert!((598..=602).contains(&count), "{count} at 10 per second in a minute, looking every {step} ms");
        }
        for step in [1, 3, 7, 11, 19] {
            let count = starts(2, step, 10_000).len();
            assert!((4_980..=5_011).contains(&count), "{count} at 500 per second in 10 s, looking every {step} ms");
        }
    }

    #[test]
    fn after_a_rest_there_is_no_burst_beyond_the_slack() {
        let mut meter = Meter::default();
        meter.spend(Duration::from_millis(2), at(0));
        let mut burst = 0;
        while meter.ready() <= at(60_000) {
            meter.spend(Duration::from_millis(2), at(60_000));
            burst += 1;
        }
        assert_eq!(burst, 11);
    }

    #[test]
    fn what_was_late_is_followed_by_one_at_most() {
        let mut meter = Meter::default();
        meter.spend(Duration::from_millis(100), at(1_000));
        meter.wait();
        meter.spend(Duration::from_millis(100), at(9_000));
        assert_eq!(meter.ready(), at(9_000), "another one at once");
        meter.wait();
        meter.spend(Duration::from_millis(100), at(9_000));
        assert_eq!(meter.ready(), at(9_100), "and then they are even again");
    }

    #[test]
    fn what_began_lately_is_measured() {
        let mut measured = Measured::default();
        for index in 0..500 {
            measured.count(2, at(10_000 + index * 10));
        }
        let rate = measured.per_second(at(15_000));
        assert!((190.0..=210.0).contains(&rate), "{rate}");
        let mut burst = Measured::default();
        burst.count(60, at(90_000));
        assert!((burst.per_second(at(90_005)) - 60.0).abs() < 1e-9, "a burst counts as one of a second");
        assert!(burst.per_second(at(120_000)) < 3.0);
    }
}

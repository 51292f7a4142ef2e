//! What a destination says about how fast its receiver may be called, and when not at all.
//! Plain values, made by `config`; keeping to them is the business of `delivery`.

use std::time::Duration;

/// When a lane stops calling a receiver that keeps failing, and when it asks again (contract section 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BreakerTerms {
    /// Failed attempts in a row after which it opens; 0 turns it off.
    pub after: u32,
    /// From its opening to the first probe.
    pub probe: Duration,
    /// The longest time between two probes; it doubles until then.
    pub probe_max: Duration,
}

impl BreakerTerms {
    /// What holds where the configuration says nothing.
    pub const USUAL: Self = Self { after: 20, probe: Duration::from_secs(5), probe_max: Duration::from_secs(60) };
    /// A breaker that never opens.
    pub const OFF: Self = Self { after: 0, ..Self::USUAL };
}

/// Most requests per second that can be kept apart; more is no limit.
const MOST: f64 = 100_000.0;

/// A number of requests per second, kept as the time that one of them takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestRate(Duration);

impl RequestRate {
    /// A rate above 0 and up to 100,000 per second; `None` for any other.
    pub fn per_second(requests: f64) -> Option<Self> {
        let one = Some(requests).filter(|requests| *requests > 0.0 && *requests <= MOST)?.recip();
        // Slower than the clock can count is as slow as it can.
        Some(Self(Duration::try_from_secs_f64(one).unwrap_or(Duration::MAX)))
    }

    /// So many parts of it.
    pub fn part(self, own: u32, of: u32) -> Self {
        Self(self.0.saturating_mul(of) / own.max(1))
    }

    /// From one request to the next.
    pub fn interval(self) -> Duration {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_the_time_between_two_requests() {
        let interval = |requests| RequestRate::per_second(requests).map(RequestRate::interval);
        assert_eq!(interval(10.0), Some(Duration::from_millis(100)));
        assert_eq!(interval(0.5), Some(Duration::from_secs(2)));
        assert_eq!(interval(100_000.0), Some(Duration::from_micros(10)));
        assert_eq!(interval(1e-300), Some(Duration::MAX));
        let third = RequestRate::per_second(30.0).map(|rate| rate.part(1, 3).interval());
        assert_eq!(third, Some(Duration::from_nanos(99_999_999)));
        for odd in [0.0, -1.0, 100_000.1, f64::NAN, f64::INFINITY] {
            assert_eq!(interval(odd), None, "{odd}");
        }
    }
}

//! The breaker of a lane: after so many failures in a row the receiver is left alone, but for one probe now and then.
//!
//! ```text
//! closed ──`after` failures in a row──▶ open ──its time──▶ half-open (one probe) ──success──▶ closed, slowly at first
//!                                        ▲ ◀──failure, the next interval twice as long──┘
//! ```
//!
//! An attempt carries the era in which it began; one of a former era may close the breaker, for any answer shows that the
//! receiver is there, but its failure tells nothing new. Plain data; moments are arguments. What becomes of the
//! deliveries meanwhile is decided by `outcome::disposition` and the deliver core.

use std::time::Duration;

use super::defect::{Defect, planted};
use crate::outcome::time::Moment;
use crate::route::flow::BreakerTerms;

/// The breaker of one lane; closed at first.
#[derive(Clone, Debug, Default)]
pub struct Breaker {
    state: State,
    era: u32,
}

#[derive(Clone, Debug)]
enum State {
    /// Failures in a row; and the deliveries that may be under way, few while the lane starts slowly.
    Closed { failures: u32, most: usize },
    /// Since when, and when the next probe may go, so long after the last.
    Open { since: Moment, probe_at: Moment, interval: Duration },
    /// A probe is under way.
    HalfOpen { since: Moment, interval: Duration },
}

impl Default for State {
    fn default() -> Self {
        Self::Closed { failures: 0, most: usize::MAX }
    }
}

/// What an answer says of its receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// It is there.
    Well,
    /// It fails.
    Failing,
    /// Neither: it asks for patience, or there was no attempt.
    Unclear,
}

/// When an attempt was begun, as far as the breaker needs to know.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Begun {
    era: u32,
    probe: bool,
}

impl Begun {
    /// Whether it is the one attempt an open breaker lets through.
    pub fn is_probe(self) -> bool {
        self.probe
    }
}

/// Whether an attempt may begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gate {
    /// Yes.
    Open,
    /// Not before this.
    Until(Moment),
    /// Not before a probe is answered.
    Shut,
}

/// A change of state that people want to know of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// It opened after so many failures in a row.
    Opened(u32),
    /// It closed after this time.
    Closed(Duration),
}

/// The state as a metric has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Position {
    /// Everything goes.
    #[default]
    Closed = 0,
    /// A probe is under way.
    HalfOpen = 1,
    /// Nothing goes.
    Open = 2,
}

impl Breaker {
    /// Whether an attempt may begin now.
    pub fn gate(&self, now: Moment) -> Gate {
        match self.state {
            State::Open { probe_at, .. } if now < probe_at => Gate::Until(probe_at),
            State::HalfOpen { .. } if !planted(Defect::ProbesUnlimited) => Gate::Shut,
            _ => Gate::Open,
        }
    }

    /// Notes that an attempt begins, which the gate allowed.
    pub fn begin(&mut self) -> Begun {
        let probe = matches!(self.state, State::Open { .. });
        if let State::Open { since, interval, .. } = self.state {
            self.state = State::HalfOpen { since, interval };
        }
        Begun { era: self.era, probe }
    }

    /// Hears of an attempt's end, and says what changed.
    pub fn hear(&mut self, begun: Begun, sign: Sign, heard: (BreakerTerms, Moment)) -> Option<Turn> {
        let (terms, now) = heard;
        match (&mut self.state, sign) {
            (State::Closed { failures, most }, Sign::Well) => {
                *failures = 0;
                // One more for each success doubles the limit with every round.
                *most = most.saturating_add(1);
                None
            }
            (State::Closed { failures, .. }, Sign::Failing) if begun.era == self.era && terms.after > 0 => {
                *failures += 1;
                let failures = *failures;
                (failures >= terms.after).then(|| self.open(failures, terms, now))
            }
            (State::Open { since, .. } | State::HalfOpen { since, .. }, Sign::Well)
                if !planted(Defect::BreakerStaysOpen) =>
            {
                let open_for = now.since(*since);
                self.state = State::Closed { failures: 0, most: 1 };
                self.era += 1;
                Some(Turn::Closed(open_for))
            }
            (State::HalfOpen { .. }, _) if begun.era == self.era && begun.probe => {
                self.probe_later(sign, terms, now);
                None
            }
            _ => None,
        }
    }

    /// A probe came to nothing: its attempt was never made.
    pub fn void(&mut self, begun: Begun, now: Moment) {
        if let State::HalfOpen { since, interval } = self.state
            && begun.era == self.era
            && begun.probe
        {
            self.state = State::Open { since, probe_at: now, interval };
        }
    }

    /// How long it has been open; none while it is closed.
    pub fn open_for(&self, now: Moment) -> Option<Duration> {
        match self.state {
            State::Closed { .. } => None,
            State::Open { since, .. } | State::HalfOpen { since, .. } => Some(now.since(since)),
        }
    }

    /// Deliveries that may be under way, fewer than the lane's own limit while it starts slowly.
    pub fn most_in_flight(&self, own: usize) -> usize {
        match self.state {
            State::Closed { most, .. } => own.min(most),
            // The gate limits it.
            State::Open { .. } | State::HalfOpen { .. } => own,
        }
    }

    /// The state as a metric has it.
    pub fn position(&self) -> Position {
        match self.state {
            State::Closed { .. } => Position::Closed,
            State::HalfOpen { .. } => Position::HalfOpen,
            State::Open { .. } => Position::Open,
        }
    }

    fn open(&mut self, failures: u32, terms: BreakerTerms, now: Moment) -> Turn {
        self.era += 1;
        self.state = State::Open { since: now, probe_at: now.plus(terms.probe), interval: terms.probe };
        Turn::Opened(failures)
    }

    /// A failed probe makes the next one wait twice as long; one that told nothing as long as before.
    fn probe_later(&mut self, sign: Sign, terms: BreakerTerms, now: Moment) {
        if let State::HalfOpen { since, interval } = self.state {
            let interval = match sign {
                Sign::Failing => interval.saturating_mul(2).min(terms.probe_max.max(terms.probe)),
                Sign::Well | Sign::Unclear => interval,
            };
            self.state = State::Open { since, probe_at: now.plus(interval), interval };
        }
    }
}

#[cfg(test)]
mod tests;

//! A lane as somebody sees it who watches its receiver and hears what its process hears: whether its breaker must be open,
//! whether its receiver wants to be left alone, how many requests it has made. The rules of the contract once more, in
//! other words than the program's; they never ask the core.

use std::collections::{BTreeSet, VecDeque};

use kafka_webhooks::delivery::lane::LaneLimits;
use kafka_webhooks::kafka::record::Token;
use kafka_webhooks::outcome::Outcome;
use kafka_webhooks::outcome::disposition::Attempted;

use crate::receivers::{PROBE, WINDOW};
use crate::violation::{Checked, Invariant, hold};

/// How much too early a request of a limited lane may come, in milliseconds.
const SLACK: f64 = 20.0;
/// Requests of a lane that are remembered.
const REMEMBERED: usize = 60;

/// What is known of a lane.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    /// Failures in a row, of attempts that began since the breaker last opened or closed.
    row: u32,
    /// Since when it is open.
    open: Option<i64>,
    /// How often it opened or closed.
    era: u32,
    /// Attempts under way that began while it was open.
    probes: BTreeSet<Token>,
    paused_until: i64,
    /// When deliveries began, lately.
    begun: VecDeque<(Token, i64)>,
}

/// What an answer changed, for the report.
pub(crate) type Seen = Option<&'static str>;

impl Watch {
    pub(crate) fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// An attempt begins; answers the era it belongs to, and whether it is a probe.
    pub(crate) fn begins(&mut self, token: Token, limits: &LaneLimits, now: i64) -> Checked<(u32, bool)> {
        hold(now >= self.paused_until, Invariant::PausesHold, || {
            format!("{token:?} begins at {now}, in a pause until {}", self.paused_until)
        })?;
        if let Some(since) = self.open {
            self.probes.insert(token);
            let alone = self.probes.len() == 1 && now >= since + PROBE;
            hold(alone, Invariant::OneProbeAtATime, || format!("{token:?} begins at {now}: {self:?}"))?;
        }
        self.begun.push_back((token, now));
        if self.begun.len() > REMEMBERED {
            self.begun.pop_front();
        }
        self.keeps_its_rate(limits, now)?;
        Ok((self.era, self.open.is_some()))
    }

    /// The same attempt begins again, after a failure of our own.
    pub(crate) fn resumes(&mut self, token: Token, now: i64) -> Checked {
        hold(now >= self.paused_until, Invariant::PausesHold, || {
            format!("{token:?} is resumed at {now}, in a pause until {}", self.paused_until)
        })?;
        if self.open.is_some() {
            self.probes.insert(token);
            let alone = self.probes.len() == 1;
            hold(alone, Invariant::OneProbeAtATime, || format!("{token:?} is resumed at {now}: {self:?}"))?;
        }
        Ok(())
    }

    /// It could not be made.
    pub(crate) fn fails_here(&mut self, token: Token) {
        self.probes.remove(&token);
        self.begun.retain(|(begun, _)| *begun != token);
    }

    /// An attempt of an era has ended.
    pub(crate) fn ends(&mut self, ended: (Token, u32), attempted: Attempted, heard: (&LaneLimits, i64)) -> Seen {
        let ((token, era), (limits, now)) = (ended, heard);
        self.probes.remove(&token);
        match attempted.outcome {
            Outcome::Delivered | Outcome::Rejected | Outcome::InvalidRequest => {
                self.row = 0;
                self.open.take().map(|_| self.turns("breaker closed"))
            }
            Outcome::Throttled => {
                let asked = attempted.retry_after.map_or(0, |wait| wait.as_millis() as i64);
                self.paused_until = self.paused_until.max(now + asked.min(WINDOW));
                (asked > 0).then_some("paused")
            }
            _ if self.open.is_some() || era != self.era => None,
            _ => {
                self.row += 1;
                let opens = limits.breaker.after > 0 && self.row >= limits.breaker.after;
                opens.then(|| {
                    self.open = Some(now);
                    self.turns("breaker opened")
                })
            }
        }
    }

    fn turns(&mut self, what: &'static str) -> &'static str {
        self.era += 1;
        self.row = 0;
        self.probes.clear();
        what
    }

    fn keeps_its_rate(&self, limits: &LaneLimits, now: i64) -> Checked {
        let Some(rate) = limits.rate else { return Ok(()) };
        let one = rate.interval().as_secs_f64() * 1e3 * limits.requests as f64;
        for (index, (_, first)) in self.begun.iter().enumerate() {
            let count = (self.begun.len() - index) as f64;
            // One may follow at once on one that was late. Moments are whole milliseconds here.
            let most = 1.0 + ((now - first) as f64 + SLACK.max(one) + 1.0) / one;
            hold(count <= most, Invariant::RatesHold, || {
                format!("{count} deliveries since {first} at {now}, one each {one} ms")
            })?;
        }
        Ok(())
    }
}

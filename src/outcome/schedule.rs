//! Tiers and the window: when the next attempt is due, or that there is none.
//! Plain data: time comes in as an argument.

use std::time::Duration;

/// One delay topic: its wait, and the one spelling of it that names the topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tier(Duration);

impl Tier {
    /// A tier of whole milliseconds between 1 ms and 7 days; `None` for anything else.
    pub fn new(wait: Duration) -> Option<Self> {
        let whole = wait.subsec_nanos() % 1_000_000 == 0;
        (whole && !wait.is_zero() && wait <= Duration::from_secs(7 * 86_400)).then_some(Self(wait))
    }

    /// How long records wait in it.
    pub fn wait(self) -> Duration {
        self.0
    }

    /// The canonical spelling: the largest unit that divides (`1m`, not `60s`).
    pub fn name(self) -> String {
        let ms = self.0.as_millis();
        for (unit, name) in [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1_000, "s")] {
            if ms % unit == 0 {
                return format!("{}{name}", ms / unit);
            }
        }
        format!("{ms}ms")
    }
}

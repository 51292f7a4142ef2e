//! What a run is made of: how many replicas, which steps how often, which faults. Three moods: calm has no fault and no
//! rebalance, moving has rebalances that end well, rough has everything.

use crate::rng::Rng;

/// One thing that may happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// The route stage appends deliveries.
    Produce,
    /// The route stage, after a crash, appends one again.
    Copy,
    /// A client polls: stores what was left, hands over records.
    Poll,
    /// An attempt ends.
    Finish,
    /// Kafka answers an append.
    Confirm,
    /// A stage looks around.
    Turn,
    /// A little time passes.
    Tick,
    /// Much time passes.
    Leap,
    Commit,
    /// The delay stage asks for the deliver group's lag, or hears it.
    Credit,
    /// A member gets partitions.
    Assign,
    /// A member is to hand partitions back.
    Revoke,
    /// A member's session ends without its knowing.
    Lose,
    /// It hears of it.
    HearLost,
    Crash,
    Restart,
    /// A receiver changes its manner.
    Change,
    /// A topic begins or ends to refuse writes.
    Refuse,
    /// An append of a dead process arrives after all.
    Land,
}

/// How much goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mood {
    Calm,
    Moving,
    Rough,
}

/// A run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    pub(crate) mood: Mood,
    pub(crate) replicas: usize,
}

const WORK: [(Step, usize); 9] = [
    (Step::Produce, 270),
    (Step::Poll, 480),
    (Step::Finish, 900),
    (Step::Confirm, 900),
    (Step::Turn, 120),
    (Step::Tick, 300),
    (Step::Commit, 120),
    (Step::Credit, 150),
    (Step::Assign, 90),
];
const MOVES: [(Step, usize); 1] = [(Step::Revoke, 4)];
const FAULTS: [(Step, usize); 9] = [
    (Step::Copy, 8),
    (Step::Leap, 6),
    (Step::Lose, 1),
    (Step::HearLost, 30),
    (Step::Crash, 1),
    (Step::Restart, 30),
    (Step::Change, 8),
    (Step::Refuse, 2),
    (Step::Land, 18),
];

impl Plan {
    /// Everything that can go wrong, with two to four replicas.
    pub(crate) fn rough(seed: u64) -> Self {
        Self { mood: Mood::Rough, replicas: 2 + (seed % 3) as usize }
    }

    fn tables(self) -> &'static [&'static [(Step, usize)]] {
        match self.mood {
            Mood::Calm => &[&WORK],
            Mood::Moving => &[&WORK, &MOVES],
            Mood::Rough => &[&WORK, &MOVES, &FAULTS],
        }
    }

    /// The next step.
    pub(crate) fn draw(self, rng: &mut Rng) -> Step {
        let all = || self.tables().iter().copied().flatten();
        let mut left = rng.below(all().map(|(_, weight)| weight).sum());
        for (step, weight) in all() {
            match left.checked_sub(*weight) {
                Some(rest) => left = rest,
                None => return *step,
            }
        }
        Step::Turn
    }
}

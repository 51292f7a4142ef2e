//! What the simulation asserts, by name. Each check says in a sentence what it saw; where it is made is where the
//! thing happens: attempts and appends in `turn`, commits and landings in `facts`, the end in `quiet`.

use std::fmt;

/// An invariant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Invariant {
    /// A committed offset has only settled records below it, and never goes back.
    OffsetsPassOnlySettled,
    /// No record leaves a tier, and none is attempted, before its wait is over.
    NeverEarly,
    /// Every delivery ends delivered or dead, with the same bytes.
    NothingGone,
    /// A dead letter's reason is what happened.
    ReasonsAreTrue,
    /// Nothing is attempted or appended more often than faults explain; without faults exactly once.
    RepeatsAreExplained,
    /// Within one process no copy starts beside its twin or after it was settled.
    CopiesDoNotLiveOn,
    /// Lanes and the process keep to their limits, and every permit comes back.
    PermitsComeBack,
    /// What is held is bounded, and nothing is held at the end.
    MemoryIsBounded,
    /// No wait is begun that ends past the window, and nothing expires early.
    WindowIsKept,
    /// While a breaker is open, at most one attempt is under way that began since, and none before the first probe is due.
    OneProbeAtATime,
    /// No attempt begins while a receiver wants to be left alone.
    PausesHold,
    /// What goes together belongs together, and no more of it than is allowed.
    BatchesAreRight,
    /// No lane makes more requests than its rate and the slack allow.
    RatesHold,
    /// A stage that has looked around has nothing to do before the moment it names.
    WakesAreAhead,
    /// What is known of a user is what the newest records say, in memory and in the log.
    MembershipsAreTheFold,
    /// Whoever hears all calls in the order of the log ends with what is true.
    CallsEndAtTheFold,
    /// Once faults stop, everything is settled soon.
    Liveness,
    /// The run saw what it is meant to see.
    ProvesSomething,
}

/// An invariant that did not hold.
#[derive(Clone, Debug)]
pub(crate) struct Violation {
    pub(crate) invariant: Invariant,
    pub(crate) detail: String,
    /// The seed and the step, to replay it with.
    pub(crate) seed: u64,
    pub(crate) step: u64,
}

/// A check's answer; seed and step are added by `world`.
pub(crate) type Checked<T = ()> = Result<T, Broken>;

/// What a check found.
#[derive(Clone, Debug)]
pub(crate) struct Broken(pub(crate) Invariant, pub(crate) String);

/// Fails with a sentence unless something holds.
pub(crate) fn hold(holds: bool, invariant: Invariant, detail: impl FnOnce() -> String) -> Checked {
    if holds { Ok(()) } else { Err(Broken(invariant, detail())) }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { invariant, detail, seed, step } = self;
        write!(f, "{invariant:?} broken at step {step} of SIM_SEED={seed}: {detail}")
    }
}

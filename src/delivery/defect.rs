//! Defects that the simulation plants, one at a time, to prove that it would notice them.
//! Each names the line that keeps an invariant: the one that asks for it. Release builds hold none of this.

/// A way to break the core.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Defect {
    /// The offset handed to Kafka is one higher than the first unsettled record.
    OffsetOneTooHigh,
    /// A completion of a former assignment counts for the present one.
    EpochIgnored,
    /// A delivery counts as settled when its append is asked for, not when it is confirmed.
    SettledBeforeConfirmed,
    /// A tier lets its head go before it is due.
    TierEarly,
    /// A finished attempt does not give its permit back.
    PermitLeaked,
    /// A copy of something settled lives on.
    CopyKept,
    /// A delay lives on although a later tenure answers for its delivery.
    TakeoverForgotten,
    /// A delay of a former assignment counts as one of the present one.
    StaleDelayCounts,
    /// What the delay stage returned twice lives on twice.
    ReturnedTwice,
    /// An open breaker lets more than one probe through at once.
    ProbesUnlimited,
    /// A breaker does not close when its receiver is back.
    BreakerStaysOpen,
    /// A lane goes on although its receiver asked to be left alone.
    PauseIgnored,
    /// A lane goes faster than its rate.
    RateIgnored,
    /// A batch takes what differs in its key.
    BatchMixed,
    /// An audience record that is older than what is known changes it.
    OldFactTaken,
    /// A record does not wait for one before it of the same user and audience.
    KeyDoesNotWait,
    /// A newer record that says the same is not appended, so that its version is forgotten.
    UnchangedForgotten,
    /// Records older than the deletion of their user count.
    DeletionForgotten,
    /// Records are decided before what is known was read.
    RestoreNotAwaited,
    /// What is read for a former assignment counts for the present one.
    StaleRestoreCounts,
    /// Of a key the last record in the log holds, not the newest.
    LastRecordWins,
    /// A late append of a former owner stays the last of its key.
    WrongRecordStays,
}

impl Defect {
    /// Those of deliveries; the simulation lists and catches each.
    pub const OF_DELIVERIES: [Self; 14] = [
        Self::OffsetOneTooHigh,
        Self::EpochIgnored,
        Self::SettledBeforeConfirmed,
        Self::TierEarly,
        Self::PermitLeaked,
        Self::CopyKept,
        Self::TakeoverForgotten,
        Self::StaleDelayCounts,
        Self::ReturnedTwice,
        Self::ProbesUnlimited,
        Self::BreakerStaysOpen,
        Self::PauseIgnored,
        Self::RateIgnored,
        Self::BatchMixed,
    ];

    /// Those of memberships; the simulation of audiences lists and catches each.
    pub const OF_MEMBERSHIPS: [Self; 10] = [
        Self::OffsetOneTooHigh,
        Self::SettledBeforeConfirmed,
        Self::OldFactTaken,
        Self::KeyDoesNotWait,
        Self::UnchangedForgotten,
        Self::DeletionForgotten,
        Self::RestoreNotAwaited,
        Self::StaleRestoreCounts,
        Self::LastRecordWins,
        Self::WrongRecordStays,
    ];
}

#[cfg(debug_assertions)]
thread_local! {
    static PLANTED: std::cell::Cell<Option<Defect>> = const { std::cell::Cell::new(None) };
}

/// Plants a defect in this thread, or takes it out again. Does nothing in release builds.
pub fn plant(defect: Option<Defect>) {
    #[cfg(debug_assertions)]
    PLANTED.with(|planted| planted.set(defect));
    #[cfg(not(debug_assertions))]
    let _ = defect;
}

/// Whether this defect is planted in this thread; always false in release builds.
#[inline]
pub(crate) fn planted(defect: Defect) -> bool {
    #[cfg(debug_assertions)]
    return PLANTED.with(std::cell::Cell::get) == Some(defect);
    #[cfg(not(debug_assertions))]
    {
        let _ = defect;
        false
    }
}

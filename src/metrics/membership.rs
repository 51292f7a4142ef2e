//! What is counted of audiences: who is in what, what changed, and how restoring goes.
//! Told by the diff stage; names and meanings are contract section 10.

use prometheus::{IntCounter, IntGauge};

use super::make::Maker;

/// What a change of a membership is to a receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// A user came into an audience.
    Entered,
    /// A user left one.
    Exited,
    /// A computed trait has another value.
    Changed,
}

/// What a record of the keyed topic comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judged {
    /// It changes what is known.
    Changed,
    /// It is newer and says the same.
    Unchanged,
    /// It is older than what is known.
    Outdated,
    /// It is the very record that is known.
    Repeated,
}

/// The counters of audiences.
#[derive(Debug)]
pub struct MembershipMetrics {
    /// Members and known traits of the partitions held here.
    pub held: IntGauge,
    /// Records read to restore a partition.
    pub restored: IntCounter,
    /// Partitions that are being restored.
    pub restoring: IntGauge,
    /// Records appended again, because the last one of their key was an older replica's.
    pub heals: IntCounter,
    /// Names that fell on a key which another name has.
    pub collisions: IntCounter,
    changes: [IntCounter; 3],
    records: [IntCounter; 4],
}

impl Change {
    const ALL: [Self; 3] = [Self::Entered, Self::Exited, Self::Changed];

    /// The label.
    pub fn label(self) -> &'static str {
        match self {
            Self::Entered => "entered",
            Self::Exited => "exited",
            Self::Changed => "changed",
        }
    }
}

impl Judged {
    const ALL: [Self; 4] = [Self::Changed, Self::Unchanged, Self::Outdated, Self::Repeated];

    /// The label.
    pub fn label(self) -> &'static str {
        match self {
            Self::Changed => "changed",
            Self::Unchanged => "unchanged",
            Self::Outdated => "outdated",
            Self::Repeated => "repeated",
        }
    }
}

impl MembershipMetrics {
    pub(super) fn new(make: &Maker<'_>) -> Result<Self, prometheus::Error> {
        let changes = make.counters(
            "webhooks_membership_changes_total",
            "Changes of memberships and computed traits.",
            &["change"],
        )?;
        let records = make.counters(
            "webhooks_membership_records_total",
            "Audience records judged, by what each came to.",
            &["result"],
        )?;
        Ok(Self {
            held: make.gauge("webhooks_memberships", "Members and known computed traits that this replica holds.")?,
            restored: make.counter("webhooks_memberships_restored_total", "Records read to restore memberships.")?,
            restoring: make
                .gauge("webhooks_memberships_restoring", "Partitions whose memberships are being restored.")?,
            heals: make.counter(
                "webhooks_membership_heals_total",
                "Memberships appended again after an older replica's late append.",
            )?,
            collisions: make.counter(
                "webhooks_audience_name_collisions_total",
                "Audience names that fell on the key of another name.",
            )?,
            changes: Change::ALL.map(|change| changes.with_label_values(&[change.label()])),
            records: Judged::ALL.map(|judged| records.with_label_values(&[judged.label()])),
        })
    }

    /// Counts a change that is in the log.
    pub fn changed(&self, change: Change) {
        self.changes[change as usize].inc();
    }

    /// Counts what a record came to.
    pub fn judged(&self, judged: Judged) {
        self.records[judged as usize].inc();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_label_has_the_counter_of_its_place() {
        let metrics = MembershipMetrics::new(&Maker(&prometheus::Registry::new())).unwrap();
        for (place, change) in Change::ALL.into_iter().enumerate() {
            metrics.changed(change);
            assert_eq!(metrics.changes[place].get(), 1, "{}", change.label());
        }
        for (place, judged) in Judged::ALL.into_iter().enumerate() {
            metrics.judged(judged);
            assert_eq!(metrics.records[place].get(), 1, "{}", judged.label());
        }
    }
}

//! Why a destination gets nothing of an event: the reason, which metrics count, and the words for a person, which say more.
//! When it is so is decided by `routes`.

use std::fmt;

use super::filter::{Dropped, Filters};
use crate::event::Call;

/// Why a destination gets nothing of an event; the `reason` label of metrics and of `explain`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Filtered {
    /// The destination's type does not take this call.
    UnsupportedEventType,
    /// The event's `integrations` object says no.
    FilteredByIntegrationsObject,
    /// A rule of the destination says no: one of its filters, or it does not want to hear of this audience.
    FilteredByRules,
    /// None of the destination's mappings wants it.
    NoMatchingMapping,
    /// The destination is not enabled.
    DestinationDisabled,
}

/// The same with what a person needs to find the place.
#[derive(Clone, Debug)]
pub enum Refusal<'a> {
    /// The destination's type does not take this call.
    Unsupported(Call),
    /// The event's `integrations` object says no.
    Integrations,
    /// It is about an audience that the destination does not want to hear of.
    Audience,
    /// A filter says no.
    Filter {
        /// All of the destination.
        filters: &'a Filters,
        /// Which one it is, and why.
        dropped: Dropped,
    },
    /// None of the mappings wants it.
    NoMapping,
    /// The destination is not enabled.
    Disabled,
}

impl Filtered {
    /// Every reason, in the order of declaration, for metrics that exist from the start.
    pub const ALL: [Self; 5] = [
        Self::UnsupportedEventType,
        Self::FilteredByIntegrationsObject,
        Self::FilteredByRules,
        Self::NoMatchingMapping,
        Self::DestinationDisabled,
    ];

    /// The word in metrics and output.
    pub fn label(self) -> &'static str {
        match self {
            Self::UnsupportedEventType => "unsupported_event_type",
            Self::FilteredByIntegrationsObject => "filtered_by_integrations_object",
            Self::FilteredByRules => "filtered_by_rules",
            Self::NoMatchingMapping => "no_matching_mapping",
            Self::DestinationDisabled => "destination_disabled",
        }
    }

    /// Its place in [`Filtered::ALL`].
    pub fn index(self) -> usize {
        self as usize
    }
}

impl Refusal<'_> {
    /// What metrics count it as.
    pub fn reason(&self) -> Filtered {
        match self {
            Self::Unsupported(_) => Filtered::UnsupportedEventType,
            Self::Integrations => Filtered::FilteredByIntegrationsObject,
            Self::Audience | Self::Filter { .. } => Filtered::FilteredByRules,
            Self::NoMapping => Filtered::NoMatchingMapping,
            Self::Disabled => Filtered::DestinationDisabled,
        }
    }
}

impl fmt::Display for Refusal<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsupported(Call::Other) => f.write_str(
                "its type is none of page, screen, identify, track, alias, group and delete, exactly so written",
            ),
            Self::Unsupported(call) => write!(f, "this type of destination takes no {} calls", call.name()),
            Self::Integrations => f.write_str("the event's integrations object says no"),
            Self::Audience => f.write_str("the destination's `audiences` leave this one out"),
            Self::Filter { filters, dropped } => write!(f, "{}: {}", filters.name(dropped.by), dropped.why),
            Self::NoMapping => f.write_str("none of its mappings wants the event"),
            Self::Disabled => f.write_str("the destination is not enabled"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_stands_at_its_place() {
        for (index, reason) in Filtered::ALL.into_iter().enumerate() {
            assert_eq!(reason.index(), index, "{}", reason.label());
        }
    }
}

//! Which destinations want an event, and why the others do not. Decided on the borrowed event; no I/O, no state.
//! Making deliveries durable is the business of the route stage.

pub mod destination;
pub mod integrations;

/// Why a destination gets nothing of an event; the `reason` label of metrics and of `explain`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Filtered {
    /// The destination's type does not take this call.
    UnsupportedEventType,
    /// The event's `integrations` object says no.
    FilteredByIntegrationsObject,
    /// The destination is not enabled.
    DestinationDisabled,
}

impl Filtered {
    /// Every reason, for metrics that exist from the start.
    pub const ALL: [Self; 3] =
        [Self::UnsupportedEventType, Self::FilteredByIntegrationsObject, Self::DestinationDisabled];

    /// The word in metrics and output.
    pub fn label(self) -> &'static str {
        match self {
            Self::UnsupportedEventType => "unsupported_event_type",
            Self::FilteredByIntegrationsObject => "filtered_by_integrations_object",
            Self::DestinationDisabled => "destination_disabled",
        }
    }
}

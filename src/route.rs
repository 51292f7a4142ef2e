//! Which destinations want an event, and why the others do not. Decided on the borrowed event; no I/O, no state.
//! Making deliveries durable is the business of the route stage.

pub mod actions;
pub mod audiences;
pub mod destination;
pub mod filter;
pub mod flow;
pub mod integrations;
pub mod mapping;
pub mod trigger;

use crate::event::{Call, Event};
use audiences::{AudienceCalls, Audiences};
use destination::DestinationId;
use integrations::Integrations;

/// What routing knows of a destination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// Whose.
    pub id: DestinationId,
    /// What is disabled gets no new deliveries.
    pub enabled: bool,
    /// Its type.
    pub kind: Kind,
    /// Over how many partitions of the deliveries topic it is spread.
    pub spread: u32,
    /// Which audiences it wants to hear of.
    pub audiences: Audiences,
    /// By which call it hears of them.
    pub audience_calls: AudienceCalls,
}

/// A type of destination; each is Segment's of the same name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Classic Webhooks.
    Webhooks,
    /// Webhooks (Actions).
    Actions,
}

/// Why a destination gets nothing of an event; the `reason` label of metrics and of `explain`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Filtered {
    /// The destination's type does not take this call.
    UnsupportedEventType,
    /// The event's `integrations` object says no.
    FilteredByIntegrationsObject,
    /// A rule of the destination says no: it does not want to hear of this audience.
    FilteredByRules,
    /// The destination is not enabled.
    DestinationDisabled,
}

impl Filtered {
    /// Every reason, for metrics that exist from the start.
    pub const ALL: [Self; 4] = [
        Self::UnsupportedEventType,
        Self::FilteredByIntegrationsObject,
        Self::FilteredByRules,
        Self::DestinationDisabled,
    ];

    /// The word in metrics and output.
    pub fn label(self) -> &'static str {
        match self {
            Self::UnsupportedEventType => "unsupported_event_type",
            Self::FilteredByIntegrationsObject => "filtered_by_integrations_object",
            Self::FilteredByRules => "filtered_by_rules",
            Self::DestinationDisabled => "destination_disabled",
        }
    }
}

impl Filtered {
    /// Why, in words.
    pub fn words(self, call: Call) -> String {
        match self {
            Self::UnsupportedEventType if call == Call::Other => {
                "its type is none of page, screen, identify, track, alias, group and delete, exactly so written"
                    .to_owned()
            }
            Self::UnsupportedEventType => format!("this type of destination takes no {} calls", call.name()),
            Self::FilteredByIntegrationsObject => "the event's integrations object says no".to_owned(),
            Self::FilteredByRules => "the destination's `audiences` leave this one out".to_owned(),
            Self::DestinationDisabled => "the destination is not enabled".to_owned(),
        }
    }
}

impl Route {
    /// Whether the destination wants the event (contract section 7, in that order).
    pub fn wants(&self, event: &Event<'_>, integrations: &Integrations<'_>) -> Result<(), Filtered> {
        self.wants_call(event.call, integrations)
    }

    /// Whether the destination wants to hear of a change in the audience or trait of this key, in the form it gets.
    pub fn wants_audience(&self, key: &str, integrations: &Integrations<'_>) -> Result<(), Filtered> {
        self.wants_call(self.audience_calls.call(), integrations)?;
        if self.audiences.has(key) { Ok(()) } else { Err(Filtered::FilteredByRules) }
    }

    fn wants_call(&self, call: Call, integrations: &Integrations<'_>) -> Result<(), Filtered> {
        if !self.enabled {
            return Err(Filtered::DestinationDisabled);
        }
        if !self.kind.takes(call) {
            return Err(Filtered::UnsupportedEventType);
        }
        // A deletion must reach everybody who may hold the user's data (Segment: user deletion and suppression).
        if call != Call::Delete && !integrations.allows(self.kind.names()) {
            return Err(Filtered::FilteredByIntegrationsObject);
        }
        Ok(())
    }
}

impl Kind {
    /// The names a destination of this type goes by in an `integrations` object.
    pub fn names(self) -> &'static [&'static str] {
        match self {
            Self::Webhooks => &["Webhooks"],
            Self::Actions => &["Webhook", "Webhooks (Actions)"],
        }
    }

    /// Whether this type takes a call.
    pub fn takes(self, call: Call) -> bool {
        match (self, call) {
            (_, Call::Other) => false,
            (
                Self::Webhooks,
                Call::Page | Call::Screen | Call::Identify | Call::Track | Call::Alias | Call::Group | Call::Delete,
            ) => true,
            (Self::Actions, Call::Delete) => false,
            (Self::Actions, Call::Page | Call::Screen | Call::Identify | Call::Track | Call::Alias | Call::Group) => {
                true
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(enabled: bool, audiences: Audiences) -> Route {
        let id = DestinationId::new("crm").unwrap();
        Route { id, enabled, kind: Kind::Webhooks, spread: 1, audiences, audience_calls: AudienceCalls::Identify }
    }

    fn decide(enabled: bool, event: &str) -> Result<(), Filtered> {
        let route = route(enabled, Audiences::All);
        let event = Event::parse(event.as_bytes()).unwrap();
        route.wants(&event, &Integrations::read(event.integrations).unwrap())
    }

    #[test]
    fn every_documented_call_is_wanted_and_nothing_else() {
        for call in ["page", "screen", "identify", "track", "alias", "group", "delete"] {
            assert_eq!(decide(true, &format!(r#"{{"type":"{call}"}}"#)), Ok(()), "{call}");
        }
        for call in ["Track", "video", "deleted"] {
            let refused = decide(true, &format!(r#"{{"type":"{call}"}}"#));
            assert_eq!(refused, Err(Filtered::UnsupportedEventType), "{call}");
        }
    }

    #[test]
    fn the_integrations_object_filters_all_but_deletions() {
        let none = r#""integrations":{"All":false}}"#;
        let track = decide(true, &format!(r#"{{"type":"track",{none}"#));
        assert_eq!(track, Err(Filtered::FilteredByIntegrationsObject));
        assert_eq!(decide(true, &format!(r#"{{"type":"delete",{none}"#)), Ok(()));
        assert_eq!(decide(true, r#"{"type":"track","integrations":{"All":false,"Webhooks":true}}"#), Ok(()));
    }

    #[test]
    fn a_disabled_destination_wants_nothing() {
        assert_eq!(decide(false, r#"{"type":"track"}"#), Err(Filtered::DestinationDisabled));
        let route = route(false, Audiences::All);
        assert_eq!(route.wants_audience("a", &Integrations::default()), Err(Filtered::DestinationDisabled));
    }

    #[test]
    fn of_audiences_only_those_are_wanted_that_are_listed_and_not_forbidden() {
        let keys = Audiences::Keys(["a".into()].into());
        let decide = |audiences: &Audiences, key: &str, integrations: &str| {
            let integrations = Integrations::read(Some(integrations)).unwrap();
            route(true, audiences.clone()).wants_audience(key, &integrations)
        };
        assert_eq!(decide(&keys, "a", "{}"), Ok(()));
        assert_eq!(decide(&keys, "b", "{}"), Err(Filtered::FilteredByRules));
        assert_eq!(decide(&Audiences::None, "a", "{}"), Err(Filtered::FilteredByRules));
        assert_eq!(decide(&Audiences::All, "b", r#"{"All":false,"Webhooks":true}"#), Ok(()));
        let refused = decide(&Audiences::None, "a", r#"{"All":false}"#);
        assert_eq!(refused, Err(Filtered::FilteredByIntegrationsObject));
    }
}

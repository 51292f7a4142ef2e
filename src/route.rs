//! Which destinations want an event, and why the others do not. Decided on the borrowed event; no I/O, no state.
//! What a destination is to routing stands here, the decision in `routes`. Making deliveries durable is the business of the
//! route stage.

pub mod actions;
pub mod asked;
pub mod audiences;
pub mod destination;
pub mod filter;
pub mod flow;
pub mod integrations;
pub mod mapping;
mod refusal;
pub mod routes;
pub mod trigger;

use std::sync::Arc;

pub use refusal::{Filtered, Refusal};

use crate::event::Call;
use audiences::{AudienceCalls, Audiences};
use destination::DestinationId;
use filter::Filters;
use trigger::Trigger;

/// What routing knows of a destination.
#[derive(Clone, Debug)]
pub struct Route {
    /// Whose.
    pub id: DestinationId,
    /// What is disabled gets no new deliveries.
    pub enabled: bool,
    /// Its type.
    pub kind: Kind,
    /// Over how many partitions of the deliveries topic it is spread.
    pub spread: u32,
    /// Which events it does not get.
    pub filters: Filters,
    /// Its mappings, where its type has any.
    pub branches: Vec<Branch>,
    /// Which audiences it wants to hear of.
    pub audiences: Audiences,
    /// By which call it hears of them.
    pub audience_calls: AudienceCalls,
}

/// What routing knows of a mapping: each that wants an event gets a delivery of its own.
#[derive(Clone, Debug)]
pub struct Branch {
    /// Its name; none only where the destination has no other.
    pub name: Option<Arc<str>>,
    /// What is disabled gets no new deliveries.
    pub enabled: bool,
    /// Which events it wants.
    pub trigger: Trigger,
}

/// A type of destination; each is Segment's of the same name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Classic Webhooks.
    Webhooks,
    /// Webhooks (Actions).
    Actions,
}

impl Kind {
    /// Every type, in the order of declaration.
    pub const ALL: [Self; 2] = [Self::Webhooks, Self::Actions];

    /// Its place in [`Kind::ALL`].
    pub fn index(self) -> usize {
        self as usize
    }

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

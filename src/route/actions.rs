//! What a destination of the Actions kind sends (Segment: Webhooks (Actions)): its mappings, each with the events it wants and
//! the request it makes of one. Plain values, made by `config`. Which mappings an event matches is decided by `route`, the
//! request is built by `attempt`, batches are formed by `delivery`.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::mapping::Mapping;
use super::trigger::Trigger;

/// Mappings a destination may have (Segment: Webhooks (Actions)).
pub const MAX_MAPPINGS: usize = 50;
/// Most deliveries of one batch (Segment: Webhooks (Actions), batch size).
pub const MAX_BATCH: usize = 4_000;
/// Bytes the body of a batch may have (Segment: batching requests).
pub const MAX_BATCH_BYTES: usize = 4_000_000;

/// One request a destination makes of an event: an enabled mapping whose trigger matches makes a delivery of its own.
pub struct SendMapping {
    /// Its name; none only where the destination has no other.
    pub name: Option<Arc<str>>,
    /// What is disabled gets no new deliveries; those that exist wait.
    pub enabled: bool,
    /// Which events it wants.
    pub trigger: Trigger,
    /// Gives the address.
    pub url: Mapping,
    /// Gives `POST`, `PUT` or `PATCH`.
    pub method: Mapping,
    /// Gives an object of headers; none for none of its own.
    pub headers: Option<Mapping>,
    /// Gives the body.
    pub data: Data,
    /// How several are sent as one; none to send each by itself.
    pub batch: Option<BatchTerms>,
}

/// What the body of a request is made of.
#[derive(Clone, Debug)]
pub enum Data {
    /// The event as it is, as Segment's own form fills it in.
    WholeEvent,
    /// No body.
    Nothing,
    /// What the mapping gives, which must be an object.
    Mapped(Mapping),
}

/// How deliveries of one mapping become one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchTerms {
    /// Most deliveries in one.
    pub size: usize,
    /// How long the first of them waits for others.
    pub wait: Duration,
    /// What must be equal in all of one batch, besides url, method and headers.
    pub keys: Vec<BatchKey>,
}

/// A part of the resolved mapping by which deliveries are kept apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchKey(pub Box<[Box<str>]>);

impl fmt::Debug for SendMapping {
    /// Shows no part of the request: url and headers may hold tokens.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SendMapping")
            .field("name", &self.name)
            .field("enabled", &self.enabled)
            .field("trigger", &self.trigger.text())
            .field("batch", &self.batch)
            .finish_non_exhaustive()
    }
}

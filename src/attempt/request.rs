//! From deliveries to requests: everything constant of a lane is prepared once, body and signature are made here, once, as
//! they leave. `classic` sends the event to hooks, `mapped` what a mapping makes of it, several in one where it batches;
//! `source` is the event as the filters leave it. The client sends requests; what an answer means is the business of
//! `verdict`.

mod address;
mod batch;
mod classic;
mod clients;
mod data;
mod draft;
mod headers;
mod mapped;
mod part;
mod source;

use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::Bytes;

use self::classic::Classic;
use self::draft::Draft;
use self::mapped::Mapped;
use self::source::Terms;
use super::client::{Client, ClientError, HeaderError, Keep, Request};
use crate::delivery::Delivery;
use crate::delivery::batch::Batching;
use crate::delivery::id::BatchId;
use crate::delivery::lane::LaneId;
use crate::route::actions::{BatchTerms, SendMapping};
use crate::route::destination::{Destination, Hook, Sends};

pub use self::address::is_uri;
pub use self::clients::Clients;
pub use self::draft::Preview;

/// A lane ready to be called: a classic destination, or one mapping of another.
#[derive(Debug)]
pub struct Sender {
    makes: Makes,
    pub(super) client: Client,
    /// Replaces the statuses that are retried.
    pub(super) retry_on: Option<BTreeSet<u16>>,
}

/// What becomes of a delivery.
#[derive(Debug)]
enum Makes {
    /// A request for each hook.
    Classic(Classic),
    /// A request, also of several.
    Mapped(Arc<Mapped>),
}

/// Why a destination cannot be made ready.
#[derive(Debug, thiserror::Error)]
pub enum SenderError {
    /// Its headers.
    #[error("its headers cannot be sent")]
    Headers(#[from] HeaderError),
    /// Its way of connecting.
    #[error("its connections cannot be made")]
    Client(#[from] ClientError),
}

/// Why there is no request.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unsendable {
    /// The event and what is configured give none that could be sent.
    Invalid(Box<str>),
    /// We put together what may not go together.
    Ours(Box<str>),
}

impl Sender {
    /// All lanes of a destination, each ready.
    pub fn all(destination: &Destination, clients: &mut Clients) -> Result<Vec<(LaneId, Self)>, SenderError> {
        let lane = |mapping| LaneId { destination: destination.id.clone(), mapping };
        match &destination.sends {
            Sends::Hooks(hooks) => Ok(vec![(lane(None), Self::classic(destination, hooks, clients)?)]),
            Sends::Mappings(mappings) => {
                let ready =
                    |one: &Arc<SendMapping>| Ok((lane(one.name.clone()), Self::mapped(destination, one, clients)?));
                mappings.iter().map(ready).collect()
            }
        }
    }

    fn classic(destination: &Destination, hooks: &[Hook], clients: &mut Clients) -> Result<Self, SenderError> {
        let makes = Makes::Classic(Classic::new(hooks, Terms::of(destination))?);
        Self::new(makes, destination, clients.of(&destination.connection, Keep::Long)?)
    }

    fn mapped(destination: &Destination, mapping: &SendMapping, clients: &mut Clients) -> Result<Self, SenderError> {
        let makes = Makes::Mapped(Arc::new(Mapped::new(mapping, Terms::of(destination))));
        let keep = if mapping.url.constant().is_some() { Keep::Long } else { Keep::Brief };
        Self::new(makes, destination, clients.of(&destination.connection, keep)?)
    }

    fn new(makes: Makes, destination: &Destination, client: Client) -> Result<Self, SenderError> {
        Ok(Self { makes, client, retry_on: destination.retry_on.clone() })
    }

    /// How deliveries become one request; none where each goes by itself.
    pub fn batching(&self) -> Option<Batching> {
        let (mapped, terms) = self.batches()?;
        Some(Batching { size: terms.size, wait: terms.wait, measure: mapped.clone() })
    }

    /// The requests an event would become, for showing; without `webhook-id`, which comes from Kafka. Of a lane that
    /// batches the request of a batch with this event only.
    pub fn preview(&self, event: &[u8]) -> Result<Vec<Preview>, Box<str>> {
        let event = Bytes::copy_from_slice(event);
        match self.drafts(&[&event]) {
            Ok(drafts) => Ok(drafts.into_iter().map(Preview::of).collect()),
            Err(Unsendable::Invalid(error) | Unsendable::Ours(error)) => Err(error),
        }
    }

    /// The requests of an attempt.
    pub(super) fn build(&self, deliveries: &[Delivery]) -> Result<Vec<Request>, Unsendable> {
        let events: Vec<&Bytes> = deliveries.iter().map(|delivery| &delivery.value).collect();
        let drafts = self.drafts(&events)?;
        let id = match deliveries {
            [delivery] if self.batches().is_none() => delivery.id.to_string(),
            _ => BatchId::of(deliveries.iter().map(|delivery| delivery.id)).to_string(),
        };
        let timeout = self.terms().timeout;
        Ok(drafts.into_iter().map(|draft| draft.into_request(&id, timeout)).collect())
    }

    fn drafts(&self, events: &[&Bytes]) -> Result<Vec<Draft>, Unsendable> {
        if let Some((mapped, _)) = self.batches() {
            return Ok(vec![mapped.batch(events)?]);
        }
        match (&self.makes, events) {
            (Makes::Classic(classic), [event]) => Ok(classic.drafts(event)?),
            (Makes::Mapped(mapped), [event]) => Ok(vec![mapped.single(event)?]),
            _ => Err(Unsendable::Ours("each delivery of this lane goes by itself".into())),
        }
    }

    /// What makes batches, where there are some.
    fn batches(&self) -> Option<(&Arc<Mapped>, &BatchTerms)> {
        match &self.makes {
            Makes::Classic(_) => None,
            Makes::Mapped(mapped) => mapped.batch_terms().map(|terms| (mapped, terms)),
        }
    }

    fn terms(&self) -> &Terms {
        match &self.makes {
            Makes::Classic(classic) => &classic.terms,
            Makes::Mapped(mapped) => &mapped.terms,
        }
    }
}

impl From<Box<str>> for Unsendable {
    fn from(error: Box<str>) -> Self {
        Self::Invalid(error)
    }
}

#[cfg(test)]
mod tests;

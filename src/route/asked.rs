//! An event as destinations are asked about it: what all of them look at is read once, and what only some look at when the
//! first of them asks. Borrowed from the bytes; what the answers are is decided by `routes`.

use std::cell::OnceCell;

use super::Kind;
use super::integrations::Integrations;
use super::trigger::{Facts, Fields};
use crate::event::json::{BigIntegers, Tree};
use crate::event::{Call, Event, Malformed};

/// An event, or a call about an audience.
#[derive(Debug)]
pub struct Asked<'e> {
    fields: &'e Fields,
    text: &'e [u8],
    event: Event<'e>,
    integrations: Integrations<'e>,
    audience: Option<&'e str>,
    allowed: [OnceCell<bool>; Kind::ALL.len()],
    tree: OnceCell<Tree>,
    facts: OnceCell<Option<Facts<'e>>>,
}

impl<'e> Asked<'e> {
    pub(super) fn read(fields: &'e Fields, text: &'e [u8]) -> Result<Self, Malformed> {
        let event = Event::parse(text)?;
        // An event that was parsed has readable integrations; if not, it says nothing.
        let integrations = Integrations::read(event.integrations).unwrap_or_default();
        let (allowed, tree, facts) = (Default::default(), OnceCell::new(), OnceCell::new());
        Ok(Self { fields, text, event, integrations, audience: None, allowed, tree, facts })
    }

    /// The same as a call about the audience or computed trait of this key.
    pub fn about(self, audience: &'e str) -> Self {
        Self { audience: Some(audience), ..self }
    }

    /// Which call it is.
    pub fn call(&self) -> Call {
        self.event.call
    }

    /// Its `messageId`.
    pub fn message_id(&self) -> Option<&str> {
        self.event.message_id.as_deref()
    }

    pub(super) fn audience(&self) -> Option<&'e str> {
        self.audience
    }

    /// Whether its `integrations` object lets it go to destinations of a type. A deletion must reach everybody who may hold
    /// the user's data (Segment: user deletion and suppression), so it is not asked about those.
    pub(super) fn is_allowed(&self, kind: Kind) -> bool {
        let allows = || self.event.call == Call::Delete || self.integrations.allows(kind.names());
        *self.allowed[kind.index()].get_or_init(allows)
    }

    /// The event as filters see it.
    pub(super) fn tree(&self) -> &Tree {
        // What was parsed as an event can be read; if not, no attempt could read it either, and nothing is sent.
        self.tree.get_or_init(|| Tree::read(self.text, BigIntegers::Exact).unwrap_or_default())
    }

    /// The event as triggers see it; always there, for what was parsed as an event can be read.
    pub(super) fn facts(&self) -> Option<&Facts<'e>> {
        self.facts.get_or_init(|| self.fields.read(self.text).ok()).as_ref()
    }

    /// Where triggers look.
    pub(super) fn fields(&self) -> &'e Fields {
        self.fields
    }
}

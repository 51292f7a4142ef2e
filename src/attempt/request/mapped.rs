//! One mapping of Webhooks (Actions): the request it makes of an event. Owns which header belongs to which body, and the
//! signature of a single event; how several share a request is `batch`'s, what each part must look like `address`',
//! `headers`' and `data`'s.

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;
use url::Url;

use super::address::address;
use super::data::{Data, Key, Values};
use super::draft::Draft;
use super::headers::headers;
use super::part::{Part, method};
use super::source::{Source, Terms, Text};
use crate::attempt::client::{Method, PreparedHeaders};
use crate::route::actions::{BatchTerms, SendMapping};

/// A mapping with everything read that does not depend on an event.
pub(super) struct Mapped {
    pub(super) terms: Terms,
    method: Part<Method>,
    url: Part<Url>,
    headers: Part<PreparedHeaders>,
    data: Data,
    batch: Option<BatchTerms>,
    /// What must be equal in the data of all of a batch.
    keys: Box<[Key]>,
}

/// What one event comes to.
pub(super) struct Item<'a> {
    /// With which others it may go.
    pub(super) group: Group<'a>,
    /// Its data; none for an item without.
    pub(super) text: Option<Text<'a>>,
}

/// What is the same in all items of a request.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Group<'a> {
    method: Method,
    url: Cow<'a, Url>,
    headers: Cow<'a, PreparedHeaders>,
    keys: Values,
}

impl Mapped {
    pub(super) fn new(mapping: &SendMapping, terms: Terms) -> Self {
        let big = terms.big_integers;
        // Url, method and headers are held anyway.
        let inside = |key: &[Box<str>]| match key.split_first() {
            Some((part, inside)) if **part == *"data" => Some(inside.into()),
            _ => None,
        };
        let keys = mapping.batch.iter().flat_map(|batch| &batch.keys).filter_map(|key| inside(&key.0)).collect();
        Self {
            method: Part::new(("method", mapping.method.clone()), big, method),
            url: Part::new(("url", mapping.url.clone()), big, address),
            headers: match &mapping.headers {
                Some(mapping) => Part::new(("headers", mapping.clone()), big, headers),
                None => Part::Fixed(headers(None)),
            },
            data: Data::new(&mapping.data, big),
            batch: mapping.batch.clone(),
            keys,
            terms,
        }
    }

    /// How several become one request.
    pub(super) fn batch_terms(&self) -> Option<&BatchTerms> {
        self.batch.as_ref()
    }

    /// The request of one event.
    pub(super) fn single(&self, event: &Bytes) -> Result<Draft, Box<str>> {
        let Item { group, text } = self.item(event)?;
        let body = text.map(|text| text.into_bytes(event));
        let signature = body.as_ref().and_then(|body| self.terms.sign(body));
        group.draft(body, signature)
    }

    /// What an event comes to; an error says why it cannot be sent.
    pub(super) fn item<'a>(&'a self, event: &'a [u8]) -> Result<Item<'a>, Box<str>> {
        let source = Source::new(event, &self.terms)?;
        let method = self.method.of(&source)?.into_owned();
        let url = self.url.of(&source)?;
        let headers = self.headers.of(&source)?;
        let (text, keys) = self.data.of(&source, &self.keys)?;
        Ok(Item { group: Group { method, url, headers, keys }, text })
    }
}

impl Group<'_> {
    /// The request with this body. Without one there is no content type.
    pub(super) fn draft(self, body: Option<Bytes>, signature: Option<String>) -> Result<Draft, Box<str>> {
        let mut headers = self.headers.into_owned();
        if let Some(signature) = signature {
            headers.fill("x-signature", &signature).map_err(|error| error.to_string())?;
        }
        if body.is_none() {
            headers.remove("content-type");
        }
        Ok(Draft { method: self.method, url: self.url.into_owned(), headers, body })
    }
}

/// Shows no part of the request: url, headers and data may hold tokens.
impl fmt::Debug for Mapped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mapped").field("batch", &self.batch).finish_non_exhaustive()
    }
}

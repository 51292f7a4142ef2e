//! The event as its destination may see it: read as it came, without what filters take out, as text or as a tree, each made
//! only when something asks for it. What is done with it is left to `classic` and `mapped`.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::fmt;
use std::time::Duration;

use bytes::Bytes;

use crate::attempt::signature::SigningKey;
use crate::event::json::{BigIntegers, NotJson, Tree, javascript_text};
use crate::route::destination::Destination;
use crate::route::filter::Filters;

/// What holds for all requests of a destination.
#[derive(Debug)]
pub(super) struct Terms {
    pub(super) filters: Filters,
    pub(super) signing_key: Option<SigningKey>,
    pub(super) big_integers: BigIntegers,
    pub(super) timeout: Duration,
}

/// An event on its way into a request.
pub(super) struct Source<'a> {
    event: &'a [u8],
    big_integers: BigIntegers,
    /// Whether filters have taken something out; then the tree is there.
    is_changed: bool,
    tree: OnceCell<Result<Tree, Box<str>>>,
}

/// A text that is sent, not copied where it is somewhere already.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Text<'a> {
    /// The event, byte for byte.
    Event(&'a [u8]),
    /// The same for all events.
    Fixed(Bytes),
    /// Made for this one.
    Made(Vec<u8>),
}

impl Terms {
    pub(super) fn of(destination: &Destination) -> Self {
        Self {
            filters: destination.filters.clone(),
            signing_key: destination.shared_secret.as_ref().and_then(SigningKey::new),
            big_integers: destination.big_integers,
            timeout: destination.timeout,
        }
    }

    /// The signature over a text; none without a secret.
    pub(super) fn sign(&self, text: &[u8]) -> Option<String> {
        self.signing_key.as_ref().map(|key| key.sign(text))
    }
}

impl<'a> Source<'a> {
    /// Takes out of the event what must not be seen. An error says why that is not known, or that it is no event.
    pub(super) fn new(event: &'a [u8], terms: &Terms) -> Result<Self, Box<str>> {
        let big_integers = terms.big_integers;
        let mut source = Self { event, big_integers, is_changed: false, tree: OnceCell::new() };
        if terms.filters.edits() {
            // Conditions are asked of what routing saw, however integers are sent.
            let mut tree = read(event, BigIntegers::Exact)?;
            source.is_changed = terms.filters.edit(&mut tree).map_err(|undecided| undecided.to_string())?;
            if big_integers == BigIntegers::Exact {
                source.tree = Ok(tree).into();
            } else if source.is_changed {
                source.tree = Ok(read(tree.text().as_bytes(), big_integers)?).into();
            }
        }
        Ok(source)
    }

    /// As an object.
    pub(super) fn tree(&self) -> Result<&Tree, Box<str>> {
        self.tree.get_or_init(|| read(self.event, self.big_integers)).as_ref().map_err(Clone::clone)
    }

    /// As the text that is sent: what JavaScript prints. Of an event from which nothing was taken that is made without a
    /// tree, which would not hold a lone surrogate.
    pub(super) fn text(&self) -> Result<Text<'a>, Box<str>> {
        if self.is_changed {
            return Ok(Text::Made(self.tree()?.text().into()));
        }
        match javascript_text(self.event, self.big_integers) {
            Ok(Cow::Borrowed(text)) => Ok(Text::Event(text)),
            Ok(Cow::Owned(text)) => Ok(Text::Made(text)),
            Err(error) => Err(no_event(&error)),
        }
    }
}

fn read(event: &[u8], big_integers: BigIntegers) -> Result<Tree, Box<str>> {
    match Tree::read(event, big_integers) {
        Ok(tree @ Tree::Object(_)) => Ok(tree),
        Ok(_) => Err("the value is no event: it is no object".into()),
        Err(error) => Err(no_event(&error)),
    }
}

fn no_event(error: &NotJson) -> Box<str> {
    format!("the value is no event: {error}").into()
}

impl Text<'_> {
    pub(super) fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Event(text) => text,
            Self::Fixed(text) => text,
            Self::Made(text) => text,
        }
    }

    /// As bytes that live on; `event` is the one it was made of.
    pub(super) fn into_bytes(self, event: &Bytes) -> Bytes {
        match self {
            Self::Event(_) => event.clone(),
            Self::Fixed(text) => text,
            Self::Made(text) => text.into(),
        }
    }
}

/// Shows nothing of the event.
impl fmt::Debug for Source<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source").field("is_changed", &self.is_changed).finish_non_exhaustive()
    }
}

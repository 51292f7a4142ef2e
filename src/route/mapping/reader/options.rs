//! Reads the options of a directive: which are there, and of which kind. Where Segment does not look beforehand
//! (`Zone::Unchecked`) a wrong kind is no complaint; what then becomes of it is the directive's affair.

use crate::event::json::{Members, Tree};

use super::super::node::Node;
use super::super::value::Kind;
use super::{Reader, Zone, looks_like_directive};

impl Reader {
    /// The options of a directive, an object. Options nobody knows are checked as Segment does, and then ignored.
    pub(in super::super) fn options<'t>(&mut self, options: &'t Tree, known: &[&str]) -> Option<&'t Members> {
        let written = known.join(", ");
        let Tree::Object(members) = options else {
            let found = Kind::of(options).words();
            self.complain(
                format!("the options must be an object, not {found}"),
                format!("write an object with {written}"),
            );
            return None;
        };
        if self.zone() == Zone::Unchecked {
            return Some(members);
        }
        if looks_like_directive(options) {
            self.complain(
                "the options cannot be a directive themselves",
                format!("write an object with {written}; the directive goes into one of them"),
            );
            return None;
        }
        for (key, value) in members.iter().filter(|(key, _)| !known.contains(key)) {
            self.under(key, |reader| reader.node(value));
        }
        Some(members)
    }

    /// An option of any kind; none if it is not there.
    pub(in super::super) fn option(&mut self, members: &Members, key: &str) -> Option<Node> {
        let value = members.get(key)?;
        Some(self.under(key, |reader| reader.node(value)))
    }

    /// An option that must be a text or a directive that gives one.
    pub(in super::super) fn text_or_directive(&mut self, members: &Members, key: &str) -> Option<Node> {
        let value = members.get(key)?;
        self.under(key, |reader| reader.text_or_directive_here(value))
    }

    /// What stands here must be a text or a directive that gives one.
    pub(in super::super) fn text_or_directive_here(&mut self, value: &Tree) -> Option<Node> {
        let fits = matches!(value, Tree::Text(_)) || looks_like_directive(value);
        if !fits && self.zone() == Zone::Checked {
            self.wrong_kind(value, "a text or a directive");
            return None;
        }
        Some(self.node(value))
    }

    /// An option that must be an object or a directive that gives one.
    pub(in super::super) fn object_or_directive(&mut self, members: &Members, key: &str) -> Option<Node> {
        let value = members.get(key)?;
        self.under(key, |reader| {
            if !matches!(value, Tree::Object(_)) && reader.zone() == Zone::Checked {
                reader.wrong_kind(value, "an object or a directive");
                return None;
            }
            Some(reader.node(value))
        })
    }

    /// Whether an option may stand as it is, with what it must be.
    pub(in super::super) fn expects(&mut self, value: &Tree, kind: Kind) -> bool {
        let fits = Kind::of(value) == kind || self.zone() == Zone::Unchecked;
        if !fits {
            self.wrong_kind(value, kind.words());
        }
        fits
    }

    /// Complains that something else is wanted here.
    pub(in super::super) fn wrong_kind(&mut self, value: &Tree, wanted: &str) {
        let found = if looks_like_directive(value) { "a directive" } else { Kind::of(value).words() };
        self.complain(format!("this must be {wanted}, not {found}"), format!("write {wanted}"));
    }
}

//! `@literal`: a value as it stands, except that directives in it are resolved. Braces in its texts mean nothing.
//! How a value is read into which Segment does not look is here too; `@excludeWhenNull` reads the same.

use crate::event::json::Tree;

use super::MappingFailed;
use super::node::{Directive, Node, Scope};
use super::reader::{Reader, Zone, looks_like_directive};
use super::value::Value;

#[derive(Debug)]
struct Literal(Node);

pub(super) fn read(options: &Tree, reader: &mut Reader) -> Option<Box<dyn Directive>> {
    Some(Box::new(Literal(raw_or_directive(options, reader))))
}

impl Directive for Literal {
    fn resolve<'a>(&'a self, scope: &Scope<'a, '_>) -> Result<Value<'a>, MappingFailed> {
        self.0.resolve(scope)
    }
}

/// Reads a value into which Segment does not look beforehand, unless it is a directive itself.
pub(super) fn raw_or_directive(options: &Tree, reader: &mut Reader) -> Node {
    let zone = if looks_like_directive(options) { reader.zone() } else { Zone::Unchecked };
    reader.zoned(zone, |reader| reader.node(options))
}

//! `@arrayPath`: `[path, shape]`, the shape applied to each element of a list, with the element in the place of the
//! event. A single object counts as a list of one; anything else, and everything without a shape, passes unchanged.

use std::rc::Rc;

use crate::event::json::Tree;

use super::MappingFailed;
use super::node::{Directive, Node, Scope};
use super::path::Path;
use super::reader::{Reader, Zone};
use super::value::{Kind, Value};

#[derive(Debug)]
struct ArrayPath {
    root: Root,
    shape: Option<Node>,
}

#[derive(Debug)]
enum Root {
    Path(Path),
    /// A directive gives the list itself, not a path to it.
    Made(Node),
    /// Nothing was written.
    Nothing,
}

const HINT: &str =
    r#"write a list of a path and a shape, such as ["$.properties.products", {"sku": {"@path": "$.sku"}}]"#;

pub(super) fn read(options: &Tree, reader: &mut Reader) -> Option<Box<dyn Directive>> {
    let Tree::List(elements) = options else {
        reader.complain("this must be a list of a path and perhaps a shape", HINT);
        return None;
    };
    let root = match elements.first() {
        Some(Tree::Text(path)) => Root::Path(Path::read(path)),
        Some(path) => Root::Made(reader.under(0, |reader| reader.text_or_directive_here(path))?),
        None if reader.zone() == Zone::Unchecked => Root::Nothing,
        None => {
            reader.complain("there is no path", HINT);
            return None;
        }
    };
    let shape = elements.get(1).map(|shape| reader.under(1, |reader| reader.node(shape)));
    let is_used = matches!(elements.get(1), Some(Tree::Object(members)) if !members.is_empty());
    Some(Box::new(ArrayPath { root, shape: shape.filter(|_| is_used) }))
}

impl Directive for ArrayPath {
    fn resolve<'a>(&'a self, scope: &Scope<'a, '_>) -> Result<Value<'a>, MappingFailed> {
        let root = match &self.root {
            Root::Path(path) => path.follow(scope.payload, scope.budget)?,
            Root::Made(node) => node.resolve(scope)?,
            Root::Nothing => Value::Missing,
        };
        let Some(shape) = &self.shape else {
            return Ok(root);
        };
        let elements = match root.elements() {
            Some(elements) => elements,
            None if root.kind() == Kind::Object => vec![root],
            None => return Ok(root),
        };
        let shaped: Result<Vec<_>, _> = elements.iter().map(|element| shape.resolve(&scope.with(element))).collect();
        Ok(Value::List(Rc::new(shaped?)))
    }
}

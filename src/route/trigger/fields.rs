//! The fields the triggers of a configuration look at, each once, as a tree of names; made at load.
//! What an event has there is read by `facts`, in one pass for all of them.

use std::collections::HashMap;

use super::facts::{Facts, read};
use super::{Bound, Trigger};
use crate::event::json::NotJson;

/// A path as a trigger names it: `properties`, `address`, `city`.
pub(super) type Path = Vec<Box<str>>;

/// A path, by its place in [`Fields`].
pub(super) type Field = u32;

/// The event itself.
pub(super) const ROOT: usize = 0;

/// The fields of all triggers that are asked about the same events.
#[derive(Clone, Debug)]
pub struct Fields {
    /// A node comes after its parent.
    nodes: Vec<Node>,
}

/// A name under which a value may stand.
#[derive(Clone, Debug)]
pub(super) struct Node {
    /// In what the value stands; the root is its own.
    pub(super) parent: usize,
    /// What the name means where no object is.
    pub(super) way: Way,
    children: HashMap<Box<str>, usize>,
    /// Some children are elements of a list.
    has_elements: bool,
}

/// What a name means in a list or a text, as in JavaScript.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// How long it is.
    Length,
    /// One of its elements.
    Element(usize),
    /// Nothing.
    Other,
}

impl Default for Fields {
    fn default() -> Self {
        Self { nodes: vec![Node::new(ROOT, Way::Other)] }
    }
}

impl Fields {
    /// Adds what a trigger looks at, so that it can be asked about the facts these fields read.
    pub fn bind(&mut self, trigger: &Trigger) -> Bound {
        Bound { text: trigger.text.clone(), expression: trigger.expression.about(|path| self.field(path)) }
    }

    /// What an event has in these fields, in one pass over its text. Of equal keys the last counts.
    ///
    /// Fails exactly where [`crate::event::json::javascript_text`] fails, so never on what is an event. Time is linear in the
    /// length of the text and the number of fields.
    pub fn read<'e>(&self, event: &'e [u8]) -> Result<Facts<'e>, NotJson> {
        read(self, event)
    }

    fn field(&mut self, path: &Path) -> Field {
        let node = path.iter().fold(ROOT, |parent, name| self.child_or_new(parent, name));
        // A configuration is far too small for more.
        Field::try_from(node).unwrap_or(Field::MAX)
    }

    fn child_or_new(&mut self, parent: usize, name: &str) -> usize {
        if let Some(child) = self.nodes[parent].child(name) {
            return child;
        }
        let child = self.nodes.len();
        let way = Way::of(name);
        self.nodes[parent].has_elements |= matches!(way, Way::Element(_));
        self.nodes[parent].children.insert(name.into(), child);
        self.nodes.push(Node::new(parent, way));
        child
    }

    #[inline]
    pub(super) fn nodes(&self) -> &[Node] {
        &self.nodes
    }
}

impl Node {
    fn new(parent: usize, way: Way) -> Self {
        Self { parent, way, children: HashMap::new(), has_elements: false }
    }

    #[inline]
    pub(super) fn is_leaf(&self) -> bool {
        self.children.is_empty()
    }

    /// Where the member of this key belongs; none if nobody looks at it.
    #[inline]
    pub(super) fn child(&self, key: &str) -> Option<usize> {
        self.children.get(key).copied()
    }

    /// Where the element of this index belongs.
    #[inline]
    pub(super) fn element(&self, index: usize) -> Option<usize> {
        if self.has_elements { self.child(&index.to_string()) } else { None }
    }
}

impl Way {
    fn of(name: &str) -> Self {
        match name.parse() {
            _ if name == "length" => Self::Length,
            // Only as JavaScript prints it is a number an index: `01` and `+1` are names.
            Ok(index) if usize::to_string(&index) == name => Self::Element(index),
            _ => Self::Other,
        }
    }
}

//! Makes JavaScript's text for objects whose keys are not in JavaScript's order or come twice.
//! Reads the text into flat lists, each object's members put in order as it closes, then prints them from
//! the outside in. Values that a later one replaced are never printed. Slower than `edit`, always right.

mod order;
mod print;

use std::ops::{ControlFlow, Range};

use super::levels::Container;
use super::number::Number;
use super::scan::{Literal, Visitor, scan};
use super::text::Text;
use super::{BigIntegers, NotJson};

/// The text JavaScript prints.
pub(super) fn reorder(text: &str, big: BigIntegers) -> Result<Vec<u8>, NotJson> {
    let mut builder = Builder { big, tree: Tree::default(), waiting: Vec::new(), open: Vec::new(), key: None };
    // This visitor never breaks off, so the whole text was read.
    let _whole = scan(text, &mut builder)?;
    builder.tree.children.append(&mut builder.waiting);
    Ok(print::print(&builder.tree))
}

/// All values of a text. Ranges point into the two lists.
#[derive(Default)]
struct Tree {
    /// Scalars and keys as JavaScript prints them.
    printed: Vec<u8>,
    /// The children of each container side by side; the last is the outermost value.
    children: Vec<Child>,
}

/// A member of an object, an element of an array, or the outermost value.
struct Child {
    /// In `printed`, with quotes; none outside objects.
    key: Option<Range<usize>>,
    value: Node,
}

enum Node {
    /// In `printed`.
    Scalar(Range<usize>),
    /// In `children`.
    Array(Range<usize>),
    /// In `children`, in JavaScript's order.
    Object(Range<usize>),
}

struct Builder {
    big: BigIntegers,
    tree: Tree,
    /// Children of containers that are still open.
    waiting: Vec<Child>,
    /// For each open container its own key and where its children begin in `waiting`.
    open: Vec<(Option<Range<usize>>, usize)>,
    /// The key whose value comes next.
    key: Option<Range<usize>>,
}

impl Builder {
    /// Prints something and says where it stands.
    fn printed(&mut self, print: impl FnOnce(&mut Vec<u8>)) -> Range<usize> {
        let start = self.tree.printed.len();
        print(&mut self.tree.printed);
        start..self.tree.printed.len()
    }

    fn scalar(&mut self, print: impl FnOnce(&mut Vec<u8>)) -> ControlFlow<()> {
        let value = Node::Scalar(self.printed(print));
        let key = self.key.take();
        self.waiting.push(Child { key, value });
        ControlFlow::Continue(())
    }
}

impl<'a> Visitor<'a> for Builder {
    fn space(&mut self, _start: usize, _end: usize) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    fn open(&mut self, _container: Container, _at: usize) -> ControlFlow<()> {
        self.open.push((self.key.take(), self.waiting.len()));
        ControlFlow::Continue(())
    }

    fn close(&mut self, container: Container, _at: usize) -> ControlFlow<()> {
        let (key, first) = self.open.pop().unwrap_or_default();
        if container == Container::Object {
            order::put_in_order(&mut self.waiting, first, &self.tree.printed);
        }
        let start = self.tree.children.len();
        self.tree.children.extend(self.waiting.drain(first..));
        let children = start..self.tree.children.len();
        let value = match container {
            Container::Array => Node::Array(children),
            Container::Object => Node::Object(children),
        };
        self.waiting.push(Child { key, value });
        ControlFlow::Continue(())
    }

    fn key(&mut self, key: Text<'a>) -> ControlFlow<()> {
        self.key = Some(self.printed(|out| key.print(out)));
        ControlFlow::Continue(())
    }

    fn text(&mut self, text: Text<'a>) -> ControlFlow<()> {
        self.scalar(|out| text.print(out))
    }

    fn number(&mut self, number: Number<'a>) -> ControlFlow<()> {
        let rewritten = number.rewritten(self.big);
        let printed = rewritten.as_deref().unwrap_or(number.raw);
        self.scalar(|out| out.extend_from_slice(printed.as_bytes()))
    }

    fn literal(&mut self, literal: Literal) -> ControlFlow<()> {
        self.scalar(|out| out.extend_from_slice(literal.text().as_bytes()))
    }
}

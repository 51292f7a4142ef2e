//! Builds a tree of a JSON text, without recursion, so that a deep one cannot exhaust the stack.
//! What is JSON is `scan`'s; what a tree can be asked is `tree`'s.

use std::ops::ControlFlow;

use super::{Members, Number, Tree};
use crate::event::json::levels::Container;
use crate::event::json::scan::{Literal, Visitor, scan};
use crate::event::json::text::Text;
use crate::event::json::{BigIntegers, NotJson, number};

pub(super) fn build(text: &str, big: BigIntegers) -> Result<Tree, NotJson> {
    let mut builder = Builder { big, open: Vec::new(), key: None, whole: Tree::Null };
    // This visitor never breaks off, so the whole text was read.
    let _whole = scan(text, &mut builder)?;
    Ok(builder.whole)
}

struct Builder {
    big: BigIntegers,
    /// The containers that are still open, each with its own key.
    open: Vec<(Option<Box<str>>, Tree)>,
    /// The key whose value comes next.
    key: Option<Box<str>>,
    /// The outermost value, once it is there.
    whole: Tree,
}

impl Builder {
    fn add(&mut self, value: Tree) -> ControlFlow<()> {
        match self.open.last_mut() {
            None => self.whole = value,
            Some((_, Tree::Object(members))) => members.set(self.key.take().unwrap_or_default(), value),
            Some((_, Tree::List(elements))) => elements.push(value),
            // Only containers are opened.
            Some(_) => {}
        }
        ControlFlow::Continue(())
    }
}

impl<'a> Visitor<'a> for Builder {
    fn space(&mut self, _start: usize, _end: usize) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    fn open(&mut self, container: Container, _at: usize) -> ControlFlow<()> {
        let empty = match container {
            Container::Array => Tree::List(Vec::new()),
            Container::Object => Tree::Object(Members::default()),
        };
        self.open.push((self.key.take(), empty));
        ControlFlow::Continue(())
    }

    fn close(&mut self, _container: Container, _at: usize) -> ControlFlow<()> {
        let (key, value) = self.open.pop().unwrap_or_default();
        self.key = key;
        self.add(value)
    }

    fn key(&mut self, key: Text<'a>) -> ControlFlow<()> {
        self.key = Some(key.decode().into());
        ControlFlow::Continue(())
    }

    fn text(&mut self, text: Text<'a>) -> ControlFlow<()> {
        self.add(Tree::Text(text.decode().into_owned()))
    }

    fn number(&mut self, number: number::Number<'a>) -> ControlFlow<()> {
        let value = match number.rewritten(self.big) {
            // A number beyond the range of a double.
            Some(text) if text == "null" => Tree::Null,
            Some(text) => Tree::Number(Number(text.into())),
            None => Tree::Number(Number(number.raw.into())),
        };
        self.add(value)
    }

    fn literal(&mut self, literal: Literal) -> ControlFlow<()> {
        self.add(match literal {
            Literal::True => Tree::Bool(true),
            Literal::False => Tree::Bool(false),
            Literal::Null => Tree::Null,
        })
    }
}

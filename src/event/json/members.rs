//! Reads the members of one object, borrowed, without building anything of what lies deeper.
//! The whole text is checked on the way. Which members matter, and that the last of equal keys wins,
//! is left to the caller, who is told every member in the order of the text.

use std::ops::ControlFlow;

use super::NotJson;
use super::levels::Container;
use super::number::Number;
use super::scan::{Literal, Visitor, scan};
use super::text::Text;

/// The value of a member.
#[derive(Clone, Copy, Debug)]
pub enum Value<'a> {
    /// A string.
    Text(Text<'a>),
    /// `true`, `false` or `null`.
    Literal(Literal),
    /// A number, as written.
    Number(&'a str),
    /// An object, as written.
    Object(&'a str),
    /// An array, as written.
    Array(&'a str),
}

impl<'a> Value<'a> {
    /// The value as written, escapes and all; `input` is the text whose members were read.
    pub fn raw(&self, input: &'a str) -> &'a str {
        match *self {
            Self::Text(text) => input.get(text.start()..text.end()).unwrap_or_default(),
            Self::Literal(literal) => literal.text(),
            Self::Number(raw) | Self::Object(raw) | Self::Array(raw) => raw,
        }
    }
}

/// What the outermost value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// An object, whose members were told.
    Object,
    /// Anything else.
    Other,
}

/// Tells every member of the outermost object; fails exactly where [`super::javascript_text`] fails.
///
/// Members may have been told before a failure is found.
pub fn members<'a>(input: &'a [u8], each: impl FnMut(Text<'a>, Value<'a>)) -> Result<Shape, NotJson> {
    let text = super::utf8(input)?;
    let mut reader = Reader { text, each, depth: 0, shape: Shape::Other, key: None, started: 0 };
    // This visitor never breaks off, so the whole text was read.
    let _whole = scan(text, &mut reader)?;
    Ok(reader.shape)
}

struct Reader<'a, F> {
    text: &'a str,
    each: F,
    depth: usize,
    shape: Shape,
    /// The key whose value comes next.
    key: Option<Text<'a>>,
    /// Where a value that is a container began.
    started: usize,
}

impl<'a, F: FnMut(Text<'a>, Value<'a>)> Reader<'a, F> {
    #[inline]
    fn scalar(&mut self, value: Value<'a>) -> ControlFlow<()> {
        if self.depth == 1 {
            self.tell(value);
        }
        ControlFlow::Continue(())
    }

    fn tell(&mut self, value: Value<'a>) {
        if let Some(key) = self.key.take() {
            (self.each)(key, value);
        }
    }
}

impl<'a, F: FnMut(Text<'a>, Value<'a>)> Visitor<'a> for Reader<'a, F> {
    fn space(&mut self, _start: usize, _end: usize) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    fn open(&mut self, container: Container, at: usize) -> ControlFlow<()> {
        match (self.depth, container) {
            (0, Container::Object) => self.shape = Shape::Object,
            (1, _) => self.started = at,
            _ => {}
        }
        self.depth += 1;
        ControlFlow::Continue(())
    }

    fn close(&mut self, container: Container, at: usize) -> ControlFlow<()> {
        self.depth = self.depth.saturating_sub(1);
        if self.depth == 1 {
            let raw = &self.text[self.started..=at];
            self.tell(match container {
                Container::Object => Value::Object(raw),
                Container::Array => Value::Array(raw),
            });
        }
        ControlFlow::Continue(())
    }

    #[inline]
    fn key(&mut self, key: Text<'a>) -> ControlFlow<()> {
        if self.depth == 1 {
            self.key = Some(key);
        }
        ControlFlow::Continue(())
    }

    #[inline]
    fn text(&mut self, text: Text<'a>) -> ControlFlow<()> {
        self.scalar(Value::Text(text))
    }

    #[inline]
    fn number(&mut self, number: Number<'a>) -> ControlFlow<()> {
        self.scalar(Value::Number(number.raw))
    }

    fn literal(&mut self, literal: Literal) -> ControlFlow<()> {
        self.scalar(Value::Literal(literal))
    }
}

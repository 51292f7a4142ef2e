//! The grammar of RFC 8259 as `JSON.parse` has it, one pass over the text, told to a visitor.
//! Owns what is JSON, so everything built on it agrees on that. Never recurses: the open brackets are kept
//! by `levels`. What a string or a number is made of is left to `text` and `number`.

use std::ops::ControlFlow;

use super::NotJson;
use super::levels::{Container, Levels};
use super::number::Number;
use super::text::Text;

/// The three values that are words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Literal {
    /// `true`
    True,
    /// `false`
    False,
    /// `null`
    Null,
}

impl Literal {
    /// The word itself.
    pub fn text(self) -> &'static str {
        match self {
            Self::True => "true",
            Self::False => "false",
            Self::Null => "null",
        }
    }
}

/// What is told in the order of the text; offsets count bytes. `Break` ends the scan early.
pub(super) trait Visitor<'a> {
    /// White space from `start` to `end`.
    fn space(&mut self, start: usize, end: usize) -> ControlFlow<()>;
    /// An opening bracket at `at`.
    fn open(&mut self, container: Container, at: usize) -> ControlFlow<()>;
    /// A closing bracket at `at`.
    fn close(&mut self, container: Container, at: usize) -> ControlFlow<()>;
    /// The key of a member; its value follows.
    fn key(&mut self, key: Text<'a>) -> ControlFlow<()>;
    /// A text that is a value.
    fn text(&mut self, text: Text<'a>) -> ControlFlow<()>;
    /// A number.
    fn number(&mut self, number: Number<'a>) -> ControlFlow<()>;
    /// One of the words.
    fn literal(&mut self, literal: Literal) -> ControlFlow<()>;
}

/// Reads the whole text. `Ok(Break)` means that the visitor ended it, so the rest was not looked at.
pub(super) fn scan<'a, V: Visitor<'a>>(text: &'a str, visitor: &mut V) -> Result<ControlFlow<()>, NotJson> {
    let scanner = Scanner { text, bytes: text.as_bytes(), at: 0, levels: Levels::default(), visitor };
    match scanner.run() {
        Ok(()) => Ok(ControlFlow::Continue(())),
        Err(Stop::Visitor) => Ok(ControlFlow::Break(())),
        Err(Stop::NotJson(error)) => Err(error),
    }
}

struct Scanner<'a, 'v, V> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    levels: Levels,
    visitor: &'v mut V,
}

enum Stop {
    Visitor,
    NotJson(NotJson),
}

impl From<NotJson> for Stop {
    fn from(error: NotJson) -> Self {
        Self::NotJson(error)
    }
}

impl<'a, V: Visitor<'a>> Scanner<'a, '_, V> {
    fn run(mut self) -> Result<(), Stop> {
        loop {
            let opened = self.value()?;
            if opened && !self.closes_at_once()? {
                self.before_member()?;
                continue;
            }
            if self.after_value()? == Next::End {
                return Ok(());
            }
            self.before_member()?;
        }
    }

    /// Reads a scalar, or an opening bracket and then says so.
    #[inline]
    fn value(&mut self) -> Result<bool, Stop> {
        self.space()?;
        match self.peek() {
            Some(b'"') => {
                let text = self.string()?;
                go_on(self.visitor.text(text))?;
            }
            Some(b'{') => {
                self.open(Container::Object)?;
                return Ok(true);
            }
            Some(b'[') => {
                self.open(Container::Array)?;
                return Ok(true);
            }
            Some(b'-' | b'0'..=b'9') => {
                let number = Number::read(self.text, self.at)?;
                self.at += number.raw.len();
                go_on(self.visitor.number(number))?;
            }
            Some(b't') => self.literal(Literal::True)?,
            Some(b'f') => self.literal(Literal::False)?,
            Some(b'n') => self.literal(Literal::Null)?,
            _ => return Err(self.unexpected()),
        }
        Ok(false)
    }

    /// After an opening bracket: whether the closing one follows; reads it then.
    fn closes_at_once(&mut self) -> Result<bool, Stop> {
        self.space()?;
        match (self.levels.innermost(), self.peek()) {
            (Some(Container::Object), Some(b'}')) | (Some(Container::Array), Some(b']')) => {
                self.close()?;
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    /// Before the next value: its key and colon, if it stands in an object.
    #[inline]
    fn before_member(&mut self) -> Result<(), Stop> {
        if self.levels.innermost() != Some(Container::Object) {
            return Ok(());
        }
        self.space()?;
        if self.peek() != Some(b'"') {
            return Err(self.unexpected());
        }
        let key = self.string()?;
        go_on(self.visitor.key(key))?;
        self.space()?;
        if self.peek() != Some(b':') {
            return Err(self.unexpected());
        }
        self.at += 1;
        Ok(())
    }

    /// After a value: closes what ends here, and says whether another value follows.
    #[inline]
    fn after_value(&mut self) -> Result<Next, Stop> {
        loop {
            self.space()?;
            match (self.levels.innermost(), self.peek()) {
                (Some(_), Some(b',')) => {
                    self.at += 1;
                    return Ok(Next::Value);
                }
                (Some(Container::Object), Some(b'}')) | (Some(Container::Array), Some(b']')) => {
                    self.close()?;
                }
                (None, None) => return Ok(Next::End),
                _ => return Err(self.unexpected()),
            }
        }
    }

    fn open(&mut self, container: Container) -> Result<(), Stop> {
        self.levels.push(container)?;
        go_on(self.visitor.open(container, self.at))?;
        self.at += 1;
        Ok(())
    }

    fn close(&mut self) -> Result<(), Stop> {
        if let Some(container) = self.levels.pop() {
            go_on(self.visitor.close(container, self.at))?;
            self.at += 1;
        }
        Ok(())
    }

    #[inline]
    fn string(&mut self) -> Result<Text<'a>, Stop> {
        let text = Text::read(self.text, self.at)?;
        self.at = text.end();
        Ok(text)
    }

    fn literal(&mut self, literal: Literal) -> Result<(), Stop> {
        for expected in literal.text().bytes() {
            if self.peek() != Some(expected) {
                return Err(self.unexpected());
            }
            self.at += 1;
        }
        go_on(self.visitor.literal(literal))
    }

    #[inline]
    fn space(&mut self) -> Result<(), Stop> {
        let start = self.at;
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
        if self.at == start {
            return Ok(());
        }
        go_on(self.visitor.space(start, self.at))
    }

    #[inline]
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn unexpected(&self) -> Stop {
        Stop::NotJson(NotJson::Syntax { at: self.at })
    }
}

#[derive(PartialEq, Eq)]
enum Next {
    Value,
    End,
}

#[inline]
fn go_on(flow: ControlFlow<()>) -> Result<(), Stop> {
    match flow {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(Stop::Visitor),
    }
}

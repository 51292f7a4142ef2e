//! The grammar of triggers: conditions joined by one of `and` and `or`, and groups of such in parentheses, one level
//! of them. Accepts what Segment's parser understands as it is written, and nothing else. One condition is read by
//! `parse/single`, words are cut by `token`.

mod single;

use std::mem;

use super::expression::{Condition, Expression, Group, Joint};
use super::fault::{Fault, TriggerError};
use super::fields::Path;
use super::token::{Kind, Token, Tokens};

pub(super) fn parse(text: &str) -> Result<Expression<Path>, TriggerError> {
    let mut tokens = Tokens::new(text);
    let current = tokens.next()?;
    if current.kind == Kind::End {
        return Err(Fault::Nothing.at(0));
    }
    Parser { text, tokens, current, end: 0, conditions: Vec::new() }.expression()
}

struct Parser<'a> {
    text: &'a str,
    tokens: Tokens<'a>,
    /// The word that is looked at.
    current: Token<'a>,
    /// Where the word before it ends.
    end: usize,
    conditions: Vec<Condition<Path>>,
}

/// Where a condition stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Outside,
    InParentheses,
}

impl<'a> Parser<'a> {
    fn expression(mut self) -> Result<Expression<Path>, TriggerError> {
        let mut groups = Vec::new();
        let joint = self.joined(|parser| {
            groups.push(parser.group()?);
            Ok(())
        })?;
        if self.current.kind == Kind::Close {
            return Err(Fault::Unopened.at(self.current.start));
        }
        Ok(Expression { joint, groups, conditions: self.conditions })
    }

    fn group(&mut self) -> Result<Group, TriggerError> {
        let (start, first) = (self.current.start, self.conditions.len());
        let joint = match self.current.kind {
            Kind::Open => self.parentheses(start)?,
            _ => {
                self.condition(Level::Outside)?;
                Joint::And
            }
        };
        Ok(Group { joint, conditions: first..self.conditions.len(), span: start..self.end })
    }

    fn parentheses(&mut self, start: usize) -> Result<Joint, TriggerError> {
        let _open = self.take()?;
        if self.current.kind == Kind::Close {
            return Err(Fault::EmptyParentheses.at(start));
        }
        let joint = self.joined(|parser| parser.condition(Level::InParentheses))?;
        if self.current.kind != Kind::Close {
            return Err(Fault::Unclosed.at(start));
        }
        let _close = self.take()?;
        Ok(joint)
    }

    /// Parts with the same word between all of them.
    fn joined(&mut self, mut part: impl FnMut(&mut Self) -> Result<(), TriggerError>) -> Result<Joint, TriggerError> {
        let mut joint = None;
        loop {
            part(self)?;
            let at = self.current.start;
            let next = match &self.current.kind {
                Kind::End | Kind::Close => return Ok(joint.unwrap_or(Joint::And)),
                Kind::Joint(next) => *next,
                _ => return Err(self.trailing().at(at)),
            };
            if joint.is_some_and(|joint| joint != next) {
                return Err(Fault::MixedConnectives.at(at));
            }
            joint = Some(next);
            let _joint = self.take()?;
            if matches!(self.current.kind, Kind::End | Kind::Close) {
                return Err(Fault::ConditionMissing(next.word()).at(at));
            }
        }
    }

    /// What is wrong with what stands behind a complete condition.
    fn trailing(&self) -> Fault {
        let word = self.tokens.word(self.current.start);
        if !matches!(self.current.kind, Kind::Name(_)) {
            return Fault::Trailing(word);
        }
        match word.to_ascii_lowercase().as_str() {
            "and" | "or" if self.tokens.opens_next(self.current.end) => Fault::ConnectiveAgainstParenthesis(word),
            "and" | "or" => Fault::ConnectiveSpelling(word),
            _ => Fault::Trailing(word),
        }
    }

    /// The word that is looked at; goes on to the next.
    fn take(&mut self) -> Result<Token<'a>, TriggerError> {
        let next = self.tokens.next()?;
        self.end = self.current.end;
        Ok(mem::replace(&mut self.current, next))
    }

    fn written(&self, start: usize, end: usize) -> String {
        self.text.get(start..end).unwrap_or_default().to_owned()
    }
}

//! Reads a condition: makes an expression of its words, or says where it cannot be understood and what to write.
//! The words are `token`'s; what an expression comes to is `evaluate`'s.
//!
//! Refused although some reader might take it for something: `and` and `or` side by side without parentheses, a `!`
//! before a comparison without parentheses, a comparison of a comparison. What Segment makes of them nobody says.

mod operand;

use super::condition::NotFql;
use super::expression::{Expression, Operand};
use super::token::{Kind, Token, tokens};
use crate::event::json::Tree;

/// Parentheses and functions within each other; people need three or four.
const MAX_NESTING: usize = 50;

pub(super) fn read(text: &str) -> Result<Expression, NotFql> {
    let mut reader = Reader { text, tokens: tokens(text)?, next: 0, nesting: 0 };
    let expression = reader.group()?;
    match reader.token() {
        None => Ok(expression),
        Some(token) => Err(reader.surplus(token)),
    }
}

struct Reader<'a> {
    text: &'a str,
    tokens: Vec<Token>,
    /// The token that comes next.
    next: usize,
    nesting: usize,
}

impl Reader<'_> {
    /// Terms joined by one connective.
    fn group(&mut self) -> Result<Expression, NotFql> {
        let first = self.term()?;
        let Some(connective @ (Kind::And | Kind::Or)) = self.kind().cloned() else { return Ok(first) };
        let mut terms = vec![first];
        while self.eat(&connective) {
            terms.push(self.term()?);
        }
        if let Some(Kind::And | Kind::Or) = self.kind() {
            let problem = "`and` and `or` stand side by side without parentheses";
            return Err(NotFql::new(self.at(), problem, "group them, such as (a and b) or c"));
        }
        let terms = terms.into();
        Ok(if connective == Kind::And { Expression::And(terms) } else { Expression::Or(terms) })
    }

    fn term(&mut self) -> Result<Expression, NotFql> {
        let at = self.at();
        let negated = self.eat(&Kind::Not);
        let is_group = self.kind() == Some(&Kind::Open);
        if !negated && !is_group {
            let left = self.operand()?;
            return self.comparison(left);
        }
        let inner = if is_group { self.parenthesised()? } else { Expression::Is(self.operand()?) };
        if let Some(Kind::Compare(_) | Kind::In) = self.kind() {
            return Err(if is_group {
                let problem = "a group in parentheses is compared with something";
                NotFql::new(self.at(), problem, "compare fields, constants and functions; a group stands alone")
            } else {
                let problem = "`!` stands before a comparison without parentheses";
                NotFql::new(at, problem, "write !(a = b), or a != b")
            });
        }
        Ok(if negated { Expression::Not(Box::new(inner)) } else { inner })
    }

    fn parenthesised(&mut self) -> Result<Expression, NotFql> {
        let at = self.at();
        self.enter()?;
        let inner = self.group()?;
        if !self.eat(&Kind::Close) {
            return Err(match self.token() {
                Some(token) => self.surplus(token),
                None => NotFql::new(at, "this parenthesis is not closed", "close it with )"),
            });
        }
        self.nesting -= 1;
        Ok(inner)
    }

    /// A value, and what it is compared with, if anything.
    fn comparison(&mut self, left: Operand) -> Result<Expression, NotFql> {
        let at = self.at();
        let expression = match self.kind() {
            Some(&Kind::Compare(comparison)) => {
                self.next += 1;
                Expression::Compare(comparison, left, self.operand()?)
            }
            Some(Kind::In) => {
                self.next += 1;
                let list = self.at();
                let right = self.operand()?;
                if matches!(left, Operand::Constant(Tree::List(_))) {
                    let hint = "write a text, a number, true, false, null, a field or a function before it";
                    return Err(NotFql::new(at, "before `in` stands a list", hint));
                }
                if !matches!(right, Operand::Constant(Tree::List(_)) | Operand::Path(_)) {
                    let hint = "write a list, such as ['a', 'b'], or a field that holds one";
                    return Err(NotFql::new(list, "behind `in` stands no list", hint));
                }
                Expression::In(left, right)
            }
            _ => return Ok(Expression::Is(left)),
        };
        if let Some(Kind::Compare(_) | Kind::In) = self.kind() {
            let hint = "compare two values at a time and join the comparisons by `and`";
            return Err(NotFql::new(self.at(), "what was compared is compared again", hint));
        }
        Ok(expression)
    }

    /// Goes into a parenthesis.
    fn enter(&mut self) -> Result<(), NotFql> {
        if self.nesting == MAX_NESTING {
            let problem = format!("parentheses are nested deeper than {MAX_NESTING} levels");
            return Err(NotFql::new(self.at(), problem, "write the condition with fewer of them"));
        }
        self.nesting += 1;
        self.next += 1;
        Ok(())
    }

    fn token(&self) -> Option<&Token> {
        self.tokens.get(self.next)
    }

    fn kind(&self) -> Option<&Kind> {
        self.token().map(|token| &token.kind)
    }

    /// Where the next token stands.
    fn at(&self) -> usize {
        self.token().map_or(self.text.len(), |token| token.at)
    }

    fn eat(&mut self, kind: &Kind) -> bool {
        let is_next = self.kind() == Some(kind);
        self.next += usize::from(is_next);
        is_next
    }

    fn shown(&self, token: &Token) -> String {
        let written = &self.text[token.at..token.end];
        match written.char_indices().nth(40) {
            Some((cut, _)) => format!("`{}…`", &written[..cut]),
            None => format!("`{written}`"),
        }
    }

    /// What stands behind a condition that is complete.
    fn surplus(&self, token: &Token) -> NotFql {
        let written = &self.text[token.at..token.end];
        let before = self.next.checked_sub(1).and_then(|before| self.tokens.get(before));
        let before = before.map_or("", |before| &self.text[before.at..before.end]);
        let hint = match (before, written) {
            (_, ")") => "remove it, or open it before",
            (_, "AND" | "OR" | "And" | "Or" | "IN" | "In") => "write `and`, `or` and `in` in lower case",
            ("not" | "NOT" | "Not", _) => "write ! directly before a field, a function or a parenthesis",
            _ => "join conditions by `and` or `or`; a space in a field's name is written with a backslash before it",
        };
        NotFql::new(token.at, format!("{} follows without an operator before it", self.shown(token)), hint)
    }
}

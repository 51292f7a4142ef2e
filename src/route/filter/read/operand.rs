//! Reads one value of a condition: a constant, a list of constants, a field, or a function of other values. What may be
//! done with a value is left to the rest of `read`.

use super::super::condition::NotFql;
use super::super::expression::{FUNCTIONS, Function, Operand};
use super::super::token::{Kind, Token};
use super::Reader;
use crate::event::json::Tree;

impl Reader<'_> {
    pub(super) fn operand(&mut self) -> Result<Operand, NotFql> {
        let Some(token) = self.token().cloned() else {
            let hint = "write a field, a text in quotes, a number, a list, true, false, null or a function";
            return Err(NotFql::new(self.text.len(), "the condition ends where a value is expected", hint));
        };
        match token.kind {
            Kind::Constant(constant) => {
                self.next += 1;
                Ok(Operand::Constant(constant))
            }
            Kind::OpenList => self.list(),
            Kind::Name(keys) => {
                self.next += 1;
                if self.kind() == Some(&Kind::Open) { self.call(token.at) } else { Ok(Operand::Path(keys)) }
            }
            _ => {
                let hint = match token.kind {
                    Kind::Compare(_) | Kind::In => "write a value on both sides of an operator",
                    Kind::And | Kind::Or => "`and` and `or` stand between two conditions",
                    Kind::Open | Kind::Not => "a group or `!` is no value; compare fields, constants and functions",
                    _ => "write a field, a text in quotes, a number, a list, true, false, null or a function",
                };
                Err(NotFql::new(token.at, format!("{} stands where a value is expected", self.shown(&token)), hint))
            }
        }
    }

    /// Scalars in brackets.
    fn list(&mut self) -> Result<Operand, NotFql> {
        let at = self.at();
        self.next += 1;
        let mut elements = Vec::new();
        if self.eat(&Kind::CloseList) {
            return Ok(Operand::Constant(Tree::List(elements)));
        }
        loop {
            match self.token().cloned() {
                Some(Token { kind: Kind::Constant(constant), .. }) => elements.push(constant),
                Some(token) => {
                    let problem = format!("{} stands in a list", self.shown(&token));
                    let hint = "lists hold texts in quotes, numbers, true, false and null, with a comma between two";
                    return Err(NotFql::new(token.at, problem, hint));
                }
                None => return Err(NotFql::new(at, "this list is not closed", "close it with ]")),
            }
            self.next += 1;
            if self.eat(&Kind::CloseList) {
                return Ok(Operand::Constant(Tree::List(elements)));
            }
            if self.token().is_some() && !self.eat(&Kind::Comma) {
                let hint = "put a comma between two elements, and ] at the end";
                return Err(NotFql::new(self.at(), "the list is neither closed nor goes on", hint));
            }
        }
    }

    /// A function's values; its name, which began at `at`, is read.
    fn call(&mut self, at: usize) -> Result<Operand, NotFql> {
        let name = self.text[at..self.at()].trim_ascii_end();
        let Some(function) = Function::named(name) else {
            let names: Vec<&str> = FUNCTIONS.iter().map(|(name, _)| *name).collect();
            let hint = match name {
                "not" => "write ! directly before the parenthesis".to_owned(),
                "startswith" | "startsWith" | "endswith" | "endsWith" => "write match(event, 'a*') or '*a'".to_owned(),
                _ => format!("the functions are {}", names.join(", ")),
            };
            return Err(NotFql::new(at, format!("there is no function `{name}`"), hint));
        };
        self.enter()?;
        let wrong = |problem: String| {
            let hint = match function {
                Function::One(_) => format!("write {name}(value)"),
                Function::Two(_) => format!("write {name}(value, 'text')"),
            };
            NotFql::new(at, problem, hint)
        };
        if self.kind() == Some(&Kind::Close) {
            return Err(wrong(format!("`{name}` is given nothing")));
        }
        let first = self.operand()?;
        let operand = match function {
            Function::One(one) => Operand::One(one, Box::new(first)),
            Function::Two(two) => {
                if !self.eat(&Kind::Comma) {
                    return Err(wrong(format!("`{name}` takes two values with a comma between them")));
                }
                Operand::Two(two, Box::new((first, self.operand()?)))
            }
        };
        if !self.eat(&Kind::Close) {
            return Err(wrong(format!("`{name}` is given more than it takes, or its parenthesis is not closed")));
        }
        self.nesting -= 1;
        Ok(operand)
    }
}

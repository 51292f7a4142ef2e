//! A condition: a text in Segment's Filter Query Language (FQL), or `all`. Its text is read by `read`, its answer
//! found by `evaluate`; what follows from the answer is the room's.

use super::evaluate::{Evaluation, Failure};
use super::expression::Expression;
use super::read::read;
use crate::event::json::Tree;

/// Bytes a condition may have: Segment's 5 KB.
pub(super) const MAX_BYTES: usize = 5 * 1024;

/// Which events a filter is about.
#[derive(Clone, Debug)]
pub struct Condition {
    text: Box<str>,
    meaning: Meaning,
}

#[derive(Clone, Debug)]
enum Meaning {
    All,
    Fql(Expression),
}

/// Why a text is no condition.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{problem}, at byte {at}")]
pub struct NotFql {
    /// Where, in bytes from 0; the length where the text ends too early.
    pub at: usize,
    /// What is wrong.
    pub problem: String,
    /// What to write instead.
    pub hint: String,
}

impl Condition {
    /// Reads a condition.
    pub fn parse(text: &str) -> Result<Self, NotFql> {
        if text.len() > MAX_BYTES {
            let problem = format!("{} bytes are too many for a condition", text.len());
            let hint = format!("write at most {MAX_BYTES}, or spread the condition over several filters");
            return Err(NotFql { at: 0, problem, hint });
        }
        let meaning = match text.trim_ascii() {
            "" => {
                let hint = "write `all` for every event".to_owned();
                return Err(NotFql { at: 0, problem: "the condition is empty".to_owned(), hint });
            }
            "all" => Meaning::All,
            _ => Meaning::Fql(read(text)?),
        };
        Ok(Self { text: text.into(), meaning })
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it holds for an event.
    pub fn holds(&self, event: &Tree) -> Result<bool, Failure> {
        match &self.meaning {
            Meaning::All => Ok(true),
            Meaning::Fql(expression) => Evaluation::of(event).holds(expression),
        }
    }
}

impl NotFql {
    pub(super) fn new(at: usize, problem: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { at, problem: problem.into(), hint: hint.into() }
    }
}

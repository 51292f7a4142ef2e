//! Triggers: which events a mapping wants, in the language of Segment's `subscribe` (package `destination-subscriptions`).
//!
//! ```text
//! Trigger::parse(text)      at load; an error says where, what, and what to write instead
//! fields.bind(&trigger)     at load, for all triggers that are asked about the same events: gives a `Bound`
//! fields.read(event)        once per event: the `Facts`, borrowed, no tree
//! bound.matches(&facts)     per trigger;  bound.why_not(&facts)  for `explain`
//! ```
//!
//! A trigger is plain, or it is refused: what Segment accepts but takes for something else than it says (`quirk` in
//! the fixtures) is an error here. `token` and `parse` read the text, `fault` has the words; `expression` and `condition`
//! decide; `fields` and `facts` find what an event has. An event changed by a filter is read anew from its changed text.

mod condition;
mod expression;
mod facts;
mod fault;
mod fields;
mod parse;
mod path;
mod token;
mod value;
mod why_not;

pub use facts::{Fact, Facts};
pub use fault::TriggerError;
pub use fields::Fields;
pub use why_not::WhyNot;

use expression::Expression;
use fields::{Field, Path};

/// A trigger as it was written, parsed.
#[derive(Clone, Debug, PartialEq)]
pub struct Trigger {
    text: Box<str>,
    expression: Expression<Path>,
}

/// A trigger that can be asked about the facts of the fields it is bound to, and of no others.
#[derive(Clone, Debug)]
pub struct Bound {
    text: Box<str>,
    expression: Expression<Field>,
}

impl Trigger {
    /// Reads a trigger; time is linear in the length of the text.
    pub fn parse(text: &str) -> Result<Self, TriggerError> {
        Ok(Self { text: text.into(), expression: parse::parse(text)? })
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl Bound {
    /// Whether the event is wanted.
    #[inline]
    pub fn matches(&self, facts: &Facts<'_>) -> bool {
        self.expression.holds(|field| facts.get(*field))
    }

    /// The first condition that fails; none if the event is wanted.
    pub fn why_not<'a>(&'a self, facts: &'a Facts<'a>) -> Option<WhyNot<'a>> {
        self.expression.why_not(&self.text, |field| facts.get(*field))
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }
}

#[cfg(test)]
mod tests;

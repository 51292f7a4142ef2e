//! The `@liquid` directive: a template as LiquidJS 10.30 renders it, restricted as Segment restricts it.
//!
//! [`Liquid::parse`] reads a template when the configuration is loaded and refuses what would fail for every event;
//! [`Liquid::render`] gives the text for one event, whose members are the template's variables. A template is read by
//! `token` (pieces), `cursor` (words), `expression` and `applied` (values), `parse` and `single` (tags); `render`,
//! `evaluate` and `scope` carry it out on `value`s that convert and compare as in JavaScript; `filters` holds the filters.
//!
//! Segment's limits of 500 ms and 100 MB are limits of steps and of bytes here, see `budget`. Dates are printed in UTC.
//! We differ from LiquidJS on purpose: nothing depends on the clock or on chance, so `"now" | date` and `sample` are
//! refused; rendering never changes the event (`increment`); a character is never cut in half; integers beyond 2^53
//! print as written; the `block` tag, which Segment leaves without use, only renders what stands in it.

mod applied;
mod budget;
mod compare;
mod convert;
mod cursor;
mod evaluate;
mod expression;
mod failure;
mod filters;
mod node;
mod parse;
mod quoted;
mod refused;
mod render;
mod scope;
mod single;
mod token;
mod value;

use crate::event::json::Tree;
use budget::Budget;
pub use failure::{Failure, LiquidError, LiquidFailed};
use node::Node;

/// Characters a template may have, counted as JavaScript does (Segment: `liquid-directive.ts`).
pub const MAX_CHARACTERS: usize = 1000;

/// A template that can be rendered.
#[derive(Debug)]
pub struct Liquid {
    nodes: Vec<Node>,
}

impl Liquid {
    /// Reads a template. Fails where LiquidJS fails while parsing, where Segment has disabled the tag, and where a
    /// filter would fail for every event; a disabled filter in a branch fails only when the branch is taken.
    pub fn parse(template: &str) -> Result<Self, LiquidError> {
        if convert::units(template) > MAX_CHARACTERS {
            return Err(LiquidError {
                at: 0,
                problem: format!("a template has at most {MAX_CHARACTERS} characters"),
                hint: "shorten it, or split it over several keys".to_owned(),
            });
        }
        let nodes = parse::template(template)?;
        refused::sure_to_fail(&nodes)?;
        Ok(Self { nodes })
    }

    /// The text for an event, within what is left of an allowance.
    pub fn render(&self, event: &Tree, allowance: &mut Allowance) -> Result<String, LiquidFailed> {
        render::render(&self.nodes, event, &mut allowance.0)
    }
}

/// What several renderings may do together: as much as Segment allows one.
#[derive(Clone, Copy, Debug)]
pub struct Allowance(Budget);

impl Default for Allowance {
    fn default() -> Self {
        Self(Budget::new())
    }
}

#[cfg(test)]
mod tests;

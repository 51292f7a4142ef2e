//! Mappings: how a request's url, headers and data are made of an event, in Segment's language of directives
//! (`@path`, `@template`, `@if` and so on; `packages/core/src/mapping-kit` of segmentio/action-destinations).
//! `Mapping::parse` reads and checks one when the configuration is loaded and says all that is wrong at once;
//! `Mapping::resolve` and `Mapping::text` apply it to an event. No I/O, no clock; work is bounded by a budget.
//!
//! `reader` turns the written form into `node`s, each directive has a file of its own, `value` is what they pass to
//! each other, `javascript` what JavaScript does with it. Asking for a valid url or method is left to others.

mod array_path;
mod at_liquid;
mod budget;
mod case;
mod exclude_when_null;
mod fields;
mod flatten;
mod if_else;
mod javascript;
mod json;
pub mod liquid;
mod literal;
mod merge;
mod node;
mod path;
mod place;
mod print;
mod reader;
mod replace;
mod template;
mod transform;
mod value;

use std::sync::Arc;

pub use place::{Place, Step};

use crate::event::json::{BigIntegers, Tree};
use budget::Budget;
use node::{Node, Scope};
use reader::Reader;
use value::Value;

/// Levels a mapping may have, directives and their options counted.
pub const MAX_LEVELS: usize = 200;

/// What a mapping may make of one event, in bytes: the text it prints, and all it makes on the way.
pub const MAX_WORK: usize = 16 << 20;

/// A mapping, checked and ready to be applied.
#[derive(Clone, Debug)]
pub struct Mapping {
    root: Arc<Node>,
    big: BigIntegers,
    written: Arc<Tree>,
}

/// One mistake in a mapping.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {problem}; {hint}")]
pub struct MappingError {
    /// Where inside the mapping, such as `data.items.@arrayPath[1].sku`; empty for the mapping as a whole.
    pub path: String,
    /// What is wrong.
    pub problem: String,
    /// What to write instead.
    pub hint: String,
}

/// Why a mapping cannot be applied to an event. Holds nothing of the event but types.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {problem}")]
pub struct MappingFailed {
    /// The directive that failed; empty for the mapping as a whole.
    pub path: String,
    /// What is wrong.
    pub problem: String,
}

impl Mapping {
    /// Reads a mapping. What fails for every event is refused here; Segment notices some of it only later.
    pub fn parse(mapping: &Tree) -> Result<Self, Vec<MappingError>> {
        let mut reader = Reader::new();
        let root = reader.node(mapping);
        let errors = reader.finish();
        if !errors.is_empty() {
            return Err(errors);
        }
        Ok(Self { root: Arc::new(root), big: BigIntegers::default(), written: Arc::new(mapping.clone()) })
    }

    /// As it was written.
    pub fn written(&self) -> &Tree {
        &self.written
    }

    /// What `@json` does with integers beyond 2^53 when it decodes a text; kept exactly, unless said otherwise.
    pub fn with_big_integers(self, big: BigIntegers) -> Self {
        Self { big, ..self }
    }

    /// What the mapping gives whatever the event is; none if that depends on the event.
    pub fn constant(&self) -> Option<&Tree> {
        match &*self.root {
            Node::Literal(tree) => Some(tree),
            _ => None,
        }
    }

    /// Applies the mapping to an event; none when it resolves to nothing.
    pub fn resolve(&self, event: &Tree) -> Result<Option<Tree>, MappingFailed> {
        self.apply(event, |value, budget| value.tree(budget))
    }

    /// As `resolve`, printed as `JSON.stringify` does. Cheaper, as nothing of the event is copied.
    pub fn text(&self, event: &Tree) -> Result<Option<String>, MappingFailed> {
        self.apply(event, |value, budget| value.json_text(budget))
    }

    fn apply<T>(&self, event: &Tree, finish: Finish<T>) -> Result<T, MappingFailed> {
        let budget = Budget::new(MAX_WORK);
        let payload = Value::Tree(event);
        let value = self.root.resolve(&Scope { payload: &payload, budget: &budget, big: self.big })?;
        finish(&value, &budget)
    }
}

/// What becomes of the resolved value.
type Finish<T> = fn(&Value<'_>, &Budget) -> Result<T, MappingFailed>;

impl MappingFailed {
    /// A failure that does not know its place yet; the directive around it fills that in.
    fn new(problem: impl Into<String>) -> Self {
        Self { path: String::new(), problem: problem.into() }
    }
}

#[cfg(test)]
mod tests;

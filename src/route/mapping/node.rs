//! A mapping as it is applied: fixed values, objects and lists of parts, and directives. `reader` makes these of the
//! written form; what a directive does is in its own file.

use std::borrow::Cow;
use std::fmt;
use std::rc::Rc;

use crate::event::json::{BigIntegers, Tree};

use super::MappingFailed;
use super::budget::{self, Budget};
use super::value::Value;

/// One part of a mapping.
#[derive(Debug)]
pub(super) enum Node {
    /// Holds no directive.
    Literal(Tree),
    /// Members in JavaScript's order.
    Object(Vec<(Box<str>, Node)>),
    /// Elements.
    List(Vec<Node>),
    /// A directive, and where it stands.
    Directive { at: Box<str>, directive: Box<dyn Directive> },
}

/// What an object with one key `@…` stands for.
pub(super) trait Directive: fmt::Debug + Send + Sync {
    /// What it gives for an event.
    fn resolve<'a>(&'a self, scope: &Scope<'a, '_>) -> Result<Value<'a>, MappingFailed>;
}

/// What a part is applied to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scope<'a, 's> {
    /// The event, or what stands for it inside `@arrayPath` and `@transform`.
    pub(super) payload: &'s Value<'a>,
    /// What may still be made.
    pub(super) budget: &'s Budget,
    /// How `@json` reads large integers.
    pub(super) big: BigIntegers,
}

impl Node {
    /// What the part gives for an event.
    pub(super) fn resolve<'a>(&'a self, scope: &Scope<'a, '_>) -> Result<Value<'a>, MappingFailed> {
        scope.budget.spend(budget::VALUE)?;
        match self {
            Self::Literal(tree) => Ok(Value::Tree(tree)),
            Self::Object(members) => {
                let mut resolved = Vec::with_capacity(members.len());
                for (key, node) in members {
                    resolved.push((Cow::Borrowed(&**key), node.resolve(scope)?));
                }
                Ok(Value::Object(Rc::new(resolved)))
            }
            Self::List(elements) => {
                let resolved: Result<Vec<_>, _> = elements.iter().map(|node| node.resolve(scope)).collect();
                Ok(Value::List(Rc::new(resolved?)))
            }
            Self::Directive { at, directive } => directive.resolve(scope).map_err(|failed| failed.at(at)),
        }
    }
}

impl<'a, 's> Scope<'a, 's> {
    /// The same with something else for the event.
    pub(super) fn with<'t>(&self, payload: &'t Value<'a>) -> Scope<'a, 't>
    where
        's: 't,
    {
        Scope { payload, budget: self.budget, big: self.big }
    }
}

impl MappingFailed {
    /// Says where it was, unless that is known already.
    fn at(self, place: &str) -> Self {
        if self.path.is_empty() { Self { path: place.to_owned(), ..self } } else { self }
    }
}

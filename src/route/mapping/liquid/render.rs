//! Renders a template that was read: prints, sets names, takes branches, and stops where the budget ends.
//! Values are `evaluate`'s, names `scope`'s.

use std::collections::HashMap;

use super::budget::Budget;
use super::evaluate::Evaluation;
use super::failure::{Failure, LiquidFailed};
use super::node::{Cycle, Direction, Filtered, Node, NodeKind};
use super::scope::Scope;
use super::value::Value;
use crate::event::json::Tree;

/// The text for an event.
pub(super) fn render(nodes: &[Node], event: &Tree, budget: &mut Budget) -> Result<String, LiquidFailed> {
    let mut rendering = Rendering {
        scope: Scope::new(Value::from(event)),
        cycles: HashMap::new(),
        out: String::new(),
        stopped: false,
        budget: *budget,
        at: 0,
    };
    let rendered = rendering.nodes(nodes);
    *budget = rendering.budget;
    rendered.map(|()| rendering.out).map_err(|why| LiquidFailed { at: rendering.at, why })
}

struct Rendering<'e> {
    scope: Scope<'e>,
    /// Which value each `cycle` comes to next.
    cycles: HashMap<String, usize>,
    out: String,
    /// By `break` or `continue`.
    stopped: bool,
    budget: Budget,
    at: usize,
}

impl<'e> Rendering<'e> {
    fn nodes(&mut self, nodes: &'e [Node]) -> Result<(), Failure> {
        for node in nodes {
            if self.stopped {
                return Ok(());
            }
            self.at = node.at;
            self.node(&node.kind)?;
        }
        Ok(())
    }

    fn node(&mut self, kind: &'e NodeKind) -> Result<(), Failure> {
        match kind {
            NodeKind::Plain(text) => {
                self.budget.bytes(text.len())?;
                self.out.push_str(text);
            }
            NodeKind::Output(value) => {
                let value = self.value(value)?;
                value.print(&mut self.out, &mut self.budget)?;
            }
            NodeKind::Assign(name, value) => {
                let value = self.value(value)?;
                self.scope.variables.insert(name, value);
            }
            NodeKind::Capture(name, nodes) => {
                let outer = std::mem::take(&mut self.out);
                self.nodes(nodes)?;
                let captured = std::mem::replace(&mut self.out, outer);
                self.scope.variables.insert(name, Value::from(captured));
            }
            NodeKind::Branches(branches, otherwise) => {
                for branch in branches {
                    if self.value(&branch.test)?.is_true() == branch.taken_when {
                        return self.nodes(&branch.nodes);
                    }
                }
                self.nodes(otherwise)?;
            }
            NodeKind::Cycle(cycle) => self.cycle(cycle)?,
            NodeKind::Count(name, direction) => self.count(name, *direction)?,
            NodeKind::Group(nodes) => self.nodes(nodes)?,
            NodeKind::Stop => self.stopped = true,
        }
        Ok(())
    }

    fn value(&mut self, value: &'e Filtered) -> Result<Value<'e>, Failure> {
        self.evaluation().filtered(value)
    }

    fn evaluation(&mut self) -> Evaluation<'_, 'e> {
        Evaluation { scope: &self.scope, budget: &mut self.budget, at: &mut self.at }
    }

    fn cycle(&mut self, cycle: &'e Cycle) -> Result<(), Failure> {
        let group = match &cycle.group {
            Some(group) => self.evaluation().operand(group)?,
            None => Value::Undefined,
        };
        let mut key = String::new();
        group.print_in_javascript(&mut key, &mut self.budget)?;
        key.push(':');
        key.push_str(&cycle.written);
        let next = self.cycles.entry(key).or_default();
        let current = *next;
        *next = (current + 1) % cycle.values.len().max(1);
        let Some(value) = cycle.values.get(current) else {
            return Ok(());
        };
        let value = self.value(value)?.settled();
        // What is false to JavaScript, zero for one, is not printed here.
        if value.is_true_in_javascript() { value.print(&mut self.out, &mut self.budget) } else { Ok(()) }
    }

    /// `increment` prints and then counts, `decrement` the other way round.
    fn count(&mut self, name: &'e str, direction: Direction) -> Result<(), Failure> {
        let before = self.scope.count(name);
        let (printed, after) = match direction {
            Direction::Up => (before, before + 1.0),
            Direction::Down => (before - 1.0, before - 1.0),
        };
        self.scope.counters.insert(name, after);
        Value::Number(printed).print(&mut self.out, &mut self.budget)
    }
}

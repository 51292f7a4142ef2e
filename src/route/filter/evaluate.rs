//! What an expression comes to for one event. What is missing is null; only `true` holds; what cannot be compared is
//! not equal, not less and not greater. Work is bounded, whatever the event brings along.

use std::cell::Cell;

use super::expression::{Comparison, Expression, Operand};
use super::function;
use super::value::Value;
use crate::event::json::Tree;

/// Steps one condition may take, each about a byte looked at: far more than honest conditions need, and less than a second.
const MAX_STEPS: usize = 1 << 25;

/// Why a condition has no answer for an event.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// What stands behind `in` is no list.
    #[error("`in` needs a list behind it, and there is a {0}")]
    NotAList(&'static str),
    /// A function cannot make of a value what it is there for.
    #[error("`{function}` can make nothing of this {kind}")]
    NotConvertible {
        /// Its name.
        function: &'static str,
        /// The type of the value.
        kind: &'static str,
    },
    /// The event is so large or so odd that an answer would take too long.
    #[error("it takes too many steps")]
    TooLong,
}

/// A condition being asked of an event.
pub(super) struct Evaluation<'a> {
    event: &'a Tree,
    steps_left: Cell<usize>,
}

impl<'a> Evaluation<'a> {
    pub(super) fn of(event: &'a Tree) -> Self {
        Self { event, steps_left: Cell::new(MAX_STEPS) }
    }

    pub(super) fn holds(&self, expression: &Expression) -> Result<bool, Failure> {
        match expression {
            Expression::And(terms) => self.find(terms, false).map(|found| !found),
            Expression::Or(terms) => self.find(terms, true),
            Expression::Not(inner) => self.holds(inner).map(|holds| !holds),
            Expression::Is(operand) => Ok(matches!(self.value(operand)?, Value::Bool(true))),
            Expression::In(element, list) => self.is_in(element, list),
            Expression::Compare(comparison, left, right) => {
                let (left, right) = (self.value(left)?, self.value(right)?);
                self.spend(size(&left).min(size(&right)))?;
                Ok(compares(*comparison, &left, &right))
            }
        }
    }

    /// Counts steps.
    pub(super) fn spend(&self, steps: usize) -> Result<(), Failure> {
        self.steps_left.set(self.steps_left.get().checked_sub(steps).ok_or(Failure::TooLong)?);
        Ok(())
    }

    /// Whether one of the terms comes to `wanted`; those behind it are not asked.
    fn find(&self, terms: &[Expression], wanted: bool) -> Result<bool, Failure> {
        for term in terms {
            if self.holds(term)? == wanted {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn value<'b>(&self, operand: &'b Operand) -> Result<Value<'b>, Failure>
    where
        'a: 'b,
    {
        match operand {
            Operand::Constant(constant) => Ok(constant.into()),
            Operand::Path(keys) => {
                let field = keys.iter().try_fold(self.event, |value, key| value.member(key));
                Ok(field.map_or(Value::Null, Value::from))
            }
            Operand::One(one, value) => function::of_one(*one, self.value(value)?, self),
            Operand::Two(two, values) => {
                let holds = function::of_two(*two, &self.value(&values.0)?, &self.value(&values.1)?, self)?;
                Ok(Value::Bool(holds))
            }
        }
    }

    fn is_in(&self, element: &Operand, list: &Operand) -> Result<bool, Failure> {
        let element = self.value(element)?;
        let elements = match self.value(list)? {
            Value::List(elements) => elements,
            // Functions take null without a fault, so that events without the field need no further condition; so does this.
            Value::Null => return Ok(false),
            other => return Err(Failure::NotAList(other.kind())),
        };
        self.spend(elements.len().saturating_mul(size(&element)))?;
        Ok(elements.iter().any(|other| element.equals(&other.into())))
    }
}

fn compares(comparison: Comparison, left: &Value<'_>, right: &Value<'_>) -> bool {
    match (comparison, left, right) {
        (Comparison::Equal, ..) => left.equals(right),
        (Comparison::NotEqual, ..) => !left.equals(right),
        (_, Value::Number(left), Value::Number(right)) => left.compare(*right).is_some_and(|order| match comparison {
            Comparison::Less => order.is_lt(),
            Comparison::LessOrEqual => order.is_le(),
            Comparison::Greater => order.is_gt(),
            Comparison::GreaterOrEqual | Comparison::Equal | Comparison::NotEqual => order.is_ge(),
        }),
        _ => false,
    }
}

/// About how much there is to be compared of a value.
fn size(value: &Value<'_>) -> usize {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 1,
        Value::Text(text) => 1 + text.len() / 16,
        Value::List(elements) => 1 + elements.len(),
        Value::Object(members) => 1 + members.len(),
    }
}

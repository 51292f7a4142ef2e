//! Carries out expressions: operands, operators, filters. What operators say is `compare`'s, what filters do
//! `filters`'.

use super::budget::Budget;
use super::compare::{contains, equal, in_order};
use super::failure::Failure;
use super::filters::Call;
use super::node::{Applied, Effect, Expression, Filtered, Operand, Operator, Path, Term};
use super::scope::{Scope, descend};
use super::value::Value;

/// What is needed to know the value of an expression.
pub(super) struct Evaluation<'a, 'e> {
    pub(super) scope: &'a Scope<'e>,
    pub(super) budget: &'a mut Budget,
    /// Where in the template we are, for the error.
    pub(super) at: &'a mut usize,
}

impl<'e> Evaluation<'_, 'e> {
    /// The value behind all its filters.
    pub(super) fn filtered(&mut self, filtered: &'e Filtered) -> Result<Value<'e>, Failure> {
        let mut value = self.expression(&filtered.value)?;
        for filter in &filtered.filters {
            *self.at = filter.at;
            value = self.apply(filter, value)?;
        }
        Ok(value)
    }

    fn apply(&mut self, filter: &'e Applied, value: Value<'e>) -> Result<Value<'e>, Failure> {
        let filter_of = match filter.effect {
            Effect::Apply(filter) => filter,
            Effect::Nothing => return Ok(value),
            Effect::Fail(refusal) => return Err(Failure::Refused(refusal.problem)),
        };
        let mut arguments = Vec::with_capacity(filter.arguments.len());
        for argument in &filter.arguments {
            let value = self.operand(&argument.value)?;
            // A named argument is a pair, as LiquidJS hands it on.
            arguments.push(match &argument.name {
                Some(name) => Value::list(vec![Value::from(name.as_str()), value]),
                None => value,
            });
        }
        filter_of(&mut Call { value, arguments, budget: self.budget })
    }

    fn expression(&mut self, expression: &'e Expression) -> Result<Value<'e>, Failure> {
        let mut values: Vec<Value<'e>> = Vec::with_capacity(expression.postfix.len());
        for term in &expression.postfix {
            let value = match term {
                Term::Operand(operand) => self.operand(operand)?,
                Term::Operator(operator) => {
                    let right = values.pop().unwrap_or(Value::Undefined);
                    match operator {
                        Operator::Not => Value::Bool(!right.is_true()),
                        _ => {
                            let left = values.pop().unwrap_or(Value::Undefined);
                            Value::Bool(self.operator(&left, *operator, &right)?)
                        }
                    }
                }
            };
            values.push(value);
        }
        Ok(values.into_iter().next().unwrap_or(Value::Undefined))
    }

    fn operator(&mut self, left: &Value<'e>, operator: Operator, right: &Value<'e>) -> Result<bool, Failure> {
        match operator {
            Operator::Equal => equal(left, right, self.budget),
            Operator::Unequal => equal(left, right, self.budget).map(|equal| !equal),
            Operator::InOrder(order) => in_order(left, order, right, self.budget),
            Operator::Contains => contains(left, right, self.budget),
            Operator::And => Ok(left.is_true() && right.is_true()),
            Operator::Or => Ok(left.is_true() || right.is_true()),
            Operator::Not => Ok(!right.is_true()),
        }
    }

    pub(super) fn operand(&mut self, operand: &'e Operand) -> Result<Value<'e>, Failure> {
        self.budget.steps(1)?;
        Ok(match operand {
            Operand::Undefined => Value::Undefined,
            Operand::Bool(value) => Value::Bool(*value),
            Operand::Number(number) => Value::Number(*number),
            Operand::Text(text) => Value::from(text.as_str()),
            Operand::Keyword(keyword) => Value::Keyword(*keyword),
            Operand::Path(path) => self.path(path)?,
            Operand::Range(ends) => {
                let low = self.operand(&ends.0)?.to_number(self.budget)?;
                let high = self.operand(&ends.1)?.to_number(self.budget)?;
                self.range(low, high)?
            }
        })
    }

    fn path(&mut self, path: &'e Path) -> Result<Value<'e>, Failure> {
        let mut keys = Vec::with_capacity(path.keys.len());
        for key in &path.keys {
            keys.push(self.operand(key)?.settled());
        }
        match &path.base {
            Some(base) => descend(self.operand(base)?, &keys, self.budget),
            None => self.scope.look_up(&keys, self.budget),
        }
    }

    fn range(&mut self, low: f64, high: f64) -> Result<Value<'e>, Failure> {
        let count = (high + 1.0 - low).ceil();
        // Also what is no number makes no range.
        if count.is_nan() || count < 1.0 {
            return Ok(Value::list(Vec::new()));
        }
        let count = count as usize;
        self.budget.steps(count)?;
        self.budget.bytes(count.saturating_mul(size_of::<Value<'_>>()))?;
        Ok(Value::list((0..count).map(|step| Value::Number(low + step as f64)).collect()))
    }
}

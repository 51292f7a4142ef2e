//! Reads one condition: a comparison, or one of the two functions. What a comparison means is `value`'s, which fields
//! there are is `path`'s; how conditions are combined is the parser's own business.

use super::{Level, Parser};
use crate::route::trigger::condition::{Part, Test};
use crate::route::trigger::expression::Condition;
use crate::route::trigger::fault::{Fault, TriggerError};
use crate::route::trigger::fields::Path;
use crate::route::trigger::path;
use crate::route::trigger::token::Kind;
use crate::route::trigger::value::{Function, Value, Written};

impl<'a> Parser<'a> {
    pub(super) fn condition(&mut self, level: Level) -> Result<(), TriggerError> {
        let start = self.current.start;
        let negated = self.current.kind == Kind::Not;
        if negated {
            let _not = self.take()?;
        }
        let function = match &self.current.kind {
            Kind::Name(name) => Function::of(name).filter(|_| self.tokens.opens_next(self.current.end)),
            _ => None,
        };
        let (field, test) = match (function, &self.current.kind) {
            (Some(function), _) if level == Level::InParentheses => {
                return Err(Fault::FunctionInParentheses(function.name()).at(start));
            }
            (Some(function), _) => {
                let (field, part, text) = self.function(function)?;
                (field, if negated { Test::HasNot(part, text) } else { Test::Has(part, text) })
            }
            (None, Kind::Open) if negated => return Err(Fault::NegatedGroup.at(start)),
            (None, _) if negated => return Err(Fault::NegatedField(self.tokens.word(self.current.start)).at(start)),
            (None, Kind::Name(_)) => self.comparison()?,
            (None, Kind::Open) => return Err(Fault::NestedParentheses.at(start)),
            (None, Kind::Joint(joint)) => return Err(Fault::ConditionMissing(joint.word()).at(start)),
            (None, _) => return Err(Fault::ConditionExpected(self.tokens.word(start)).at(start)),
        };
        self.conditions.push(Condition { field, test, span: start..self.end });
        Ok(())
    }

    fn comparison(&mut self) -> Result<(Path, Test), TriggerError> {
        let start = self.current.start;
        let (field, kind) = self.path()?;
        let field_end = self.end;
        let Kind::Compare(order) = self.current.kind else {
            let found = self.tokens.word(self.current.start);
            let field = self.written(start, field_end);
            return Err(Fault::OperatorExpected { field, found }.at(self.current.start));
        };
        let operator = self.take()?;
        let value_start = self.current.start;
        let value = self.value()?;
        let written = Written {
            field: self.written(start, field_end),
            operator: self.written(operator.start, operator.end),
            value: self.written(value_start, self.end),
        };
        let test = value.test(kind, order, written).map_err(|fault| fault.at(value_start))?;
        Ok((field, test))
    }

    fn function(&mut self, function: Function) -> Result<(Path, Part, Box<str>), TriggerError> {
        let start = self.current.start;
        let form = || Fault::FunctionForm(function.name()).at(start);
        let _name = self.take()?;
        let _open = self.take()?;
        if !matches!(self.current.kind, Kind::Name(_)) {
            return Err(form());
        }
        let field_start = self.current.start;
        let (path, kind) = self.path()?;
        if kind == path::Kind::Type {
            return Err(Fault::FunctionOnType(function.name()).at(start));
        }
        let field = self.written(field_start, self.end);
        if self.current.kind != Kind::Comma {
            return Err(form());
        }
        let _comma = self.take()?;
        let Kind::Text(argument) = self.current.kind else { return Err(form()) };
        let argument_start = self.current.start;
        let _argument = self.take()?;
        if self.current.kind != Kind::Close {
            return Err(form());
        }
        let _close = self.take()?;
        let (part, text) = function.part(argument, &field).map_err(|fault| fault.at(argument_start))?;
        Ok((path, part, text))
    }

    /// The names of a field, and of which kind it is.
    fn path(&mut self) -> Result<(Path, path::Kind), TriggerError> {
        let start = self.current.start;
        let mut names = Path::new();
        loop {
            let word = self.tokens.word(self.current.start);
            match &self.current.kind {
                Kind::Name(name) => names.push(name.as_str().into()),
                Kind::Joint(_) | Kind::Null => return Err(Fault::ReservedWord(word).at(self.current.start)),
                _ => return Err(Fault::NameMissing.at(self.current.start)),
            }
            let _name = self.take()?;
            if self.current.kind != Kind::Dot {
                break;
            }
            let _dot = self.take()?;
        }
        let written = self.written(start, self.end);
        if self.current.kind == Kind::Open && names.len() == 1 {
            return Err(Fault::UnknownFunction(written).at(start));
        }
        let kind = path::kind(&names, &written).map_err(|fault| fault.at(start))?;
        Ok((names, kind))
    }

    fn value(&mut self) -> Result<Value<'a>, TriggerError> {
        let word = self.tokens.word(self.current.start);
        let fault = match &self.current.kind {
            Kind::Text(text) => Ok(Value::Text(text)),
            Kind::Number(number) => Ok(Value::Number(*number)),
            Kind::Null => Ok(Value::Null),
            Kind::Name(name) if name == "true" => Ok(Value::Bool(true)),
            Kind::Name(name) if name == "false" => Ok(Value::Bool(false)),
            Kind::Name(_) | Kind::Joint(_) => Err(Fault::BareValue(word)),
            Kind::Dot => Err(Fault::NumberFormat(word)),
            Kind::Compare(_) | Kind::Not | Kind::Open | Kind::Close | Kind::Comma | Kind::End => {
                Err(Fault::ValueMissing)
            }
        };
        let value = fault.map_err(|fault| fault.at(self.current.start))?;
        let _value = self.take()?;
        Ok(value)
    }
}

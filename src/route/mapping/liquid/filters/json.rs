//! The filters that print JSON, as `JSON.stringify` does, with white space when asked for; and those that only choose
//! or pass a value.

use super::super::budget::Budget;
use super::super::convert::units;
use super::super::failure::Failure;
use super::super::value::Value;
use super::{Call, Filter, Made};
use crate::event::json::{Tree, javascript_number};

/// The deepest indentation of a level.
const MAX_INDENT: usize = 10;

pub(super) fn named(name: &str) -> Option<Filter> {
    Some(match name {
        "json" | "jsonify" | "inspect" => json,
        "raw" => |call| Ok(call.value.clone()),
        "default" => default,
        _ => return None,
    })
}

/// Another value for nothing, false and what is empty; `allow_false: true` keeps false.
fn default<'e>(call: &mut Call<'_, 'e>) -> Made<'e> {
    let value = call.value.clone().settled();
    let is_kept = match &value {
        Value::List(list) => list.len() > 0,
        Value::Text(text) => !text.is_empty(),
        Value::Bool(false) => allows_false(call)?,
        value => value.is_true(),
    };
    Ok(if is_kept { value } else { call.argument(0) })
}

fn allows_false(call: &Call<'_, '_>) -> Result<bool, Failure> {
    let mut allows = false;
    for option in call.arguments.iter().skip(1) {
        let Value::List(option) = option else {
            return Err(Failure::OptionWithoutName);
        };
        if matches!(option.get(0), Some(Value::Text(name)) if &*name == "allow_false") {
            allows = option.get(1).is_some_and(|value| value.is_true_in_javascript());
        }
    }
    Ok(allows)
}

fn json<'e>(call: &mut Call<'_, 'e>) -> Made<'e> {
    let indent = match call.argument(0) {
        Value::Text(text) => text.chars().take(MAX_INDENT).collect(),
        other => other.number().map(|spaces| " ".repeat((spaces as usize).min(MAX_INDENT))).unwrap_or_default(),
    };
    if matches!(call.value, Value::Undefined) {
        return Ok(Value::Undefined);
    }
    let mut writer = Writer { out: String::new(), indent, level: 0, budget: call.budget };
    writer.value(&call.value)?;
    Ok(Value::from(writer.out))
}

struct Writer<'b> {
    out: String,
    indent: String,
    level: usize,
    budget: &'b mut Budget,
}

impl Writer<'_> {
    fn value(&mut self, value: &Value<'_>) -> Result<(), Failure> {
        self.budget.steps(1)?;
        match value {
            Value::Undefined | Value::Null => self.write("null"),
            Value::Bool(value) => self.write(if *value { "true" } else { "false" }),
            Value::Number(number) => self.write(&javascript_number(*number)),
            Value::Digits(number) => self.write(number.as_str()),
            Value::Text(text) => self.text(text),
            // To JavaScript it is an object without members.
            Value::Keyword(_) => self.write("{}"),
            Value::List(list) => {
                self.write("[")?;
                for (index, element) in list.iter().enumerate() {
                    self.begin(index)?;
                    self.value(&element)?;
                    self.level -= 1;
                }
                self.end(list.len(), "]")
            }
            Value::Object(members) => {
                self.write("{")?;
                for (index, (key, value)) in members.iter().enumerate() {
                    self.begin(index)?;
                    self.text(key)?;
                    self.write(if self.indent.is_empty() { ":" } else { ": " })?;
                    self.value(&Value::from(value))?;
                    self.level -= 1;
                }
                self.end(members.len(), "}")
            }
        }
    }

    /// Before an element: a comma unless it is the first, and a new line.
    fn begin(&mut self, index: usize) -> Result<(), Failure> {
        self.write(if index > 0 { "," } else { "" })?;
        self.level += 1;
        self.line()
    }

    fn end(&mut self, count: usize, close: &str) -> Result<(), Failure> {
        if count > 0 {
            self.line()?;
        }
        self.write(close)
    }

    fn line(&mut self) -> Result<(), Failure> {
        if self.indent.is_empty() {
            return Ok(());
        }
        self.budget.bytes(1 + self.level * self.indent.len())?;
        self.out.push('\n');
        self.out.extend(std::iter::repeat_n(self.indent.as_str(), self.level));
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), Failure> {
        // Escapes make a character six at most.
        self.budget.bytes(units(text))?;
        self.write(&Tree::from(text).text())
    }

    fn write(&mut self, text: &str) -> Result<(), Failure> {
        self.budget.bytes(text.len())?;
        self.out.push_str(text);
        Ok(())
    }
}

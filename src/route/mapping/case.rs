//! `@case`: a text in lower or upper case; other values pass unchanged. A value that is written as false, zero, null or
//! empty gives nothing.

use crate::event::json::Tree;

use super::MappingFailed;
use super::javascript::is_truthy;
use super::node::{Directive, Node, Scope};
use super::reader::Reader;
use super::value::{Kind, Value};

#[derive(Debug)]
struct Case {
    operator: Operator,
    value: Option<Node>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Lower,
    Upper,
    /// Fails as soon as the value is a text.
    Unknown,
}

const HINT: &str = r#"write "lower" or "upper""#;

pub(super) fn read(options: &Tree, reader: &mut Reader) -> Option<Box<dyn Directive>> {
    let members = reader.options(options, &["operator", "value"])?;
    let value = reader.text_or_directive(members, "value").filter(|_| is_truthy(members.get("value")));
    let Some(written) = members.get("operator").filter(|written| is_truthy(Some(written))) else {
        reader.complain("there is no operator", HINT);
        return None;
    };
    reader.under("operator", |reader| {
        if !reader.expects(written, Kind::Text) {
            return None;
        }
        let operator = match written {
            Tree::Text(text) if text == "lower" => Operator::Lower,
            Tree::Text(text) if text == "upper" => Operator::Upper,
            _ => Operator::Unknown,
        };
        if let (Operator::Unknown, Some(Node::Literal(Tree::Text(_)))) = (operator, &value) {
            reader.complain("there is no such operator", HINT);
            return None;
        }
        Some(Box::new(Case { operator, value }) as Box<dyn Directive>)
    })
}

impl Directive for Case {
    fn resolve<'a>(&'a self, scope: &Scope<'a, '_>) -> Result<Value<'a>, MappingFailed> {
        let Some(node) = &self.value else {
            return Ok(Value::Missing);
        };
        let value = node.resolve(scope)?;
        let Some(text) = value.as_text() else {
            return Ok(value);
        };
        scope.budget.spend(text.len())?;
        match self.operator {
            Operator::Lower => Ok(Value::Text(text.to_lowercase().into())),
            Operator::Upper => Ok(Value::Text(text.to_uppercase().into())),
            Operator::Unknown => Err(MappingFailed::new(format!("the operator is not known: {HINT}"))),
        }
    }
}

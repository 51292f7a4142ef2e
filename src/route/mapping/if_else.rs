//! `@if`: one value or another, by whether a value is there (`exists`) or not blank (`blank`). Where both are given,
//! `exists` decides. A branch that is absent gives nothing.

use crate::event::json::Tree;

use super::MappingFailed;
use super::javascript::{is_blank, is_truthy};
use super::node::{Directive, Node, Scope};
use super::reader::Reader;
use super::value::{Kind, Value};

#[derive(Debug)]
struct If {
    condition: Condition,
    then: Option<Node>,
    otherwise: Option<Node>,
}

#[derive(Debug)]
enum Condition {
    Exists(Node),
    /// Named as in Segment, where it holds when the value is *not* blank.
    Blank(Node),
}

pub(super) fn read(options: &Tree, reader: &mut Reader) -> Option<Box<dyn Directive>> {
    let members = reader.options(options, &["exists", "blank", "then", "else"])?;
    let exists = reader.option(members, "exists");
    let blank = reader.option(members, "blank");
    let then = reader.option(members, "then");
    let otherwise = reader.option(members, "else").filter(|_| is_truthy(members.get("else")));
    let is_given = is_truthy(members.get("exists")) || is_truthy(members.get("blank"));
    let condition = match (exists, blank) {
        (Some(node), _) if is_given => Condition::Exists(node),
        (None, Some(node)) if is_given => Condition::Blank(node),
        _ => {
            reader.complain("there is no condition", r#"write "exists" or "blank" with a directive"#);
            return None;
        }
    };
    Some(Box::new(If { condition, then, otherwise }))
}

impl Directive for If {
    fn resolve<'a>(&'a self, scope: &Scope<'a, '_>) -> Result<Value<'a>, MappingFailed> {
        let holds = match &self.condition {
            Condition::Exists(node) => !matches!(node.resolve(scope)?.kind(), Kind::Missing | Kind::Null),
            Condition::Blank(node) => !is_blank(&node.resolve(scope)?),
        };
        let branch = if holds { &self.then } else { &self.otherwise };
        branch.as_ref().map_or(Ok(Value::Missing), |node| node.resolve(scope))
    }
}

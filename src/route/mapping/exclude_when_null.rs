//! `@excludeWhenNull`: a value without its nulls: null itself becomes nothing, members that are null are dropped, also
//! further inside. Lists stay as they are.

use std::rc::Rc;

use crate::event::json::Tree;

use super::MappingFailed;
use super::budget::{self, Budget};
use super::literal::raw_or_directive;
use super::node::{Directive, Node, Scope};
use super::reader::Reader;
use super::value::{Kind, Value};

#[derive(Debug)]
struct ExcludeWhenNull(Node);

pub(super) fn read(options: &Tree, reader: &mut Reader) -> Option<Box<dyn Directive>> {
    Some(Box::new(ExcludeWhenNull(raw_or_directive(options, reader))))
}

impl Directive for ExcludeWhenNull {
    fn resolve<'a>(&'a self, scope: &Scope<'a, '_>) -> Result<Value<'a>, MappingFailed> {
        without_nulls(self.0.resolve(scope)?, scope.budget)
    }
}

fn without_nulls<'a>(value: Value<'a>, budget: &Budget) -> Result<Value<'a>, MappingFailed> {
    if value.kind() == Kind::Null {
        return Ok(Value::Missing);
    }
    let Some(mut members) = value.members() else {
        return Ok(value);
    };
    for (_, member) in &mut members {
        budget.spend(budget::VALUE)?;
        // A member that becomes nothing keeps its place, which `@merge` can see.
        *member = without_nulls(std::mem::replace(member, Value::Missing), budget)?;
    }
    Ok(Value::Object(Rc::new(members)))
}

//! `@liquid`: a text that a template of the Liquid language makes of the event. The language is `liquid`'s; this hands
//! it the event, or what stands for it.

use crate::event::json::Tree;

use super::MappingFailed;
use super::liquid::Liquid;
use super::node::{Directive, Scope};
use super::reader::Reader;
use super::value::Value;

#[derive(Debug)]
struct AtLiquid(Liquid);

pub(super) fn read(options: &Tree, reader: &mut Reader) -> Option<Box<dyn Directive>> {
    let Tree::Text(template) = options else {
        reader.wrong_kind(options, "a text");
        return None;
    };
    match Liquid::parse(template) {
        Ok(liquid) => Some(Box::new(AtLiquid(liquid))),
        Err(error) => {
            reader.complain(format!("at byte {} of the template: {}", error.at, error.problem), error.hint);
            None
        }
    }
}

impl Directive for AtLiquid {
    fn resolve<'a>(&'a self, scope: &Scope<'a, '_>) -> Result<Value<'a>, MappingFailed> {
        let text = match scope.payload {
            Value::Tree(event) => scope.budget.render(&self.0, event),
            made => scope.budget.render(&self.0, &made.tree(scope.budget)?.unwrap_or_default()),
        };
        let text = text.map_err(|failed| MappingFailed::new(format!("{failed}: {}", failed.why)))?;
        scope.budget.spend(text.len())?;
        Ok(Value::Text(text.into()))
    }
}

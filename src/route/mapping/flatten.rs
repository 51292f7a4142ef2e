//! `@flatten`: an object of one level, the keys on the way joined by a separator. Positions of lists are keys too,
//! unless `omitArrays` leaves lists whole. Empty objects and lists vanish; what is neither stands under the empty key.

use crate::event::json::Tree;

use super::MappingFailed;
use super::budget;
use super::fields::Fields;
use super::javascript::is_truthy;
use super::node::{Directive, Node, Scope};
use super::path::made_text;
use super::reader::{Reader, Zone};
use super::value::{Kind, Value};

#[derive(Debug)]
struct Flatten {
    value: Option<Node>,
    separator: Node,
    lists: Lists,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lists {
    Flattened,
    Whole,
}

const SEPARATOR_HINT: &str = r#"write "separator" with a text such as ".""#;

pub(super) fn read(options: &Tree, reader: &mut Reader) -> Option<Box<dyn Directive>> {
    let members = reader.options(options, &["value", "separator", "omitArrays"])?;
    let value = reader.option(members, "value");
    let lists = if is_truthy(members.get("omitArrays")) { Lists::Whole } else { Lists::Flattened };
    let value_is_enough = value.is_some() || reader.zone() == Zone::Unchecked;
    if !value_is_enough {
        reader.complain("there is no value", r#"write "value" with a directive"#);
    }
    let Some(written) = members.get("separator").filter(|written| is_truthy(Some(written))) else {
        reader.complain("there is no separator", SEPARATOR_HINT);
        return None;
    };
    let separator = reader.under("separator", |reader| {
        let separator = reader.expects(written, Kind::Text).then(|| reader.node(written))?;
        if let Node::Literal(Tree::Null | Tree::Bool(_) | Tree::Number(_) | Tree::List(_) | Tree::Object(_)) = separator
        {
            reader.complain("the separator must be a text", SEPARATOR_HINT);
            return None;
        }
        Some(separator)
    })?;
    value_is_enough.then(|| Box::new(Flatten { value, separator, lists }) as Box<dyn Directive>)
}

impl Directive for Flatten {
    fn resolve<'a>(&'a self, scope: &Scope<'a, '_>) -> Result<Value<'a>, MappingFailed> {
        let separator = self.separator.resolve(scope)?;
        let value = self.value.as_ref().map_or(Ok(Value::Missing), |value| value.resolve(scope))?;
        let separator = made_text(&separator)?;
        let mut run = Run { separator, lists: self.lists, key: String::new(), fields: Fields::default() };
        run.add(value, scope)?;
        Ok(run.fields.into_value())
    }
}

/// A flattening under way.
struct Run<'s, 'a> {
    separator: &'s str,
    lists: Lists,
    /// The keys so far, joined.
    key: String,
    fields: Fields<'a>,
}

impl<'a> Run<'_, 'a> {
    fn add(&mut self, value: Value<'a>, scope: &Scope<'a, '_>) -> Result<(), MappingFailed> {
        scope.budget.spend(budget::VALUE)?;
        if let Some(members) = value.members() {
            for (key, member) in members {
                self.under(&key, member, scope)?;
            }
            return Ok(());
        }
        if let (Lists::Flattened, Some(elements)) = (self.lists, value.elements()) {
            for (index, element) in elements.into_iter().enumerate() {
                self.under(&index.to_string(), element, scope)?;
            }
            return Ok(());
        }
        scope.budget.spend(self.key.len())?;
        self.fields.set(self.key.clone().into(), value);
        Ok(())
    }

    fn under(&mut self, key: &str, value: Value<'a>, scope: &Scope<'a, '_>) -> Result<(), MappingFailed> {
        let outer = self.key.len();
        // An empty key at the top leaves no trace.
        if outer > 0 {
            self.key.push_str(self.separator);
        }
        self.key.push_str(key);
        let added = self.add(value, scope);
        self.key.truncate(outer);
        added
    }
}

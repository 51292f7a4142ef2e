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
    /// Values may be deep, so the frames of all this are kept small.
    fn add(&mut self, value: Value<'a>, scope: &Scope<'a, '_>) -> Result<(), MappingFailed> {
        scope.budget.spend(budget::VALUE)?;
        match (value.kind(), self.lists) {
            (Kind::Object, _) => self.add_members(&value, scope),
            (Kind::List, Lists::Flattened) => self.add_elements(&value, scope),
            _ => {
                scope.budget.spend(self.key.len())?;
                self.fields.set(self.key.clone().into(), value);
                Ok(())
            }
        }
    }

    fn add_members(&mut self, object: &Value<'a>, scope: &Scope<'a, '_>) -> Result<(), MappingFailed> {
        let outer = self.key.len();
        for (key, member) in object.members().unwrap_or_default() {
            self.enter(&key);
            self.add(member, scope)?;
            self.key.truncate(outer);
        }
        Ok(())
    }

    fn add_elements(&mut self, list: &Value<'a>, scope: &Scope<'a, '_>) -> Result<(), MappingFailed> {
        let outer = self.key.len();
        for (index, element) in list.elements().unwrap_or_default().into_iter().enumerate() {
            self.enter(&index.to_string());
            self.add(element, scope)?;
            self.key.truncate(outer);
        }
        Ok(())
    }

    fn enter(&mut self, key: &str) {
        // An empty key at the top leaves no trace.
        if !self.key.is_empty() {
            self.key.push_str(self.separator);
        }
        self.key.push_str(key);
    }
}

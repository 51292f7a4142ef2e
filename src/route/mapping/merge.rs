//! `@merge`: objects joined into one, not further inside. To the right the last one wins, to the left the first.
//! A text gives its characters, a list its elements, as in `Object.assign`.

use std::borrow::Cow;

use crate::event::json::Tree;

use super::MappingFailed;
use super::budget;
use super::fields::Fields;
use super::javascript::{self, is_truthy};
use super::node::{Directive, Node, Scope};
use super::reader::{Reader, Zone};
use super::value::{Kind, Value};

#[derive(Debug)]
struct Merge {
    direction: Node,
    objects: Vec<Node>,
}

const DIRECTION_HINT: &str = r#"write "right" where the last object wins, "left" where the first one does"#;
const OBJECTS_HINT: &str = r#"write "objects" with a list of objects and directives"#;

pub(super) fn read(options: &Tree, reader: &mut Reader) -> Option<Box<dyn Directive>> {
    let members = reader.options(options, &["objects", "direction"])?;
    let objects = reader.under("objects", |reader| objects(members.get("objects"), reader));
    let Some(written) = members.get("direction").filter(|written| is_truthy(Some(written))) else {
        reader.complain("there is no direction", DIRECTION_HINT);
        return None;
    };
    let direction = reader.under("direction", |reader| direction(written, reader));
    Some(Box::new(Merge { direction: direction?, objects: objects? }))
}

fn objects(written: Option<&Tree>, reader: &mut Reader) -> Option<Vec<Node>> {
    let Some(Tree::List(elements)) = written else {
        reader.complain("there is no list of objects", OBJECTS_HINT);
        return None;
    };
    let mut objects = Vec::with_capacity(elements.len());
    for (index, element) in elements.iter().enumerate() {
        objects.push(reader.under(index, |reader| {
            let fits = matches!(element, Tree::Object(_)) || reader.zone() == Zone::Unchecked;
            if !fits {
                reader.wrong_kind(element, "an object or a directive");
            }
            reader.node(element)
        }));
    }
    Some(objects)
}

fn direction(written: &Tree, reader: &mut Reader) -> Option<Node> {
    if !reader.expects(written, Kind::Text) {
        return None;
    }
    let is_known = |text: &String| ["left", "right"].contains(&text.to_lowercase().as_str());
    match written {
        Tree::Text(text) if reader.zone() == Zone::Checked && !is_known(text) => {
            reader.complain("there is no such direction", DIRECTION_HINT);
            None
        }
        _ => Some(reader.node(written)),
    }
}

impl Directive for Merge {
    fn resolve<'a>(&'a self, scope: &Scope<'a, '_>) -> Result<Value<'a>, MappingFailed> {
        // Whatever is not exactly "left" is right, as in Segment.
        let is_left = self.direction.resolve(scope)?.as_text() == Some("left");
        let mut objects = Vec::with_capacity(self.objects.len());
        for object in &self.objects {
            objects.push(object.resolve(scope)?);
        }
        if is_left {
            objects.reverse();
        }
        let mut merged = Fields::default();
        for object in objects {
            assign(object, &mut merged, scope)?;
        }
        Ok(merged.into_value())
    }
}

/// `Object.assign(merged, source)`.
fn assign<'a>(source: Value<'a>, merged: &mut Fields<'a>, scope: &Scope<'a, '_>) -> Result<(), MappingFailed> {
    let mut set = |key: Cow<'a, str>, value| {
        merged.set(key, value);
        scope.budget.spend(budget::VALUE)
    };
    if let Some(members) = source.members() {
        return members.into_iter().try_for_each(|(key, value)| set(key, value));
    }
    let mut indexed = |(index, value): (usize, Value<'a>)| set(index.to_string().into(), value);
    if let Some(elements) = source.elements() {
        return elements.into_iter().enumerate().try_for_each(&mut indexed);
    }
    let text = source.as_text().unwrap_or_default();
    javascript::units(text).map(|unit| Value::from_text(&unit)).enumerate().try_for_each(&mut indexed)
}

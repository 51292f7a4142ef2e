//! What stands in the file as the JSON value it means: texts with their variables replaced, numbers as JavaScript
//! reads them, everything else as it is. Which values are wanted where is left to others.

use std::collections::HashMap;

use crate::event::json::{BigIntegers, Members, Tree};
use crate::route::mapping::{Place, Step};

use super::complaint::quoted;
use super::field::{Fault, Field};
use super::interpolate::{Dollar, interpolate};
use super::language::own_name;
use super::raw::{Node, Position, Value};

/// A value of the file as JSON.
pub(super) struct Written {
    pub(super) tree: Tree,
    /// Whether a text in it asked for a variable.
    pub(super) has_variables: bool,
}

/// The value of a field; complains of what JSON does not have. None if it is missing, or on a complaint.
pub(super) fn read(field: &Field<'_>, big: BigIntegers) -> Option<Written> {
    let mut reader =
        Reader { field, big, environment: Environment::Real, place: Place::default(), found: Found::Sound };
    let tree = reader.value(field.value?, field.at);
    match reader.found {
        Found::Sound => Some(Written { tree, has_variables: false }),
        Found::Variables => Some(Written { tree, has_variables: true }),
        Found::Mistakes => None,
    }
}

/// The same value with each variable standing for its own name, so that it shows nothing of the environment.
pub(super) fn with_names(field: &Field<'_>, big: BigIntegers) -> Tree {
    let mut reader =
        Reader { field, big, environment: Environment::Names, place: Place::default(), found: Found::Sound };
    field.value.map(|value| reader.value(value, field.at)).unwrap_or_default()
}

/// Where the values at these places stand, written as [`Place`] writes them.
pub(super) fn positions<'p>(value: &Value, places: impl Iterator<Item = &'p str>) -> HashMap<&'p str, Position> {
    let mut sought: HashMap<&'p str, Option<Position>> = places.map(|place| (place, None)).collect();
    locate(value, &mut Place::default(), &mut |place, at| {
        if let Some(found) = sought.get_mut(place) {
            found.get_or_insert(at);
        }
    });
    sought.into_iter().filter_map(|(place, at)| Some((place, at?))).collect()
}

fn locate(value: &Value, place: &mut Place, found: &mut impl FnMut(&str, Position)) {
    let mut step = |step: Step, node: &Node| {
        place.enter(step);
        found(&place.to_string(), node.at);
        locate(&node.value, place, found);
        place.leave();
    };
    match value {
        Value::List(items) => items.iter().enumerate().for_each(|(index, item)| step(index.into(), item)),
        Value::Map(entries) => {
            for (key, node) in entries {
                if let Value::Text(key) = &key.value {
                    step(key.as_str().into(), node);
                }
            }
        }
        _ => {}
    }
}

struct Reader<'f, 'a> {
    field: &'f Field<'a>,
    big: BigIntegers,
    environment: Environment,
    place: Place,
    found: Found,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Environment {
    Real,
    Names,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Found {
    Sound,
    Variables,
    Mistakes,
}

impl Reader<'_, '_> {
    fn value(&mut self, value: &Value, at: Position) -> Tree {
        match value {
            Value::Null => Tree::Null,
            Value::Flag(flag) => Tree::Bool(*flag),
            Value::Number(text) => number(text, self.big).unwrap_or_else(|fault| {
                self.complain(at, fault);
                Tree::Null
            }),
            Value::Text(text) => Tree::Text(self.text(text, at)),
            Value::Tagged => {
                self.complain(at, Fault::new("is a tag of YAML").hint("put what begins with ! in quotes"));
                Tree::Null
            }
            Value::List(items) => {
                let items = items.iter().enumerate();
                Tree::List(items.map(|(index, item)| self.under(index.into(), item)).collect())
            }
            Value::Map(entries) => Tree::Object(self.members(entries)),
        }
    }

    fn text(&mut self, text: &str, at: Position) -> String {
        let environment = match self.environment {
            Environment::Real => self.field.source.surroundings.environment,
            Environment::Names => &own_name,
        };
        match interpolate(text, Dollar::Kept, environment) {
            Ok(made) => {
                if made.has_variables {
                    self.found = self.found.max(Found::Variables);
                }
                made.text
            }
            Err(error) => {
                self.complain(at, Fault::new(error.to_string()).hint(error.hint()));
                String::new()
            }
        }
    }

    fn members(&mut self, entries: &[(Node, Node)]) -> Members {
        let mut members = Members::default();
        let mut lines = HashMap::new();
        for (key, node) in entries {
            let Value::Text(name) = &key.value else {
                self.complain(key.at, Fault::new("a key is not text").hint("put the key in quotes"));
                continue;
            };
            if let Some(line) = lines.insert(name.as_str(), key.at.line) {
                let fault = Fault::new(format!("is given twice, first on line {line}")).hint("leave one of them out");
                self.place.enter(name.as_str().into());
                self.complain(key.at, fault);
                self.place.leave();
                continue;
            }
            let value = self.under(name.as_str().into(), node);
            members.set(name.as_str(), value);
        }
        members
    }

    fn under(&mut self, step: Step, node: &Node) -> Tree {
        self.place.enter(step);
        let tree = self.value(&node.value, node.at);
        self.place.leave();
        tree
    }

    fn complain(&mut self, at: Position, fault: Fault) {
        self.found = Found::Mistakes;
        if self.environment == Environment::Real {
            inside(self.field, &self.place.to_string(), at).complain(fault);
        }
    }
}

/// The field for complaints about a place inside a value.
pub(super) fn inside<'a>(field: &Field<'a>, place: &str, at: Position) -> Field<'a> {
    let parting = if place.is_empty() || place.starts_with('[') { "" } else { "." };
    let mut inside = field.absent(format!("{}{parting}{place}", field.path));
    inside.at = at;
    inside
}

/// A number as it is spelled in YAML, which has some forms more than JSON.
fn number(spelled: &str, big: BigIntegers) -> Result<Tree, Fault> {
    if let Ok(tree @ Tree::Number(_)) = Tree::read(spelled.as_bytes(), big) {
        return Ok(tree);
    }
    let plain = spelled.replace('_', "");
    let (sign, digits) = match plain.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", plain.strip_prefix('+').unwrap_or(&plain)),
    };
    let whole = |prefix, radix| u128::from_str_radix(digits.strip_prefix(prefix)?, radix).ok();
    let whole = whole("0x", 16).or_else(|| whole("0o", 8)).or_else(|| whole("0b", 2));
    let read = |text: String| Tree::read(text.as_bytes(), big).ok().filter(|tree| matches!(tree, Tree::Number(_)));
    let value = match whole {
        Some(whole) => read(format!("{sign}{whole}")),
        None => read(format!("{sign}{digits}")).or_else(|| {
            let value: f64 = format!("{sign}{digits}").parse().ok()?;
            value.is_finite().then(|| Tree::from(value))
        }),
    };
    value.ok_or_else(|| {
        let fault = Fault::new(format!("{} is no number that JSON has", quoted(spelled)));
        fault.hint("write a smaller one, or put it in quotes to make it a text")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_spelling_of_a_number_is_the_number_javascript_prints() {
        for (spelled, printed) in [
            ("5", "5"),
            ("-0", "0"),
            ("+5", "5"),
            (".5", "0.5"),
            ("5.", "5"),
            ("-.5", "-0.5"),
            ("0.10", "0.1"),
            ("1E+3", "1000"),
            ("12e03", "12000"),
            ("0x1F", "31"),
            ("0o17", "15"),
            ("0b11", "3"),
            ("1_000", "1000"),
            ("12345678901234567890", "12345678901234567890"),
            ("0xFFFFFFFFFFFFFFFF", "18446744073709551615"),
        ] {
            let tree = number(spelled, BigIntegers::Exact).ok();
            assert_eq!(tree.map(|tree| tree.text()).as_deref(), Some(printed), "{spelled}");
        }
        let rounded = number("12345678901234567890", BigIntegers::JavaScript).ok().unwrap();
        assert_eq!(rounded.text(), "12345678901234567000");
        for spelled in [".inf", "-.Inf", ".nan", "1e999"] {
            assert!(number(spelled, BigIntegers::Exact).is_err(), "{spelled}");
        }
    }
}

//! `@json`: a value as JSON text (`encode`), or the value a JSON text stands for (`decode`). What is no JSON, and what
//! is no text, decodes to itself.

use crate::event::json::Tree;

use super::MappingFailed;
use super::javascript::is_truthy;
use super::node::{Directive, Node, Scope};
use super::reader::{Reader, Zone};
use super::value::{Kind, Value};

#[derive(Debug)]
struct Json {
    mode: Mode,
    value: Node,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Encode,
    Decode,
    /// Gives nothing. Segment lets capitals pass, and then does not know the mode.
    Unknown,
}

const HINT: &str = r#"write "encode" or "decode""#;

pub(super) fn read(options: &Tree, reader: &mut Reader) -> Option<Box<dyn Directive>> {
    let members = reader.options(options, &["mode", "value"])?;
    let value = reader.option(members, "value").filter(|_| is_truthy(members.get("value")));
    if value.is_none() {
        reader.complain("there is no value", r#"write "value" with a directive"#);
    }
    let mode = mode(members.get("mode"), reader);
    Some(Box::new(Json { mode: mode?, value: value? }))
}

fn mode(written: Option<&Tree>, reader: &mut Reader) -> Option<Mode> {
    let Some(written) = written.filter(|written| is_truthy(Some(written))) else {
        reader.complain("there is no mode", HINT);
        return None;
    };
    reader.under("mode", |reader| match written {
        Tree::Text(mode) if mode == "encode" => Some(Mode::Encode),
        Tree::Text(mode) if mode == "decode" => Some(Mode::Decode),
        _ if reader.zone() == Zone::Unchecked => Some(Mode::Unknown),
        Tree::Text(mode) if ["encode", "decode"].contains(&mode.to_lowercase().as_str()) => Some(Mode::Unknown),
        Tree::Text(_) => {
            reader.complain("there is no such mode", HINT);
            None
        }
        _ => {
            reader.wrong_kind(written, Kind::Text.words());
            None
        }
    })
}

impl Directive for Json {
    fn resolve<'a>(&'a self, scope: &Scope<'a, '_>) -> Result<Value<'a>, MappingFailed> {
        let value = self.value.resolve(scope)?;
        match self.mode {
            Mode::Encode => {
                let text = value.json_text(scope.budget)?;
                Ok(text.map_or(Value::Missing, |text| Value::Text(text.into())))
            }
            Mode::Decode => {
                let Some(text) = value.as_text() else {
                    return Ok(value);
                };
                // Every two bytes may become a value.
                scope.budget.spend(text.len().saturating_mul(super::budget::VALUE / 2))?;
                Ok(Tree::read(text.as_bytes(), scope.big).map_or(value, |tree| Value::owned(&tree)))
            }
            Mode::Unknown => Ok(Value::Missing),
        }
    }
}

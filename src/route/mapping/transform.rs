//! `@transform`: two mappings in a row: what `apply` makes of the event stands for the event in `mapping`.
//! What is made may have so many levels and no more, or each step could add to the one before.

use crate::event::json::{MAX_DEPTH, Tree};

use super::MappingFailed;
use super::javascript::is_truthy;
use super::node::{Directive, Node, Scope};
use super::reader::{Reader, Zone};
use super::value::{Kind, Value};

#[derive(Debug)]
struct Transform {
    apply: Node,
    mapping: Node,
}

pub(super) fn read(options: &Tree, reader: &mut Reader) -> Option<Box<dyn Directive>> {
    let members = reader.options(options, &["apply", "mapping"])?;
    for (key, hint) in [
        ("apply", r#"write "apply" with an object of what the second step needs"#),
        ("mapping", r#"write "mapping" with what is to be made of that object"#),
    ] {
        if !is_truthy(members.get(key)) {
            reader.complain(format!("there is no {key:?}"), hint);
        }
    }
    // A mapping of its own, so Segment checks it wherever it stands.
    let apply = reader.zoned(Zone::Checked, |reader| reader.object_or_directive(members, "apply"));
    let mapping = reader.object_or_directive(members, "mapping");
    Some(Box::new(Transform { apply: apply?, mapping: mapping? }))
}

impl Directive for Transform {
    fn resolve<'a>(&'a self, scope: &Scope<'a, '_>) -> Result<Value<'a>, MappingFailed> {
        let found = scope.payload.kind();
        if !matches!(found, Kind::Object | Kind::Missing) {
            return Err(MappingFailed::new(format!("needs an object, and was given {}", found.words())));
        }
        let payload = self.apply.resolve(scope)?.cleaned(MAX_DEPTH + 1, scope.budget)?;
        self.mapping.resolve(&scope.with(&payload))
    }
}

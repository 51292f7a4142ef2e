//! The type of a destination, and which keys belong to which type.
//! What the keys mean is read by `hooks` and `mappings`.

use crate::route::Kind;
use crate::route::destination::Sends;

use super::super::field::{Fault, Field};
use super::super::hooks;
use super::super::mappings::{self, Terms};
use super::super::raw::Value;
use super::super::section::Section;

/// The types there are, for people who wrote another.
const TYPES_HINT: &str = "write `type: webhooks`, or `type: webhooks_actions` for one with mappings";

/// Keys of a mapping, which people may write beside `mappings`.
const OF_MAPPING: [&str; 9] =
    ["trigger", "method", "headers", "data", "enable_batching", "batch_size", "batch_keys", "batch_wait", "name"];

/// The type; none for one of a later version, which was complained of. Where it is missing or unknown, that whose keys are given.
pub(super) fn read(section: &Section<'_>) -> Option<Kind> {
    let field = section.field("type");
    let likely = if section.field("mappings").is_given() { Kind::Actions } else { Kind::Webhooks };
    if !field.is_given() {
        section.missing("type", if likely == Kind::Actions { "write `type: webhooks_actions`" } else { TYPES_HINT });
        return Some(likely);
    }
    let Some(text) = field.text() else {
        return Some(likely);
    };
    match text.value.as_str() {
        "webhooks" => Some(Kind::Webhooks),
        "webhooks_actions" => Some(Kind::Actions),
        kind @ "extensible_webhook" => {
            field.complain(Fault::new(format!("`{kind}` is not available in this version")).hint(TYPES_HINT));
            None
        }
        _ => {
            let fault = Fault::new(format!("{} is not a type of destination", text.shown));
            field.complain(fault.hint(TYPES_HINT));
            Some(likely)
        }
    }
}

/// What a destination of this type sends; complains of what belongs to the other type.
pub(super) fn sends(section: &Section<'_>, kind: Kind, terms: &Terms<'_>) -> Sends {
    match kind {
        Kind::Webhooks => {
            foreign(
                &section.field("mappings"),
                "write `type: webhooks_actions` to send what mappings make of an event",
            );
            Sends::Hooks(hooks::read(section, &terms.reach))
        }
        Kind::Actions => {
            foreign(&section.field("url"), "each mapping has its own: `mappings: [{ url: https://… }]`");
            foreign(&section.field("hooks"), "each mapping has its own `url` and `headers`; make each hook a mapping");
            Sends::Mappings(mappings::read(section, terms))
        }
    }
}

/// Remedies for keys that a destination of this type does not have, although it has a place for them.
pub(super) fn misplaced(kind: Kind) -> Vec<(&'static str, &'static str)> {
    let of_mapping = |hint| OF_MAPPING.map(|key| (key, hint));
    match kind {
        Kind::Webhooks => {
            let mut hints = vec![("headers", "headers belong to a hook: `hooks: [{ url: …, headers: { … } }]`")];
            hints.extend(of_mapping("a mapping has it, and `type: webhooks_actions` has mappings"));
            hints
        }
        Kind::Actions => of_mapping("it belongs to a mapping: `mappings: [{ trigger: …, url: …, … }]`").into(),
    }
}

/// Complains of a key that the type does not have, unless its value asks for nothing.
fn foreign(field: &Field<'_>, hint: &str) {
    let asks_for_nothing = matches!(field.value, Some(Value::List(items)) if items.is_empty());
    if field.is_given() && !asks_for_nothing {
        field.complain(Fault::new("does not go with the destination's `type`").hint(hint));
    }
}

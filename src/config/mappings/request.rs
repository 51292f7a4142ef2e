//! What a mapping sends: `url`, `method`, `headers` and `data`, each fixed or made of the event by directives.
//! What is fixed is judged here; what is made of an event is judged when it is made, by `attempt`.

use crate::attempt::request::is_uri;
use crate::event::json::Tree;
use crate::route::actions::Data;
use crate::route::mapping::Mapping;

use super::super::directives;
use super::super::field::{Fault, Field};
use super::super::headers::{check_name, check_value};
use super::super::raw::Value;
use super::super::section::{Section, joined};
use super::super::web_address;
use super::Terms;

/// Segment's Webhooks (Actions) send these and no others, exactly so written.
const METHODS: [&str; 3] = ["POST", "PUT", "PATCH"];

pub(super) fn url(section: &Section<'_>, terms: &Terms<'_>) -> Option<Mapping> {
    let field = section.field("url");
    if !field.is_given() {
        section.missing("url", "give the address, `url: https://…`, or a directive that finds it in the event");
    }
    let mapping = directives::read(&field, terms.big_integers)?;
    match mapping.constant() {
        Some(Tree::Text(_)) => {
            let text = field.language()?;
            web_address::callable(&field, &text, &terms.reach)?;
            if !is_uri(text.value.as_bytes()) {
                let fault = Fault::new("holds a character that must be encoded there");
                let of_event =
                    "to put something of the event into it write `url: { \"@template\": \"https://…/{{userId}}\" }`";
                let percent = "write it by percent signs, a space as %20; a name beyond ASCII in punycode";
                field.complain(fault.hint(if text.value.contains("{{") { of_event } else { percent }));
                return None;
            }
        }
        Some(_) => {
            let fault = field.wrong("text or a directive");
            field.complain(fault.hint("write https://…, or a directive such as { \"@path\": \"$.properties.url\" }"));
            return None;
        }
        None => {}
    }
    Some(mapping)
}

/// The method; `POST` where there is none. Null is none that can be sent, as in Segment.
pub(super) fn method(section: &Section<'_>, terms: &Terms<'_>) -> Option<Mapping> {
    let field = section.field("method");
    let hint = "write POST, PUT or PATCH, in capitals";
    if !field.is_given() {
        if section.has_nothing_at("method") {
            field.complain(Fault::new("has no value").hint(hint));
            return None;
        }
        return Mapping::parse(&Tree::from(METHODS[0])).ok();
    }
    let mapping = directives::read(&field, terms.big_integers)?;
    let fault = match mapping.constant() {
        Some(Tree::Text(method)) if !METHODS.contains(&method.as_str()) => {
            let shown = field.language()?.shown;
            Fault::new(format!("{shown} is no method that can be sent"))
        }
        None | Some(Tree::Text(_)) => return Some(mapping),
        Some(_) => field.wrong("text or a directive"),
    };
    field.complain(fault.hint(hint));
    None
}

/// The headers, if there are any; wrong ones were complained of.
pub(super) fn headers(field: &Field<'_>, terms: &Terms<'_>) -> Option<Mapping> {
    let mapping = directives::read(field, terms.big_integers)?;
    match field.value? {
        Value::Map(_) if is_directive(mapping.written()) => {}
        Value::Map(entries) => {
            for (key, node) in entries {
                let Value::Text(name) = &key.value else { continue };
                let mut inner = field.inner(joined(&field.path, name), node);
                inner.at = key.at;
                inner.judge(header(name, &inner, &mapping));
            }
        }
        _ => {
            let fault = field.wrong("a section with keys");
            field.complain(fault.hint("write `headers: { X-Team: growth }`; a value may be a directive"));
        }
    }
    Some(mapping)
}

/// What is wrong with a header, as far as that does not depend on the event.
///
/// Numbers, true, false and `~` become texts, as in Segment. So does what has two spellings: both values are sent. A content
/// type is allowed and changes nothing, as there.
fn header(name: &str, field: &Field<'_>, mapping: &Mapping) -> Result<(), Fault> {
    check_name(name)?;
    match mapping.written().member(name) {
        Some(Tree::Text(value)) => check_value(value),
        Some(value @ Tree::Object(_)) if is_directive(value) => Ok(()),
        Some(Tree::Object(_) | Tree::List(_)) => {
            Err(field.wrong("text or a directive").hint("a header has one value; join several into one text"))
        }
        _ => Ok(()),
    }
}

fn is_directive(tree: &Tree) -> bool {
    matches!(tree, Tree::Object(members) if members.iter().any(|(key, _)| key.starts_with('@')))
}

/// The body. Without `data` it is the whole event; `data: ~` sends none.
pub(super) fn data(section: &Section<'_>, terms: &Terms<'_>) -> Option<Data> {
    let field = section.field("data");
    let Some(value) = field.value else {
        let nothing = section.has_nothing_at("data");
        return Some(if nothing { Data::Nothing } else { Data::WholeEvent });
    };
    let mapping = directives::read(&field, terms.big_integers)?;
    if mapping.written().text() == r#"{"@path":"$."}"# {
        return Some(Data::WholeEvent);
    }
    if !matches!(value, Value::Map(_)) {
        let hint = "write an object, a directive such as { \"@path\": \"$.properties\" }, or ~ to send no body";
        field.complain(field.wrong("an object or a directive").hint(hint));
        return None;
    }
    Some(Data::Mapped(mapping))
}

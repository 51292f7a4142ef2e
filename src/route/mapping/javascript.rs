//! What JavaScript does with values behind the back of a mapping: which count as true, which equal the empty text,
//! how they become texts, how long a text is. The texts of JSON are `print`'s.

use crate::event::json::Tree;

use super::MappingFailed;
use super::budget::Budget;
use super::value::Value;

/// Whether an option counts as given where JavaScript asks `if (option)`.
pub(super) fn is_truthy(option: Option<&Tree>) -> bool {
    match option {
        None | Some(Tree::Null | Tree::Bool(false)) => false,
        Some(Tree::Number(number)) => number.as_str() != "0",
        Some(Tree::Text(text)) => !text.is_empty(),
        Some(Tree::Bool(true) | Tree::List(_) | Tree::Object(_)) => true,
    }
}

/// Whether `value == ''`, or there is no value at all.
pub(super) fn is_blank(value: &Value<'_>) -> bool {
    match value {
        Value::Missing | Value::Tree(Tree::Null | Tree::Bool(false)) => true,
        Value::Tree(Tree::Bool(true) | Tree::Object(_)) | Value::Object(_) => false,
        Value::Number(number) | Value::Tree(Tree::Number(number)) => number.as_str() == "0",
        Value::Tree(Tree::Text(text)) => text.is_empty(),
        Value::Text(text) => text.is_empty(),
        Value::Tree(Tree::List(elements)) => match elements.as_slice() {
            [] => true,
            [one] => joins_to_nothing(&Value::Tree(one)),
            _ => false,
        },
        Value::List(elements) => match elements.as_slice() {
            [] => true,
            [one] => joins_to_nothing(one),
            _ => false,
        },
    }
}

/// Whether the only element of a list leaves nothing of the list as a text.
fn joins_to_nothing(element: &Value<'_>) -> bool {
    let is_falsy_scalar = matches!(element, Value::Tree(Tree::Bool(_))) || element.as_number().is_some();
    !is_falsy_scalar && is_blank(element)
}

/// Appends `String(value)`; nothing for null and missing, as in a list that is joined.
pub(super) fn write_text(value: &Value<'_>, out: &mut String, budget: &Budget) -> Result<(), MappingFailed> {
    let before = out.len();
    match value {
        Value::Missing | Value::Tree(Tree::Null) => {}
        Value::Tree(Tree::Bool(true)) => out.push_str("true"),
        Value::Tree(Tree::Bool(false)) => out.push_str("false"),
        Value::Number(number) | Value::Tree(Tree::Number(number)) => out.push_str(number.as_str()),
        Value::Tree(Tree::Text(text)) => out.push_str(text),
        Value::Text(text) => out.push_str(text),
        Value::Tree(Tree::Object(_)) | Value::Object(_) => out.push_str("[object Object]"),
        Value::Tree(Tree::List(elements)) => return join(elements.iter().map(Value::Tree), out, budget),
        Value::List(elements) => return join(elements.iter().cloned(), out, budget),
    }
    budget.spend(out.len() - before)
}

fn join<'a>(elements: impl Iterator<Item = Value<'a>>, out: &mut String, budget: &Budget) -> Result<(), MappingFailed> {
    for (index, element) in elements.enumerate() {
        if index > 0 {
            out.push(',');
        }
        budget.spend(1)?;
        write_text(&element, out, budget)?;
    }
    Ok(())
}

/// The `length` of a text: its UTF-16 units.
pub(super) fn length(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

/// The UTF-16 units of a text as texts. Half a pair, which a text here cannot hold, is U+FFFD.
pub(super) fn units(text: &str) -> impl Iterator<Item = String> {
    text.chars().flat_map(|char| {
        let unit = if char.len_utf16() == 1 { char } else { char::REPLACEMENT_CHARACTER };
        std::iter::repeat_n(String::from(unit), char.len_utf16())
    })
}

/// `text.trim()`: white space and line ends of ECMA-262, which differ from Unicode's by two characters.
pub(super) fn trim(text: &str) -> &str {
    text.trim_matches(|char: char| char == '\u{feff}' || char.is_whitespace() && char != '\u{85}')
}

//! What to write instead, where that depends on what was written.
//! Makes words only; which fault has which is `words`'s.

use crate::route::trigger::path::{OBJECTS, TEXT_FIELDS};
use crate::route::trigger::value::Written;

pub(super) fn operator_expected(field: &str, found: &str) -> (String, String) {
    let operators = "one of =, !=, <, <=, > and >=, and then a value";
    if found.is_empty() {
        return (format!("`{field}` alone is no condition"), format!("write {operators} behind it"));
    }
    let problem = format!("`{found}` stands behind `{field}` where an operator is expected");
    match found {
        "in" => return (problem, format!("write ({field} = \"A\" or {field} = \"B\"): triggers have no lists")),
        "exists" => return (problem, format!("write {field} != null")),
        _ => {}
    }
    let starts_like_a_name = found.starts_with(|c: char| c.is_ascii_alphanumeric());
    let name = if starts_like_a_name {
        format!("; a name with white space in it is written {field}\\ {found}")
    } else {
        String::new()
    };
    (problem, format!("write {operators}{name}"))
}

pub(super) fn operator(found: &str) -> &'static str {
    match found {
        "<>" | "!==" | "~=" | "=!" => "!= with white space behind it",
        "=<" => "<= with white space behind it",
        "=>" => ">= with white space behind it",
        "==" | "===" => "a single =",
        _ => "one of =, !=, <, <=, > and >=",
    }
}

/// For a character that no trigger has; one from a word processor is meant as another.
pub(super) fn meaningless(found: char) -> String {
    if matches!(found, '“' | '”' | '„' | '«' | '»' | '‘' | '’') {
        return "write straight double quotes: \"".to_owned();
    }
    format!("leave it out; {}", fields())
}

pub(super) fn connective(word: &str) -> &'static str {
    if word.starts_with(['&', 'a', 'A']) { "and" } else { "or" }
}

pub(super) fn value(found: &str) -> String {
    match found.to_ascii_lowercase().as_str() {
        lower @ ("true" | "false" | "null") => format!("write {lower} in lower case"),
        "nil" | "none" | "undefined" => "write null for a field that is not there".into(),
        _ if is_field(found) => "a field can be compared with a value only, not with another field".into(),
        _ => format!("put it in double quotes: \"{found}\""),
    }
}

pub(super) fn number(found: &str) -> String {
    let digits = found.trim_start_matches(['+', '-']);
    match found.parse::<f64>() {
        Ok(number) if number.is_finite() && digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') => {
            format!("write {number}")
        }
        _ => {
            "write digits, at most with a sign before and a point within, such as -12.5, and white space behind".into()
        }
    }
}

pub(super) fn fields() -> String {
    format!("a condition begins with {}, or a member of {}", TEXT_FIELDS.join(", "), OBJECTS.join(", "))
}

pub(super) fn field(found: &str) -> (String, String) {
    let problem = format!("triggers cannot see `{found}`; Segment skips it in silence");
    if found == "all" {
        return (problem, "for every event write type != \"\"".to_owned());
    }
    let (first, rest) = found.split_once('.').unwrap_or((found, ""));
    let plain = |name: &str| name.replace('_', "").to_ascii_lowercase();
    let known = TEXT_FIELDS.iter().chain(&OBJECTS).find(|name| plain(name) == plain(first));
    let hint = match known {
        Some(name) if OBJECTS.contains(name) && rest.is_empty() => format!("name one of its members: {name}.plan"),
        Some(name) if *name == "event" && is_field(rest) => format!("leave `event.` out: {rest}"),
        Some(name) if TEXT_FIELDS.contains(name) && !rest.is_empty() => {
            format!("`{name}` has no members: write {name}")
        }
        Some(name) if name != &first => format!("write {}", found.replacen(first, name, 1)),
        _ => fields(),
    };
    (problem, hint)
}

/// Whether a path begins as a field does.
fn is_field(path: &str) -> bool {
    let first = path.split('.').next().unwrap_or_default();
    TEXT_FIELDS.contains(&first) || OBJECTS.contains(&first)
}

pub(super) fn not_a_text(written: &Written) -> (String, String) {
    let Written { field, operator, value } = written;
    (
        format!("`{field}` is a text: Segment compares it with the text \"{value}\""),
        format!("write the text: {field} {operator} \"{value}\""),
    )
}

pub(super) fn number_on_text(written: &Written) -> (String, String) {
    if matches!(written.operator.as_str(), "=" | "!=") {
        return not_a_text(written);
    }
    let Written { field, operator, .. } = written;
    (format!("`{field}` is a text, and `{operator}` compares numbers"), order(written))
}

/// For what cannot stand on the right of `<` and its like.
pub(super) fn order(written: &Written) -> String {
    let Written { field, operator, value } = written;
    match value.trim_matches('"').parse::<f64>() {
        _ if field == "type" => "compare it with a text: type = \"track\"".into(),
        _ if TEXT_FIELDS.contains(&field.as_str()) => {
            format!("compare it with a text: {field} = \"x\", contains({field}, \"x\") or match({field}, \"x*\")")
        }
        Ok(number) if number.is_finite() => format!("write the number without quotes: {field} {operator} {number}"),
        _ => format!("write a number, such as {field} {operator} 5, or compare with = or !="),
    }
}

pub(super) fn null_on_text(written: &Written) -> (String, String) {
    let problem = format!("`{}` with null: Segment compares it with the text \"null\"", written.field);
    let hint = match (written.field.as_str(), written.operator.as_str()) {
        ("event", "!=") => "write match(event, \"*\") for any name, or type = \"track\"",
        ("event", _) => "write type != \"track\": only track calls have one",
        _ => "leave it out: every event has a type",
    };
    (problem, hint.into())
}

pub(super) fn glob(field: &str, pattern: &str) -> (String, String) {
    let problem = format!("`{pattern}` is no pattern that Segment understands: one star, at the start or at the end");
    let bare = pattern.trim_matches('*');
    let hint = if bare.contains(['*', '?', '[']) {
        format!("write match({field}, \"x*\") or match({field}, \"*x\"), or contains({field}, \"x\")")
    } else if pattern == bare {
        format!("write {field} = \"{bare}\" for the whole, match({field}, \"{bare}*\") for a beginning")
    } else if pattern.starts_with('*') && pattern.ends_with('*') {
        format!("write contains({field}, \"{bare}\")")
    } else if pattern.ends_with('*') {
        format!("write match({field}, \"{bare}*\")")
    } else {
        format!("write match({field}, \"*{bare}\")")
    };
    (problem, hint)
}

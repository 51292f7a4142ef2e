//! `@replace`: parts of a text replaced, literally, by at most two rules in a row. Numbers, true and false become texts
//! first; everything else becomes the empty text. What one rule does with a text is `rule`'s.

mod rule;

use crate::event::json::{Members, Tree};

use super::MappingFailed;
use super::javascript::{self, is_truthy};
use super::node::{Directive, Node, Scope};
use super::reader::{Reader, Zone};
use super::value::{Kind, Value};
use rule::{Letters, Rule, Times};

/// Segment's bound for patterns and replacements, in UTF-16 units.
const LONGEST: usize = 10;

#[derive(Debug)]
struct Replace {
    value: Option<Node>,
    /// None where an option is of a kind with which Segment replaces nothing and gives an empty text.
    rules: Option<Rules>,
}

#[derive(Debug)]
struct Rules {
    first: Rule,
    second: Option<Rule>,
    letters: Letters,
    times: Times,
}

/// An option as it was written.
enum Written {
    Absent,
    Text(String),
    /// Of a kind that makes the directive do nothing.
    Odd,
}

pub(super) fn read(options: &Tree, reader: &mut Reader) -> Option<Box<dyn Directive>> {
    let known = ["value", "pattern", "replacement", "pattern2", "replacement2", "ignorecase", "global"];
    let members = reader.options(options, &known)?;
    let checked = reader.zone() == Zone::Checked;
    if checked && members.get("value").is_none() {
        reader.complain("there is no value", r#"write "value" with a directive"#);
    }
    let value = reader.text_or_directive(members, "value").filter(|_| is_truthy(members.get("value")));
    let pattern = if is_truthy(members.get("pattern")) {
        short_text(members, "pattern", reader)
    } else {
        reader.complain("there is no pattern", r#"write "pattern" with the text that is to be replaced"#);
        None
    };
    let replacement = short_text(members, "replacement", reader);
    let (pattern2, replacement2) = reader.zoned(Zone::Unchecked, |reader| {
        (short_text(members, "pattern2", reader), short_text(members, "replacement2", reader))
    });
    let ignore_case = flag(members, "ignorecase", reader);
    let global = flag(members, "global", reader);
    let second = rule(pattern2?, replacement2?).filter(Rule::has_pattern);
    let rules = rule(pattern?, replacement?).zip(ignore_case?.zip(global?));
    let rules = rules.map(|(first, (ignore_case, global))| Rules {
        first,
        second,
        letters: if ignore_case == Flag::On { Letters::Alike } else { Letters::Exact },
        times: if global == Flag::Off { Times::Once } else { Times::All },
    });
    Some(Box::new(Replace { value, rules }))
}

/// A text of at most ten units; none if it complained.
fn short_text(members: &Members, key: &str, reader: &mut Reader) -> Option<Written> {
    let Some(written) = members.get(key) else {
        return Some(Written::Absent);
    };
    reader.under(key, |reader| match written {
        Tree::Text(text) if javascript::length(text) > LONGEST => {
            reader.complain(
                format!("this has more than {LONGEST} characters (as JavaScript counts them)"),
                "replace a shorter part, or use @liquid",
            );
            None
        }
        Tree::Text(text) => Some(Written::Text(text.clone())),
        _ if !reader.expects(written, Kind::Text) => None,
        Tree::Null => Some(Written::Absent),
        _ => Some(Written::Odd),
    })
}

/// A rule; none if it replaces nothing.
fn rule(pattern: Written, replacement: Written) -> Option<Rule> {
    match (pattern, replacement) {
        (Written::Text(pattern), Written::Text(replacement)) => Some(Rule::new(pattern, &replacement)),
        (Written::Text(pattern), Written::Absent) => Some(Rule::new(pattern, "")),
        _ => None,
    }
}

/// An option that is on or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flag {
    On,
    Off,
    Default,
}

/// A flag; the outer none if it complained, the inner one if it makes the directive do nothing.
fn flag(members: &Members, key: &str, reader: &mut Reader) -> Option<Option<Flag>> {
    let Some(written) = members.get(key) else {
        return Some(Some(Flag::Default));
    };
    reader.under(key, |reader| match written {
        Tree::Bool(true) => Some(Some(Flag::On)),
        Tree::Bool(false) => Some(Some(Flag::Off)),
        _ if !reader.expects(written, Kind::Bool) => None,
        Tree::Null => Some(Some(Flag::Default)),
        _ => Some(None),
    })
}

impl Directive for Replace {
    fn resolve<'a>(&'a self, scope: &Scope<'a, '_>) -> Result<Value<'a>, MappingFailed> {
        let Some(node) = &self.value else {
            return Ok(Value::Missing);
        };
        let value = node.resolve(scope)?;
        let Some(rules) = &self.rules else {
            return Ok(Value::from_text(""));
        };
        let mut text = String::new();
        if matches!(value.kind(), Kind::Text | Kind::Number | Kind::Bool) {
            javascript::write_text(&value, &mut text, scope.budget)?;
            text = rules.first.apply(&text, (rules.letters, rules.times), scope.budget)?;
            if let Some(second) = &rules.second {
                text = second.apply(&text, (rules.letters, rules.times), scope.budget)?;
            }
        }
        Ok(Value::Text(text.into()))
    }
}

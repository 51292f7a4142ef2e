//! A section: a map whose keys are known in advance, or names of the user's choice. Complains of
//! keys that are unknown, repeated, or part of a later version. What the values mean is up to the
//! readers of each section.

use std::cell::RefCell;

use super::complaint::{Position, quoted};
use super::field::{Fault, Field};
use super::raw::{Node, Value};
use super::similar::nearest;

/// A map that is read key by key; `finish` complains of the keys nobody asked for.
pub(super) struct Section<'a> {
    field: Field<'a>,
    entries: Vec<Entry<'a>>,
    known: RefCell<Vec<&'static str>>,
}

struct Entry<'a> {
    key: &'a str,
    at: Position,
    node: &'a Node,
}

/// The value of a key of a later version which asks for nothing, and may therefore stand.
pub(super) enum Harmless {
    /// Only `~`.
    Nothing,
    Flag(bool),
    Text(&'static str),
}

impl<'a> Section<'a> {
    /// The section of a value; a missing one has no keys. `None` if the value is something else.
    pub(super) fn of(field: Field<'a>) -> Option<Self> {
        let entries = entries(&field)?;
        Some(Self { field, entries, known: RefCell::default() })
    }

    /// The value of a key.
    pub(super) fn field(&self, key: &'static str) -> Field<'a> {
        self.known.borrow_mut().push(key);
        match self.entries.iter().find(|entry| entry.key == key) {
            Some(entry) => self.field.inner(self.path(key), entry.node),
            None => self.field.absent(self.path(key)),
        }
    }

    /// Whether a key is there with nothing in it, `~`, where that means something else than no key.
    pub(super) fn has_nothing_at(&self, key: &str) -> bool {
        self.entries.iter().any(|entry| entry.key == key && matches!(entry.node.value, Value::Null))
    }

    /// The section under a key.
    pub(super) fn section(&self, key: &'static str) -> Option<Section<'a>> {
        Section::of(self.field(key))
    }

    /// How many complaints there are by now, whatever about.
    pub(super) fn complaints(&self) -> usize {
        self.field.source.ledger.len()
    }

    /// Complains of a key that is missing.
    pub(super) fn missing(&self, key: &'static str, hint: &str) {
        self.field(key).complain(Fault::new("is missing").hint(hint));
    }

    /// Refuses a key of a later version, unless its value asks for nothing.
    pub(super) fn later(&self, key: &'static str, harmless: &Harmless) {
        let field = self.field(key);
        if let Some(value) = field.value
            && !harmless.equals(value)
        {
            field.complain(Fault::new(format!("`{key}` is not available in this version")));
        }
    }

    /// Complains of unknown keys; `hints` has a remedy for keys people are likely to try.
    pub(super) fn finish_with(self, hints: &[(&str, &str)]) {
        let known = self.known.borrow();
        for entry in self.entries.iter().filter(|entry| !known.contains(&entry.key)) {
            let fault = Fault::new(format!("unknown key {}", quoted(entry.key)));
            let fault = match hints.iter().find(|(key, _)| *key == entry.key) {
                Some((_, hint)) => fault.hint(*hint),
                None => match nearest(entry.key, &known) {
                    Some(word) => fault.hint(format!("did you mean `{word}`?")),
                    None => fault,
                },
            };
            let mut field = self.field.clone();
            field.at = entry.at;
            field.path = self.path(entry.key);
            field.complain(fault);
        }
    }

    /// Complains of unknown keys.
    pub(super) fn finish(self) {
        self.finish_with(&[]);
    }

    fn path(&self, key: &str) -> String {
        joined(&self.field.path, key)
    }
}

impl Harmless {
    fn equals(&self, value: &Value) -> bool {
        match (self, value) {
            (Self::Flag(flag), Value::Flag(given)) => flag == given,
            (Self::Text(text), Value::Text(given)) => text == given,
            _ => false,
        }
    }
}

/// The entries of a map whose keys are names of the user's choice, such as headers.
pub(super) fn named<'a>(field: &Field<'a>) -> Vec<(&'a str, Field<'a>)> {
    let entries = entries(field).unwrap_or_default();
    let pair = |entry: Entry<'a>| {
        let mut inner = field.inner(joined(&field.path, entry.key), entry.node);
        // A fault of the name and one of the value are both best shown where the line begins.
        inner.at = entry.at;
        (entry.key, inner)
    };
    entries.into_iter().map(pair).collect()
}

/// The entries of a map, each key once; complains of what is no map, no text and of repeats.
fn entries<'a>(field: &Field<'a>) -> Option<Vec<Entry<'a>>> {
    let nodes = match field.value {
        None => return Some(Vec::new()),
        Some(Value::Map(nodes)) => nodes,
        Some(other) => {
            field.complain(field.expected("a section with keys", other));
            return None;
        }
    };
    let mut entries: Vec<Entry<'a>> = Vec::with_capacity(nodes.len());
    let mut seen = std::collections::HashMap::new();
    for (key, node) in nodes {
        let mut place = field.clone();
        place.at = key.at;
        let Value::Text(name) = &key.value else {
            place.complain(Fault::new("a key is not text").hint("put the key in quotes"));
            continue;
        };
        if let Some(line) = seen.insert(name.as_str(), key.at.line) {
            place.path = joined(&field.path, name);
            place.complain(Fault::new(format!("is given twice, first on line {line}")));
            continue;
        }
        entries.push(Entry { key: name, at: key.at, node });
    }
    Some(entries)
}

/// The path of a key; one from the file is cut, since it may be anything.
pub(super) fn joined(path: &str, key: &str) -> String {
    let key = quoted(key);
    let key = key.trim_matches('`');
    match path {
        "" => key.to_owned(),
        _ => format!("{path}.{key}"),
    }
}

//! A JSON value as a tree, for those who change it: mappings and filters. Whoever only passes an event on uses
//! [`super::javascript_text`], which builds nothing and loses nothing.
//!
//! Keys come in JavaScript's order, numbers keep the text JavaScript prints, so what is read and printed again is what
//! `javascript_text` says, but for a lone surrogate, which reads as U+FFFD. Reading is `build`'s.

mod build;

use indexmap::IndexMap;

use super::keys::array_index;
use super::{BigIntegers, NotJson, javascript_number, text};

/// A JSON value.
#[derive(Clone, Debug, PartialEq, Default)]
pub enum Tree {
    /// `null`
    #[default]
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number.
    Number(Number),
    /// A text.
    Text(String),
    /// An array.
    List(Vec<Tree>),
    /// An object.
    Object(Members),
}

/// A number as JavaScript prints it; integers beyond 2^53 may be kept digit by digit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Number(Box<str>);

/// The members of an object; each key once.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Members {
    all: IndexMap<Box<str>, Tree>,
    /// Some keys are integer-like; JavaScript lists those first, ascending.
    has_indexes: bool,
}

impl Tree {
    /// Reads JSON text; fails exactly where [`super::javascript_text`] fails.
    pub fn read(input: &[u8], big: BigIntegers) -> Result<Self, NotJson> {
        build::build(super::utf8(input)?, big)
    }

    /// The text `JSON.stringify` prints.
    pub fn text(&self) -> String {
        let mut out = Vec::new();
        self.print(&mut out);
        String::from_utf8(out).expect("texts and numbers are UTF-8, and what stands between them is ASCII")
    }

    /// A member of an object; none of anything else.
    pub fn member(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Object(members) => members.get(key),
            _ => None,
        }
    }

    /// Appends the text `JSON.stringify` prints.
    pub fn print(&self, out: &mut Vec<u8>) {
        match self {
            Self::Null => out.extend_from_slice(b"null"),
            Self::Bool(true) => out.extend_from_slice(b"true"),
            Self::Bool(false) => out.extend_from_slice(b"false"),
            Self::Number(number) => out.extend_from_slice(number.0.as_bytes()),
            Self::Text(text) => text::quote(text, out),
            Self::List(elements) => {
                out.push(b'[');
                for (index, element) in elements.iter().enumerate() {
                    separate(index, out);
                    element.print(out);
                }
                out.push(b']');
            }
            Self::Object(members) => {
                out.push(b'{');
                for (index, (key, value)) in members.iter().enumerate() {
                    separate(index, out);
                    text::quote(key, out);
                    out.push(b':');
                    value.print(out);
                }
                out.push(b'}');
            }
        }
    }
}

fn separate(index: usize, out: &mut Vec<u8>) {
    if index > 0 {
        out.push(b',');
    }
}

impl Number {
    /// The number JavaScript calculates with; of an integer beyond 2^53 the nearest.
    pub fn value(&self) -> f64 {
        // What is printed is a number, so it can be read.
        self.0.parse().unwrap_or(f64::NAN)
    }

    /// As JavaScript prints it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<f64> for Tree {
    /// What is no finite number is `null`, as in `JSON.stringify`.
    fn from(value: f64) -> Self {
        if value.is_finite() { Self::Number(Number(javascript_number(value).into())) } else { Self::Null }
    }
}

impl From<&str> for Tree {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl Members {
    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Tree> {
        self.all.get(key)
    }

    /// The value of a key, to be changed.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Tree> {
        self.all.get_mut(key)
    }

    /// Sets a member; one that is there keeps its place.
    pub fn set(&mut self, key: impl Into<Box<str>>, value: Tree) {
        let key = key.into();
        self.has_indexes |= array_index(&key).is_some();
        self.all.insert(key, value);
    }

    /// Takes a member out; the others keep their order.
    pub fn remove(&mut self, key: &str) -> Option<Tree> {
        self.all.shift_remove(key)
    }

    /// Keeps the members of which this says yes.
    pub fn retain(&mut self, mut keep: impl FnMut(&str, &mut Tree) -> bool) {
        self.all.retain(|key, value| keep(key, value));
    }

    /// All members in JavaScript's order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Tree)> {
        let mut order: Vec<usize> = Vec::new();
        if self.has_indexes {
            order.extend(0..self.all.len());
            // Stable, so all others keep the order in which they were set.
            order.sort_by_key(|place| {
                self.all.get_index(*place).and_then(|(key, _)| array_index(key)).map_or(u64::MAX, u64::from)
            });
        }
        (0..self.all.len()).filter_map(move |place| {
            let place = order.get(place).copied().unwrap_or(place);
            self.all.get_index(place).map(|(key, value)| (&**key, value))
        })
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::json::javascript_text;

    const FIXTURES: &str = include_str!("../../../tests/fixtures/json_stringify.jsonl");

    #[test]
    fn what_is_read_and_printed_again_is_what_javascript_prints() {
        let mut cases = 0;
        for line in FIXTURES.lines() {
            let case: serde_json::Value = serde_json::from_str(line).unwrap();
            let input = case["in"].as_str().unwrap();
            // A lone surrogate is beyond what a tree can hold.
            if input.to_ascii_lowercase().contains("\\ud") {
                continue;
            }
            for big in [BigIntegers::Exact, BigIntegers::JavaScript] {
                let text =
                    javascript_text(input.as_bytes(), big).map(|text| String::from_utf8(text.into_owned()).unwrap());
                let tree = Tree::read(input.as_bytes(), big).map(|tree| tree.text());
                assert_eq!(tree, text, "{}", case["id"]);
            }
            cases += 1;
        }
        assert!(cases > 100, "{cases}");
    }

    #[test]
    fn integer_like_keys_come_first_also_when_they_are_set_last() {
        let mut members = Members::default();
        for key in ["b", "10", "a", "9", "01", "b"] {
            members.set(key, Tree::from(key));
        }
        let keys: Vec<&str> = members.iter().map(|(key, _)| key).collect();
        assert_eq!(keys, ["9", "10", "b", "a", "01"]);
        members.remove("b");
        members.retain(|key, _| key != "9");
        assert_eq!(Tree::Object(members).text(), r#"{"10":"10","a":"a","01":"01"}"#);
    }

    #[test]
    fn numbers_print_as_javascript_prints_them() {
        let printed = [1.0, -0.0, 1e21, 0.000_000_1, f64::NAN, f64::INFINITY].map(|value| Tree::from(value).text());
        assert_eq!(printed, ["1", "0", "1e+21", "1e-7", "null", "null"]);
        let big = Tree::read(b"12345678901234567890123", BigIntegers::Exact).unwrap();
        assert_eq!(big.text(), "12345678901234567890123");
    }

    #[test]
    fn a_lone_surrogate_reads_as_the_replacement_character() {
        assert_eq!(Tree::read(br#""a\ud800b""#, BigIntegers::Exact).unwrap(), Tree::from("a\u{fffd}b"));
    }
}

//! `@path`: the value at a path of the event, such as `$.properties.products[0].sku`. Owns how a path is cut into keys
//! (`packages/core/src/get.ts`); what a key of a value is, is `value`'s.

use crate::event::json::Tree;

use super::MappingFailed;
use super::budget::Budget;
use super::node::{Directive, Node, Scope};
use super::reader::Reader;
use super::value::Value;

/// A way into a value. Without keys it is the value itself.
#[derive(Debug)]
pub(super) struct Path(Vec<Box<str>>);

impl Path {
    /// Cuts a path as it stands between the braces of a template.
    ///
    /// Dots cut, and brackets around a number or a quoted text; any other bracket belongs to its key. Quotes vanish
    /// wherever they stand, and so do empty parts.
    pub(super) fn cut(path: &str) -> Self {
        let mut keys = Vec::new();
        let mut rest = path;
        let mut before = None;
        let mut part = 0;
        while let Some(char) = rest[part..].chars().next() {
            let after = &rest[part + char.len_utf8()..];
            let cut = match char {
                '.' => 1,
                '[' if after.starts_with(is_quote_or_digit) => 1,
                ']' if before.is_some_and(is_quote_or_digit) => {
                    rest[part..].len() - after.trim_start_matches(']').len()
                }
                _ => 0,
            };
            before = Some(char);
            if cut == 0 {
                part += char.len_utf8();
                continue;
            }
            before = rest[part..part + cut].chars().last();
            push_key(&rest[..part], &mut keys);
            rest = &rest[part + cut..];
            part = 0;
        }
        push_key(rest, &mut keys);
        Self(keys)
    }

    /// Cuts a path as it stands after `@path`: its first `$.` does not count.
    pub(super) fn read(path: &str) -> Self {
        Self::cut(&path.replacen("$.", "", 1))
    }

    /// What the path leads to.
    pub(super) fn follow<'a>(&self, from: &Value<'a>, budget: &Budget) -> Result<Value<'a>, MappingFailed> {
        let mut value = from.clone();
        for key in &self.0 {
            // Characters are counted; a key further inside something else is found at once.
            budget.spend(value.as_text().map_or(1, str::len) / 16)?;
            value = value.member(key);
        }
        Ok(value)
    }
}

fn push_key(part: &str, keys: &mut Vec<Box<str>>) {
    if !part.is_empty() {
        keys.push(part.replace(['\'', '"'], "").into());
    }
}

fn is_quote_or_digit(char: char) -> bool {
    matches!(char, '"' | '\'' | '0'..='9')
}

/// The directive.
#[derive(Debug)]
enum AtPath {
    Written(Path),
    /// The path itself depends on the event.
    Made(Node),
}

pub(super) fn read(options: &Tree, reader: &mut Reader) -> Option<Box<dyn Directive>> {
    match text_source(options, reader)? {
        Source::Written(path) => Some(Box::new(AtPath::Written(Path::read(&path)))),
        Source::Made(node) => Some(Box::new(AtPath::Made(node))),
    }
}

impl Directive for AtPath {
    fn resolve<'a>(&'a self, scope: &Scope<'a, '_>) -> Result<Value<'a>, MappingFailed> {
        match self {
            Self::Written(path) => path.follow(scope.payload, scope.budget),
            Self::Made(node) => {
                let path = node.resolve(scope)?;
                let path = made_text(&path)?;
                scope.budget.spend(path.len())?;
                Path::read(path).follow(scope.payload, scope.budget)
            }
        }
    }
}

/// The text of `@path` or `@template`.
#[derive(Debug)]
pub(super) enum Source {
    Written(String),
    Made(Node),
}

/// Reads a text, or a directive that gives one; anything else fails for every event.
pub(super) fn text_source(options: &Tree, reader: &mut Reader) -> Option<Source> {
    if let Tree::Text(text) = options {
        return Some(Source::Written(text.clone()));
    }
    match reader.node(options) {
        Node::Literal(_) | Node::Object(_) | Node::List(_) if !super::reader::looks_like_directive(options) => {
            reader.wrong_kind(options, "a text or a directive");
            None
        }
        node => Some(Source::Made(node)),
    }
}

/// The text a directive gave.
pub(super) fn made_text<'v>(value: &'v Value<'_>) -> Result<&'v str, MappingFailed> {
    let found = value.kind().words();
    value.as_text().ok_or_else(|| MappingFailed::new(format!("needs a text, and was given {found}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(path: &str) -> Vec<String> {
        Path::read(path).0.into_iter().map(String::from).collect()
    }

    #[test]
    fn dots_and_brackets_cut() {
        assert_eq!(keys("$.properties.products[0].sku"), ["properties", "products", "0", "sku"]);
        assert_eq!(keys("$.a['b c'].d"), ["a", "b c", "d"]);
        assert_eq!(keys("a[\"b\"][10][1]]]c"), ["a", "b", "10", "1", "c"]);
    }

    #[test]
    fn a_bracket_around_anything_else_belongs_to_its_key() {
        assert_eq!(keys("$.a[b].c"), ["a[b]", "c"]);
        assert_eq!(keys("$.a[*]"), ["a[*]"]);
        assert_eq!(keys("$.a[1b]c"), ["a", "1b]c"]);
        assert_eq!(keys("a]b"), ["a]b"]);
    }

    #[test]
    fn quotes_vanish_and_empty_parts_with_them() {
        assert_eq!(keys("$.it's"), ["its"]);
        assert_eq!(keys("..a..b."), ["a", "b"]);
        assert_eq!(keys("a['']"), ["a", ""]);
        assert_eq!(keys("$."), Vec::<String>::new());
    }

    #[test]
    fn only_the_first_prefix_does_not_count() {
        assert_eq!(keys("$.$.a"), ["$", "a"]);
        assert_eq!(keys("$a"), ["$a"]);
        assert_eq!(keys("$"), ["$"]);
    }
}

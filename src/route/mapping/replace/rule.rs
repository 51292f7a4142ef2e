//! One rule of `@replace`: finds a literal pattern and puts something in its place, as `String.replace` does with an
//! escaped regular expression without the `u` flag (ECMA-262, Canonicalize and GetSubstitution).

use super::super::MappingFailed;
use super::super::budget::{Budget, VALUE};

/// What is replaced by what.
#[derive(Debug)]
pub(super) struct Rule {
    pattern: String,
    /// The pattern as letters that are alike compare equal.
    canonical: Vec<char>,
    replacement: Vec<Part>,
}

/// Whether letters differ by case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Letters {
    Exact,
    Alike,
}

/// How often a pattern is replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Times {
    Once,
    All,
}

/// A piece of the replacement.
#[derive(Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    /// `$&`: what was found.
    Found,
    /// `` $` ``: all before it.
    Before,
    /// `$'`: all after it.
    After,
}

impl Rule {
    pub(super) fn new(pattern: String, replacement: &str) -> Self {
        let canonical = pattern.chars().map(canonicalize).collect();
        Self { pattern, canonical, replacement: parts(replacement) }
    }

    pub(super) fn has_pattern(&self) -> bool {
        !self.pattern.is_empty()
    }

    /// The text with the pattern replaced.
    pub(super) fn apply(
        &self,
        text: &str,
        (letters, times): (Letters, Times),
        budget: &Budget,
    ) -> Result<String, MappingFailed> {
        budget.spend(text.len())?;
        let mut out = String::new();
        let mut from = 0;
        while let Some((start, end)) = self.find(text, from, letters) {
            out.push_str(&text[from..start]);
            for part in &self.replacement {
                let part = match part {
                    Part::Text(text) => text,
                    Part::Found => &text[start..end],
                    Part::Before => &text[..start],
                    Part::After => &text[end..],
                };
                budget.spend(part.len())?;
                out.push_str(part);
            }
            budget.spend(VALUE)?;
            from = end;
            if times == Times::Once {
                break;
            }
        }
        out.push_str(&text[from..]);
        Ok(out)
    }

    /// Where the pattern stands next.
    fn find(&self, text: &str, from: usize, letters: Letters) -> Option<(usize, usize)> {
        if letters == Letters::Exact {
            let start = from + text[from..].find(&self.pattern)?;
            return Some((start, start + self.pattern.len()));
        }
        text[from..].char_indices().find_map(|(at, _)| {
            let start = from + at;
            let mut chars = text[start..].chars();
            let found = self.canonical.iter().all(|&wanted| chars.next().is_some_and(|c| canonicalize(c) == wanted));
            found.then(|| (start, text.len() - chars.as_str().len()))
        })
    }
}

/// A letter as it is compared without regard to case: its upper case, where that is one UTF-16 unit.
fn canonicalize(char: char) -> char {
    let mut upper = char.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(upper), None) if char.len_utf16() == 1 && upper.len_utf16() == 1 => {
            if !char.is_ascii() && upper.is_ascii() { char } else { upper }
        }
        _ => char,
    }
}

/// Cuts a replacement at its `$` signs; those that mean nothing stay as they are.
fn parts(replacement: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut plain = String::new();
    let mut rest = replacement;
    while let Some(char) = rest.chars().next() {
        let part = match rest.as_bytes() {
            [b'$', b'&', ..] => Some(Part::Found),
            [b'$', b'`', ..] => Some(Part::Before),
            [b'$', b'\'', ..] => Some(Part::After),
            _ => None,
        };
        let is_escaped = rest.starts_with("$$");
        rest = &rest[if part.is_some() || is_escaped { 2 } else { char.len_utf8() }..];
        match part {
            None => plain.push(char),
            Some(part) => {
                if !plain.is_empty() {
                    parts.push(Part::Text(std::mem::take(&mut plain)));
                }
                parts.push(part);
            }
        }
    }
    if !plain.is_empty() {
        parts.push(Part::Text(plain));
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replaced(text: &str, pattern: &str, replacement: &str, letters: Letters) -> String {
        let rule = Rule::new(pattern.to_owned(), replacement);
        rule.apply(text, (letters, Times::All), &Budget::new(10_000)).unwrap()
    }

    #[test]
    fn dollars_mean_what_they_mean_in_javascript() {
        for (replacement, expected) in [
            ("$$", "a$c"),
            ("<$&>", "a<b>c"),
            ("$`", "aac"),
            ("$'", "acc"),
            ("$1", "a$1c"),
            ("$$&", "a$&c"),
            ("$", "a$c"),
            ("$<x>", "a$<x>c"),
        ] {
            assert_eq!(replaced("abc", "b", replacement, Letters::Exact), expected, "{replacement}");
        }
    }

    #[test]
    fn letters_are_alike_where_their_upper_case_is_one_unit_of_the_same_kind() {
        for (text, pattern, expected) in
            [("zOË", "Zoë", "_"), ("ß SS", "ss", "ß _"), ("ſK", "sk", "ſK"), ("𐐨𐐀", "𐐀", "𐐨_"), ("ǅ", "ǆ", "_")]
        {
            assert_eq!(replaced(text, pattern, "_", Letters::Alike), expected, "{text}");
        }
    }

    #[test]
    fn a_replacement_that_repeats_all_before_it_ends_at_the_budget() {
        let rule = Rule::new("a".to_owned(), "$`");
        let text = "a".repeat(10_000);
        assert!(rule.apply(&text, (Letters::Exact, Times::All), &Budget::new(1 << 20)).is_err());
    }
}

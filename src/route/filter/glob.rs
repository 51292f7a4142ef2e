//! Patterns of `match`: `*` any characters, `?` one, `[abc]` and `[a-z]` one of these, `[^a]` any other, a backslash takes
//! the next character as it is. A pattern must match the whole text; one that is malformed matches nothing, as in Segment.

use super::evaluate::{Evaluation, Failure};

/// Whether the pattern matches the text.
///
/// Only the last star is ever tried anew, so the time is at most the product of both lengths; the steps are counted.
pub(super) fn matches(pattern: &str, text: &str, evaluation: &Evaluation<'_>) -> Result<bool, Failure> {
    let (mut pattern, mut text) = (pattern, text);
    // What stands behind the last star, and the text it has not taken yet.
    let mut last_star: Option<(&str, &str)> = None;
    loop {
        if let Some(behind) = pattern.strip_prefix('*') {
            if behind.is_empty() {
                return Ok(true);
            }
            pattern = behind;
            last_star = Some((behind, text));
            continue;
        }
        let mut letters = text.chars();
        match letters.next() {
            None if pattern.is_empty() => return Ok(true),
            Some(letter) => {
                if let Some(behind) = one(pattern, letter) {
                    evaluation.spend(1 + pattern.len() - behind.len())?;
                    (pattern, text) = (behind, letters.as_str());
                    continue;
                }
            }
            None => {}
        }
        let Some((behind, from)) = last_star else { return Ok(false) };
        let mut letters = from.chars();
        if letters.next().is_none() {
            return Ok(false);
        }
        evaluation.spend(1)?;
        (pattern, text) = (behind, letters.as_str());
        last_star = Some((behind, text));
    }
}

/// What of the pattern stands behind its first piece, if that matches the letter.
fn one(pattern: &str, letter: char) -> Option<&str> {
    let mut pieces = pattern.chars();
    match pieces.next()? {
        '?' => Some(pieces.as_str()),
        '[' => class(pieces.as_str(), letter),
        '\\' => (pieces.next()? == letter).then_some(pieces.as_str()),
        own => (own == letter).then_some(pieces.as_str()),
    }
}

/// The same for a list of letters whose bracket is open; none also if it is malformed.
fn class(inner: &str, letter: char) -> Option<&str> {
    let (negated, mut rest) = inner.strip_prefix('^').map_or((false, inner), |rest| (true, rest));
    let mut found = false;
    let mut is_first = true;
    loop {
        if let Some(behind) = rest.strip_prefix(']')
            && !is_first
        {
            return (found != negated).then_some(behind);
        }
        is_first = false;
        let (low, behind) = bound(rest)?;
        let (high, behind) = match behind.strip_prefix('-') {
            Some(behind) => bound(behind)?,
            None => (low, behind),
        };
        found |= (low..=high).contains(&letter);
        rest = behind;
    }
}

/// A letter of a list, escaped or not, and what stands behind it.
fn bound(list: &str) -> Option<(char, &str)> {
    let mut letters = list.chars();
    let letter = match letters.next()? {
        '-' | ']' => return None,
        '\\' => letters.next()?,
        letter => letter,
    };
    Some((letter, letters.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::json::Tree;

    fn matched(pattern: &str, text: &str) -> bool {
        matches(pattern, text, &Evaluation::of(&Tree::Null)).unwrap()
    }

    #[test]
    fn each_kind_of_piece_matches_what_it_stands_for() {
        for (pattern, text) in [
            ("", ""),
            ("*", ""),
            ("**", "ab"),
            ("a*c*e", "abcde"),
            ("*ab", "aab"),
            ("?*", "é"),
            ("[^a-c]x", "dx"),
            ("[\\]\\-]", "-"),
            ("[a^]", "^"),
            ("a\\*", "a*"),
            ("*/*", "a/b"),
        ] {
            assert!(matched(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [("", "a"), ("?", ""), ("*a", "ab"), ("[^a]", "a"), ("[a-c]", "d"), ("a\\*", "ab")] {
            assert!(!matched(pattern, text), "{pattern} {text}");
        }
    }

    #[test]
    fn a_malformed_pattern_matches_nothing() {
        for pattern in ["[", "[a", "[]", "[]a]", "[^]", "[-a]", "[a-]", "[a-", "\\", "*\\", "[a\\", "[*", "*["] {
            for text in ["", "a", "[", "\\", pattern] {
                assert!(!matched(pattern, text), "{pattern} {text}");
            }
        }
    }

    #[test]
    fn a_pattern_that_takes_too_long_is_given_up() {
        let pattern = format!("*{}b", "a".repeat(4_000));
        let text = "a".repeat(100_000);
        assert_eq!(matches(&pattern, &text, &Evaluation::of(&Tree::Null)), Err(Failure::TooLong));
        // Many stars are no trouble.
        assert!(!matched(&"*a".repeat(50), &"b".repeat(100_000)));
    }

    proptest::proptest! {
        #[test]
        fn whatever_is_literal_stars_and_question_marks_matches_as_the_definition_says(
            pattern in "[ab*?]{0,7}", text in "[ab]{0,9}",
        ) {
            let letters: Vec<char> = text.chars().collect();
            let pieces: Vec<char> = pattern.chars().collect();
            proptest::prop_assert_eq!(matched(&pattern, &text), by_definition(&pieces, &letters));
        }
    }

    fn by_definition(pieces: &[char], letters: &[char]) -> bool {
        match (pieces, letters) {
            ([], letters) => letters.is_empty(),
            (['*', pieces @ ..], _) => (0..=letters.len()).any(|taken| by_definition(pieces, &letters[taken..])),
            (['?', pieces @ ..], [_, letters @ ..]) => by_definition(pieces, letters),
            ([piece, pieces @ ..], [letter, letters @ ..]) => piece == letter && by_definition(pieces, letters),
            (_, []) => false,
        }
    }
}

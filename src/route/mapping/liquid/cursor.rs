//! Reads a template word by word: which characters make names, and where names, numbers and quoted texts end. What
//! stands around expressions is `token`'s, what they mean `expression`'s.

use super::failure::LiquidError;
use super::quoted;

/// Brackets and blocks within each other that are read; nobody writes more, and none can make us run out of stack.
pub(super) const MAX_LEVELS: usize = 50;

/// A place in a part of a template.
#[derive(Clone, Debug)]
pub(super) struct Cursor<'t> {
    /// The whole template.
    pub(super) text: &'t str,
    pub(super) at: usize,
    /// Where the part ends.
    pub(super) end: usize,
    levels: usize,
}

/// A word that begins like this is no longer a keyword when a name goes on behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Behind {
    Anything,
    NoName,
}

impl<'t> Cursor<'t> {
    pub(super) fn new(text: &'t str, at: usize, end: usize) -> Self {
        Self { text, at, end, levels: 0 }
    }

    /// The part from here on.
    pub(super) fn rest(&self) -> &'t str {
        self.text.get(self.at..self.end).unwrap_or_default()
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.at >= self.end
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(super) fn is_at(&self, expected: char) -> bool {
        self.peek() == Some(expected)
    }

    /// Takes one character, if there is one.
    pub(super) fn advance(&mut self) -> Option<char> {
        let taken = self.peek()?;
        self.at += taken.len_utf8();
        Some(taken)
    }

    /// Takes a character if it is the expected one.
    pub(super) fn take(&mut self, expected: char) -> bool {
        let found = self.is_at(expected);
        if found {
            self.at += expected.len_utf8();
        }
        found
    }

    /// Takes a word if it stands here.
    pub(super) fn take_word(&mut self, word: &str, behind: Behind) -> bool {
        let Some(rest) = self.rest().strip_prefix(word) else {
            return false;
        };
        if behind == Behind::NoName && rest.chars().next().is_some_and(is_name) {
            return false;
        }
        self.at += word.len();
        true
    }

    pub(super) fn skip_blank(&mut self) {
        self.at = self.end - self.rest().trim_start_matches(is_blank).len();
    }

    /// Goes behind the next `mark`, which is not looked for where we stand; to the end if there is none.
    pub(super) fn skip_behind(&mut self, mark: char) -> bool {
        let found = self.rest().find(mark);
        self.at = found.map_or(self.end, |found| self.at + found + mark.len_utf8());
        found.is_some()
    }

    /// A name; empty if there is none.
    pub(super) fn name(&mut self) -> &'t str {
        self.skip_blank();
        let rest = self.rest();
        let name = &rest[..rest.len() - rest.trim_start_matches(is_name).len()];
        self.at += name.len();
        name
    }

    /// A number; `1..` begins a range, and `1a` is a name.
    pub(super) fn number(&mut self) -> Option<f64> {
        let rest = self.rest().as_bytes();
        let mut at = usize::from(matches!(rest.first(), Some(b'+' | b'-')));
        let (mut point, mut digits) = (false, false);
        loop {
            match rest.get(at) {
                Some(b'0'..=b'9') => digits = true,
                Some(b'.') if rest.get(at + 1) != Some(&b'.') => {
                    if point || !digits {
                        return None;
                    }
                    point = true;
                }
                _ => break,
            }
            at += 1;
        }
        let (figures, behind) = self.rest().split_at(at);
        if !digits || behind.chars().next().is_some_and(is_name) {
            return None;
        }
        self.at += at;
        figures.parse().ok()
    }

    /// Where a quoted text that begins here ends; it may lack its closing quote.
    pub(super) fn skip_quoted(&mut self) -> Option<&'t str> {
        let quote = self.peek().filter(|c| matches!(c, '"' | '\''))?;
        let begin = self.at;
        self.at += 1;
        let mut escaped = false;
        while let Some(c) = self.advance() {
            if c == quote && !escaped {
                break;
            }
            escaped = c == '\\' && !escaped;
        }
        Some(&self.text[begin..self.at])
    }

    /// A quoted text without its quotes and escapes.
    pub(super) fn quoted(&mut self) -> Option<String> {
        self.skip_quoted().map(quoted::read)
    }

    /// Goes one level deeper; every level is left again with [`Self::leave`].
    pub(super) fn enter(&mut self) -> Result<(), LiquidError> {
        self.levels += 1;
        if self.levels > MAX_LEVELS {
            return Err(LiquidError::new(
                self.at,
                format!("more than {MAX_LEVELS} brackets within each other"),
                "assign the inner values to names first, with `{% assign name = … %}`",
            ));
        }
        Ok(())
    }

    pub(super) fn leave(&mut self) {
        self.levels -= 1;
    }
}

/// Whether a character may stand in a name: letters, digits, `_`, `-`, `?`, and whatever is not ASCII but for white
/// space and curly quotes.
pub(super) fn is_name(c: char) -> bool {
    match c {
        '_' | '-' | '?' => true,
        '\u{201c}' | '\u{201d}' => false,
        _ if c.is_ascii() => c.is_ascii_alphanumeric(),
        _ => !is_blank(c),
    }
}

/// White space to LiquidJS.
pub(super) fn is_blank(c: char) -> bool {
    matches!(
        c,
        '\t'..='\r'
            | ' '
            | '\u{a0}'
            | '\u{1680}'
            | '\u{180e}'
            | '\u{2000}'..='\u{200a}'
            | '\u{2028}'
            | '\u{2029}'
            | '\u{202f}'
            | '\u{205f}'
            | '\u{3000}'
    )
}

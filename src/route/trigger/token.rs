//! The words of a trigger, cut as Segment's lexer (`fql-ts`) cuts them; where that one is led astray, this one refuses.
//! In what order they may come is `parse`'s.

use super::condition::Order;
use super::expression::Joint;
use super::fault::{Fault, TriggerError};

/// A word and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Token<'a> {
    pub(super) kind: Kind<'a>,
    pub(super) start: usize,
    pub(super) end: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind<'a> {
    /// One name of a path, its escapes undone.
    Name(String),
    Joint(Joint),
    Null,
    /// What stands between double quotes.
    Text(&'a str),
    Number(f64),
    Compare(Order),
    Not,
    Open,
    Close,
    Comma,
    Dot,
    End,
}

/// Cuts a text, word by word.
pub(super) struct Tokens<'a> {
    text: &'a str,
    at: usize,
    /// The word before was a dot, so a name must follow.
    after_dot: bool,
}

impl<'a> Tokens<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0, after_dot: false }
    }

    pub(super) fn next(&mut self) -> Result<Token<'a>, TriggerError> {
        self.at = self.text.len() - self.rest(self.at).trim_start_matches([' ', '\t', '\n']).len();
        let start = self.at;
        let (kind, end) = match self.char_at(start) {
            None => (Kind::End, start),
            Some('(') => (Kind::Open, start + 1),
            Some(')') => (Kind::Close, start + 1),
            Some(',') => (Kind::Comma, start + 1),
            Some('.') => (Kind::Dot, start + 1),
            Some('"') => self.quoted(start)?,
            Some('=' | '<' | '>') => self.operator(start)?,
            Some('!') => self.exclamation(start)?,
            Some('0'..='9' | '-' | '+') if self.after_dot => return Err(Fault::OddFirst(self.word(start)).at(start)),
            Some('0'..='9' | '-' | '+') => self.number(start)?,
            Some('a'..='z' | 'A'..='Z' | '_' | '\\') => self.name_or_word(start)?,
            Some(other) => return Err(Fault::stray(other, self.after_dot).at(start)),
        };
        self.after_dot = kind == Kind::Dot;
        self.at = end;
        Ok(Token { kind, start, end })
    }

    fn quoted(&self, start: usize) -> Result<(Kind<'a>, usize), TriggerError> {
        let inner = self.rest(start + 1);
        let Some((text, _)) = inner.split_once('"') else { return Err(Fault::UnclosedText.at(start)) };
        if let Some(backslash) = text.find('\\') {
            return Err(Fault::BackslashInText.at(start + 1 + backslash));
        }
        let end = start + text.len() + 2;
        if !self.ends(end) {
            return Err(Fault::NoSpaceAfterText.at(end));
        }
        Ok((Kind::Text(text), end))
    }

    fn operator(&self, start: usize) -> Result<(Kind<'a>, usize), TriggerError> {
        let written = self.rest(start);
        let length = written.find(|c| !"=<>!~".contains(c)).unwrap_or(written.len());
        // A `!` that begins what follows is no part of it.
        let written = written[..length].trim_end_matches('!');
        let order = match written {
            "=" => Order::Equal,
            "<" => Order::Less,
            ">" => Order::Greater,
            "<=" => Order::LessOrEqual,
            ">=" => Order::GreaterOrEqual,
            other => return Err(Fault::UnknownOperator(other.to_owned()).at(start)),
        };
        self.spaced(Kind::Compare(order), start, written)
    }

    fn exclamation(&self, start: usize) -> Result<(Kind<'a>, usize), TriggerError> {
        match self.char_at(start + 1) {
            Some('=') if self.char_at(start + 2) == Some('=') => {
                Err(Fault::UnknownOperator("!==".to_owned()).at(start))
            }
            Some('=') => self.spaced(Kind::Compare(Order::NotEqual), start, "!="),
            Some('a'..='z' | 'A'..='Z' | '(' | '_' | '\\') => Ok((Kind::Not, start + 1)),
            _ => Err(Fault::LoneNot.at(start)),
        }
    }

    /// Segment recognises operators of two characters only before white space.
    fn spaced(&self, kind: Kind<'a>, start: usize, written: &str) -> Result<(Kind<'a>, usize), TriggerError> {
        let end = start + written.len();
        if written.len() > 1 && !self.ends(end) {
            return Err(Fault::NoSpaceAfter(written.to_owned()).at(end));
        }
        Ok((kind, end))
    }

    fn number(&self, start: usize) -> Result<(Kind<'a>, usize), TriggerError> {
        let written = self.rest(start);
        let digits = &written[1..];
        let length = 1 + digits.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(digits.len());
        let end = start + length;
        let number = written[..length].parse().ok().filter(|_| !written[..length].ends_with('.') && self.ends(end));
        match number {
            Some(number) => Ok((Kind::Number(number), end)),
            None => Err(Fault::NumberFormat(self.word(start)).at(start)),
        }
    }

    fn name_or_word(&self, start: usize) -> Result<(Kind<'a>, usize), TriggerError> {
        let words = [("and", Kind::Joint(Joint::And)), ("or", Kind::Joint(Joint::Or)), ("null", Kind::Null)];
        for (word, kind) in words {
            if self.rest(start).starts_with(word) && self.ends(start + word.len()) {
                return Ok((kind, start + word.len()));
            }
        }
        self.name(start)
    }

    fn name(&self, start: usize) -> Result<(Kind<'a>, usize), TriggerError> {
        let mut name = String::new();
        let mut end = start;
        loop {
            match self.char_at(end) {
                Some('\\') => {
                    end += 1;
                    let escaped = self.char_at(end).ok_or_else(|| Fault::EscapeAtEnd.at(end - 1))?;
                    // Segment splits names at these even so, and reads half a character where one has two UTF-16 units.
                    if matches!(escaped, '.' | '[' | ']') || escaped.len_utf16() > 1 {
                        return Err(Fault::EscapedPathCharacter(escaped).at(end - 1));
                    }
                    name.push(escaped);
                    end += escaped.len_utf8();
                }
                Some(c) if c.is_ascii_alphanumeric() || matches!(c, '_' | '-') => {
                    name.push(c);
                    end += 1;
                }
                None | Some('.' | '(' | '=' | '!') => break,
                Some(_) if self.ends(end) => break,
                Some(other) => return Err(Fault::in_name(other, self.word(start)).at(end)),
            }
        }
        // Looking for `null`, Segment's lexer reads three characters on; it loses them if the text ends before.
        let after_n = self.rest(start).strip_prefix('n').unwrap_or_default();
        if after_n.len() == 2 && after_n.starts_with('=') && !after_n.ends_with(ends_word) {
            return Err(Fault::NoSpaceAfter("=".to_owned()).at(end + 1));
        }
        Ok((Kind::Name(name), end))
    }

    /// What stands there up to the next white space or bracket, for error texts.
    pub(super) fn word(&self, start: usize) -> String {
        let rest = self.rest(start);
        let end = rest.char_indices().skip(1).find(|(_, c)| ends_word(*c) || matches!(c, '(' | '"' | '.'));
        rest[..end.map_or(rest.len(), |(at, _)| at)].to_owned()
    }

    /// Whether the next word is an opening parenthesis.
    pub(super) fn opens_next(&self, at: usize) -> bool {
        self.rest(at).trim_start_matches([' ', '\t', '\n']).starts_with('(')
    }

    /// Whether a word ends before this place: what follows is white space, a comma, a closing bracket or nothing.
    fn ends(&self, at: usize) -> bool {
        self.char_at(at).is_none_or(ends_word)
    }

    fn char_at(&self, at: usize) -> Option<char> {
        self.rest(at).chars().next()
    }

    fn rest(&self, at: usize) -> &'a str {
        self.text.get(at..).unwrap_or_default()
    }
}

fn ends_word(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | ',' | ']' | ')')
}

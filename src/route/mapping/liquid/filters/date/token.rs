//! Cuts a text into what JavaScript (V8) sees in a date: numbers, words, signs, white space.
//! What they mean is `parse`'s.

use super::super::super::convert::is_space;

/// A part of a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// Its value, and how many digits it is written with.
    Number(i64, usize),
    Symbol(char),
    Word(Word),
    Space,
    /// What says nothing, also all within round brackets.
    Other,
    End,
}

/// What a word stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word {
    /// Hours added: 0 or 12.
    Half(i64),
    /// From 1.
    Month(i64),
    /// Hours that the zone is ahead of UTC.
    Zone(i64),
    /// `Z`, the same as UTC.
    Zulu,
    /// `T`
    Time,
    Unknown,
}

/// Digits of a number that count; V8 reads no further.
const SIGNIFICANT: usize = 9;

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

const ZONES: [(&str, i64); 11] = [
    ("ut", 0),
    ("utc", 0),
    ("gmt", 0),
    ("edt", -4),
    ("est", -5),
    ("cdt", -5),
    ("cst", -6),
    ("mdt", -6),
    ("mst", -7),
    ("pdt", -7),
    ("pst", -8),
];

/// Tokens one after the other, the next of them known.
#[derive(Clone, Debug)]
pub(super) struct Tokens<'t> {
    rest: &'t str,
    next: Token,
}

impl<'t> Tokens<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        let mut tokens = Self { rest: text, next: Token::End };
        tokens.take();
        tokens
    }

    pub(super) fn peek(&self) -> Token {
        self.next
    }

    /// The next token, which is passed.
    pub(super) fn take(&mut self) -> Token {
        let (token, length) = read(self.rest);
        self.rest = &self.rest[length..];
        std::mem::replace(&mut self.next, token)
    }

    /// Passes a symbol if it comes next.
    pub(super) fn skip(&mut self, symbol: char) -> bool {
        let found = self.next == Token::Symbol(symbol);
        if found {
            self.take();
        }
        found
    }

    /// Passes a number written with so many digits, if it comes next.
    pub(super) fn digits(&mut self, digits: usize) -> Option<i64> {
        match self.next {
            Token::Number(number, length) if length == digits => {
                self.take();
                Some(number)
            }
            _ => None,
        }
    }
}

/// The first token of a text, and its length.
fn read(text: &str) -> (Token, usize) {
    let Some(first) = text.chars().next() else {
        return (Token::End, 0);
    };
    let length_of = |is_part: fn(char) -> bool| text.find(|c| !is_part(c)).unwrap_or(text.len());
    match first {
        '0'..='9' => {
            let length = length_of(|c| c.is_ascii_digit());
            let figures = text[..length].trim_start_matches('0').bytes().take(SIGNIFICANT);
            (Token::Number(figures.fold(0, |number, digit| number * 10 + i64::from(digit - b'0')), length), length)
        }
        ':' | '-' | '+' | '.' | ')' => (Token::Symbol(first), 1),
        _ if is_word(first) => {
            let length = length_of(is_word);
            (Token::Word(word(&text[..length])), length)
        }
        _ if is_space(first) => (Token::Space, length_of(is_space)),
        '(' => (Token::Other, bracketed(text)),
        other => (Token::Other, other.len_utf8()),
    }
}

fn is_word(c: char) -> bool {
    c >= 'A' && !is_space(c)
}

fn word(text: &str) -> Word {
    let text = text.to_lowercase();
    let month = MONTHS.iter().zip(1..).find(|(month, _)| text.starts_with(*month));
    if let Some((_, month)) = month {
        return Word::Month(month);
    }
    match &*text {
        "am" => Word::Half(0),
        "pm" => Word::Half(12),
        "z" => Word::Zulu,
        "t" => Word::Time,
        zone => ZONES.iter().find(|(name, _)| *name == zone).map_or(Word::Unknown, |(_, hours)| Word::Zone(*hours)),
    }
}

/// The length of what round brackets hold, with them.
fn bracketed(text: &str) -> usize {
    let mut open = 0_usize;
    for (at, c) in text.char_indices() {
        match c {
            '(' => open += 1,
            ')' => open -= 1,
            _ => {}
        }
        if open == 0 {
            return at + 1;
        }
    }
    text.len()
}

//! Words, signs and constants of a condition. What may follow what is `read`'s.
//!
//! As strict as Segment's published lexer (`fql-ts`): a text, a name, `and`, `or` and an operator of two characters end
//! at white space or at a sign that can follow them. Escapes belong to names; a text is what stands between its quotes.

use super::condition::NotFql;
use super::expression::Comparison;
use crate::event::json::{BigIntegers, Tree};

/// A word of a condition and where it stands, in bytes.
#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) at: usize,
    pub(super) end: usize,
    pub(super) kind: Kind,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    And,
    Or,
    In,
    Not,
    Compare(Comparison),
    Open,
    Close,
    OpenList,
    CloseList,
    Comma,
    /// A scalar.
    Constant(Tree),
    /// The keys of a path; one alone may also be a function.
    Name(Box<[Box<str>]>),
}

pub(super) fn tokens(text: &str) -> Result<Vec<Token>, NotFql> {
    let mut lexer = Lexer { text, at: 0 };
    let mut tokens = Vec::new();
    loop {
        lexer.at = text.len() - lexer.rest().trim_ascii_start().len();
        let at = lexer.at;
        let Some(first) = lexer.first() else { return Ok(tokens) };
        let kind = match first {
            '\'' | '"' => lexer.text(first)?,
            '0'..='9' | '+' | '-' => lexer.number()?,
            '=' | '!' | '<' | '>' => lexer.operator(first)?,
            first if begins_a_name(first) => lexer.name()?,
            first => lexer.sign(first)?,
        };
        tokens.push(Token { at, end: lexer.at, kind });
    }
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn first(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// Goes on if the next character is this one.
    fn eat(&mut self, wanted: char) -> bool {
        let is_next = self.first() == Some(wanted);
        if is_next {
            self.at += wanted.len_utf8();
        }
        is_next
    }

    fn sign(&mut self, first: char) -> Result<Kind, NotFql> {
        let kind = match first {
            '(' => Kind::Open,
            ')' => Kind::Close,
            '[' => Kind::OpenList,
            ']' => Kind::CloseList,
            ',' => Kind::Comma,
            _ => return Err(self.foreign(first)),
        };
        self.at += 1;
        Ok(kind)
    }

    fn operator(&mut self, first: char) -> Result<Kind, NotFql> {
        let at = self.at;
        self.at += 1;
        if first == '!' && self.first().is_some_and(|next| next == '(' || begins_a_name(next)) {
            return Ok(Kind::Not);
        }
        let long = first != '=' && self.eat('=');
        if long && !self.is_over() {
            let hint = "put white space behind `!=`, `<=` and `>=`";
            return Err(NotFql::new(at, format!("`{first}=` goes on without white space"), hint));
        }
        let slip = match (first, self.first()) {
            ('=', Some('=')) => Some("one `=` compares"),
            ('<', Some('>')) => Some("write `!=`"),
            ('!', _) if !long => {
                Some("write `!` directly before a field, a function or a parenthesis, and `!=` between values")
            }
            _ => None,
        };
        if let Some(hint) = slip {
            return Err(NotFql::new(at, format!("`{first}` cannot stand here"), hint));
        }
        Ok(Kind::Compare(match (first, long) {
            ('=', _) => Comparison::Equal,
            ('<', false) => Comparison::Less,
            ('<', true) => Comparison::LessOrEqual,
            ('>', false) => Comparison::Greater,
            ('>', true) => Comparison::GreaterOrEqual,
            _ => Comparison::NotEqual,
        }))
    }

    fn text(&mut self, quote: char) -> Result<Kind, NotFql> {
        let at = self.at;
        self.at += 1;
        let Some(length) = self.rest().find(quote) else {
            return Err(NotFql::new(at, "the text is not closed", format!("close it with {quote}")));
        };
        let inner = &self.rest()[..length];
        self.at += length + 1;
        if !self.is_over() {
            let problem = "the text goes on without white space behind its closing quote";
            let hint = "put white space there; a text that holds one kind of quote goes between the other kind";
            return Err(NotFql::new(self.at, problem, hint));
        }
        Ok(Kind::Constant(Tree::from(inner)))
    }

    fn number(&mut self) -> Result<Kind, NotFql> {
        let at = self.at;
        let rest = self.rest();
        let unsigned = rest.trim_start_matches(['+', '-']);
        let signs = rest.len() - unsigned.len();
        let digits = unsigned.len() - unsigned.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.').len();
        self.at += signs + digits;
        let written = &unsigned[..digits];
        let (whole, fraction) = written.split_once('.').map_or((written, None), |(whole, rest)| (whole, Some(rest)));
        let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        let goes_on = self.first().is_some_and(begins_a_name);
        if signs > 1 || !is_number(whole) || fraction.is_some_and(|part| !is_number(part)) || goes_on {
            let hint = "write numbers like 5, -3 or 4.99; texts go in quotes";
            return Err(NotFql::new(at, "this is no number", hint));
        }
        let sign = if rest.starts_with('-') { "-" } else { "" };
        // JSON knows no leading zeros.
        let plain = written.trim_start_matches('0');
        let zero = if plain.is_empty() || plain.starts_with('.') { "0" } else { "" };
        let number = Tree::read(format!("{sign}{zero}{plain}").as_bytes(), BigIntegers::Exact);
        number.map(Kind::Constant).map_err(|_| NotFql::new(at, "this is no number", "write a number of few digits"))
    }

    fn name(&mut self) -> Result<Kind, NotFql> {
        let at = self.at;
        let mut keys = vec![self.key()?];
        while self.eat('.') {
            if !self.first().is_some_and(begins_a_name) {
                let hint =
                    "name the next field directly behind the dot; a digit or `-` it begins with is written `\\2`";
                return Err(NotFql::new(self.at, "no field's name follows the dot", hint));
            }
            keys.push(self.key()?);
        }
        let written = &self.text[at..self.at];
        match self.first() {
            Some('(' | '=' | '!') if !matches!(written, "and" | "or") => {}
            _ if self.is_over() => {}
            Some(next @ ('(' | '[' | '=' | '!' | '<' | '>')) => {
                let hint = "put white space between them";
                return Err(NotFql::new(self.at, format!("`{next}` follows `{written}` without white space"), hint));
            }
            Some(next) => return Err(self.foreign(next)),
            None => {}
        }
        Ok(match written {
            "and" => Kind::And,
            "or" => Kind::Or,
            "in" => Kind::In,
            "null" => Kind::Constant(Tree::Null),
            "true" => Kind::Constant(Tree::Bool(true)),
            "false" => Kind::Constant(Tree::Bool(false)),
            _ => Kind::Name(keys.into()),
        })
    }

    /// One key of a path; any character may be escaped (Segment: FQL, escaping field paths).
    fn key(&mut self) -> Result<Box<str>, NotFql> {
        let mut key = String::new();
        while let Some(next) = self.first() {
            let mut next = next;
            if next == '\\' {
                self.at += 1;
                next = self.first().ok_or_else(|| {
                    NotFql::new(self.at, "nothing follows the backslash", "put the character behind it that is meant")
                })?;
            } else if !next.is_ascii_alphanumeric() && !matches!(next, '_' | '-') {
                break;
            }
            key.push(next);
            self.at += next.len_utf8();
        }
        Ok(key.into())
    }

    /// Whether the word before ends here: at white space, the end, or a sign that closes or separates.
    fn is_over(&self) -> bool {
        self.first().is_none_or(|next| next.is_ascii_whitespace() || matches!(next, ',' | ')' | ']'))
    }

    fn foreign(&self, found: char) -> NotFql {
        let hint = match found {
            '&' => "write `and`",
            '|' => "write `or`",
            '“' | '”' | '‘' | '’' | '`' => "write plain quotes, ' or \"",
            '.' => "begin a path with the name of a field, without a dot before it; a number with a digit",
            '*' | '?' | '/' | '%' => "texts go in quotes; a pattern is written match(event, 'Order *')",
            ';' | '{' | '}' => "leave it out",
            _ => {
                "texts go in quotes; in a field's name anything but a-z, A-Z, 0-9, _ and - is written with a backslash before it"
            }
        };
        NotFql::new(self.at, format!("`{}` cannot stand here", found.escape_debug()), hint)
    }
}

fn begins_a_name(first: char) -> bool {
    first.is_ascii_alphabetic() || matches!(first, '_' | '\\')
}

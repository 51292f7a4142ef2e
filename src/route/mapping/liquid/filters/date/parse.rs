//! Reads a date as JavaScript's `Date.parse` does in V8: ISO 8601 first (`iso`), and what is left by the older rules, by
//! which `March 5, 2024 10:30 PM GMT-8` is a date too. A text without a zone is in UTC.

use super::composed::{Composed, milliseconds};
use super::iso::{Iso, iso};
use super::token::{Token, Tokens, Word};

/// Milliseconds since 1970; none if the text is no date.
pub(super) fn parse(text: &str) -> Option<f64> {
    let mut tokens = Tokens::new(text);
    let mut composed = Composed::default();
    match iso(&mut tokens, &mut composed) {
        Iso::Whole => {}
        Iso::Broken => return None,
        Iso::GoesOn(token) => rest(token, &mut tokens, &mut composed)?,
    }
    composed.millis()
}

/// The older rules, from a token on.
fn rest(first: Token, tokens: &mut Tokens<'_>, composed: &mut Composed) -> Option<()> {
    let mut has_number = !composed.day.is_empty();
    let mut token = first;
    loop {
        match token {
            Token::End => return Some(()),
            Token::Number(number, _) => {
                has_number = true;
                self::number(number, tokens, composed)?;
            }
            Token::Word(Word::Half(hours)) if !composed.time.is_empty() => composed.time.half = Some(hours),
            Token::Word(Word::Month(month)) => {
                composed.day.set_month(month);
                tokens.skip('-');
            }
            Token::Word(Word::Zone(hours)) if has_number => composed.offset.set_hours(hours),
            Token::Word(Word::Zulu) if has_number => composed.offset.set_hours(0),
            // Before the first number words say nothing, but must not touch it.
            Token::Word(_) => {
                if has_number || matches!(tokens.peek(), Token::Number(..)) {
                    return None;
                }
            }
            Token::Symbol(sign @ ('+' | '-')) if composed.offset.is_utc() || !composed.time.is_empty() => {
                has_number = true;
                signed(sign, tokens, composed)?;
            }
            Token::Symbol('+' | '-' | ')') if has_number => return None,
            Token::Symbol(_) | Token::Space | Token::Other => {}
        }
        token = tokens.take();
    }
}

/// A number, which belongs to the time, the zone or the day, as what is behind it says.
fn number(number: i64, tokens: &mut Tokens<'_>, composed: &mut Composed) -> Option<()> {
    let time = &mut composed.time;
    if tokens.skip(':') {
        if tokens.skip(':') {
            return (time.is_empty() && time.add(number) && time.add(0)).then_some(());
        }
        if !time.add(number) {
            return None;
        }
        tokens.skip('.');
    } else if tokens.skip('.') && time.expects(number) {
        time.add(number);
        let Token::Number(number, length) = tokens.take() else {
            return None;
        };
        time.add_last(milliseconds(number, length));
    } else if composed.offset.expects(number) {
        composed.offset.minute = Some(number);
    } else if time.expects(number) {
        time.add_last(number);
        let may_follow =
            matches!(tokens.peek(), Token::End | Token::Space | Token::Word(Word::Zulu) | Token::Symbol('+' | '-'));
        return may_follow.then_some(());
    } else {
        if !composed.day.add(number) {
            return None;
        }
        tokens.skip('-');
    }
    Some(())
}

/// A zone's offset behind its sign: `8`, `08`, `0800`, `08:00`, or nothing.
fn signed(sign: char, tokens: &mut Tokens<'_>, composed: &mut Composed) -> Option<()> {
    let offset = &mut composed.offset;
    offset.sign = Some(if sign == '+' { 1 } else { -1 });
    let (number, length) = match tokens.peek() {
        Token::Number(number, length) => {
            tokens.take();
            (number, length)
        }
        _ => (0, 0),
    };
    (offset.hour, offset.minute) = match length {
        _ if tokens.peek() == Token::Symbol(':') => (Some(number), None),
        1 | 2 => (Some(number), Some(0)),
        3 | 4 => (Some(number / 100), Some(number % 100)),
        _ => return None,
    };
    Some(())
}

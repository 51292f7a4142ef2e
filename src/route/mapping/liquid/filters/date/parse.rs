//! Reads a date as JavaScript's `Date.parse` does in V8: ISO 8601 first, and what is left by the older rules, by which
//! `March 5, 2024 10:30 PM GMT-8` is a date too. A text without a zone is in UTC.

use super::composed::Composed;
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

/// How far a text is ISO 8601.
enum Iso {
    Whole,
    /// Up to here; the token is passed but not used.
    GoesOn(Token),
    /// So far that it can be nothing else, and then not.
    Broken,
}

fn iso(tokens: &mut Tokens<'_>, composed: &mut Composed) -> Iso {
    if let sign @ Token::Symbol('-' | '+') = tokens.peek() {
        tokens.take();
        match tokens.digits(6) {
            Some(year) if sign == Token::Symbol('+') => composed.day.add(year),
            Some(year) if year > 0 => composed.day.add(-year),
            _ => return Iso::GoesOn(sign),
        };
    } else if let Some(year) = tokens.digits(4) {
        composed.day.add(year);
    } else {
        return Iso::GoesOn(tokens.take());
    }
    for last in [12, 31] {
        if !tokens.skip('-') {
            break;
        }
        match tokens.peek() {
            Token::Number(number @ 1.., 2) if number <= last => {
                tokens.take();
                composed.day.add(number)
            }
            _ => return Iso::GoesOn(tokens.take()),
        };
    }
    match tokens.peek() {
        Token::End => {}
        Token::Word(Word::Time) => {
            tokens.take();
            if iso_time(tokens, composed).is_none() || tokens.peek() != Token::End {
                return Iso::Broken;
            }
        }
        _ => return Iso::GoesOn(tokens.take()),
    }
    composed.day.is_iso = true;
    Iso::Whole
}

fn iso_time(tokens: &mut Tokens<'_>, composed: &mut Composed) -> Option<()> {
    let hour = tokens.digits(2).filter(|hour| *hour <= 24)?;
    // Behind hour 24 there are only zeros.
    let within = |number: &i64, end: i64| *number < if hour == 24 { 1 } else { end };
    composed.time.add(hour);
    if !tokens.skip(':') {
        return None;
    }
    composed.time.add(tokens.digits(2).filter(|minute| within(minute, 60))?);
    if tokens.skip(':') {
        composed.time.add(tokens.digits(2).filter(|second| within(second, 60))?);
        if tokens.skip('.') {
            match tokens.take() {
                Token::Number(number, length) if hour < 24 || number == 0 => {
                    composed.time.add(milliseconds(number, length));
                }
                _ => return None,
            }
        }
    }
    let offset = &mut composed.offset;
    match tokens.peek() {
        Token::Word(Word::Zulu) => {
            tokens.take();
            offset.set_hours(0);
        }
        Token::Symbol(sign @ ('+' | '-')) => {
            tokens.take();
            offset.sign = Some(if sign == '+' { 1 } else { -1 });
            let (hour, minute) = match tokens.digits(4) {
                Some(both) => (both / 100, both % 100),
                None => {
                    let hour = tokens.digits(2)?;
                    if !tokens.skip(':') {
                        return None;
                    }
                    (hour, tokens.digits(2)?)
                }
            };
            if hour > 23 || minute > 59 {
                return None;
            }
            (offset.hour, offset.minute) = (Some(hour), Some(minute));
        }
        _ => {}
    }
    Some(())
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
        let may_follow = matches!(
            tokens.peek(),
            Token::End | Token::Space | Token::Word(Word::Zulu) | Token::Symbol('+' | '-')
        );
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

/// The first three of the digits behind a point.
fn milliseconds(number: i64, length: usize) -> i64 {
    match length {
        1 => number * 100,
        2 => number * 10,
        _ => (3..length.min(9)).fold(number, |number, _| number / 10),
    }
}

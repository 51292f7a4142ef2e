//! Dates of ISO 8601 as ECMA-262 has them: `2024-03-05T09:41:07.123Z`, with what V8 also takes.
//! What is no such date goes back to `parse`.

use super::composed::{Composed, milliseconds};
use super::token::{Token, Tokens, Word};

/// How far a text is ISO 8601.
pub(super) enum Iso {
    Whole,
    /// Up to here; the token is passed but not used.
    GoesOn(Token),
    /// So far that it can be nothing else, and then not.
    Broken,
}

/// Reads as far as it is ISO 8601.
pub(super) fn iso(tokens: &mut Tokens<'_>, composed: &mut Composed) -> Iso {
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

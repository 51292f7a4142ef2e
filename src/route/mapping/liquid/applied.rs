//! Reads what stands behind a bar: `| filter: argument, name: argument`.
//! Arguments are `expression`'s, what filters do `filters`', which cannot be used `refused`'s.

use super::cursor::Cursor;
use super::expression::operand;
use super::failure::LiquidError;
use super::filters;
use super::node::{Applied, Argument, Effect, Operand};
use super::refused;

/// The next filter of a value; none where its filters end.
pub(super) fn filter(cursor: &mut Cursor<'_>) -> Result<Option<Applied>, LiquidError> {
    cursor.skip_blank();
    if cursor.is_at_end() || cursor.is_at(')') || cursor.is_at(',') {
        return Ok(None);
    }
    let begin = cursor.at;
    if !cursor.take('|') {
        let hint = "filters follow a value behind `|`, texts stand in quotes";
        return Err(LiquidError::new(begin, "this does not go on as a value", hint));
    }
    let name = cursor.name().to_owned();
    let at = cursor.at - name.len();
    if name.is_empty() {
        if cursor.is_at_end() {
            return Ok(None);
        }
        return Err(LiquidError::new(at, "a filter is missing behind `|`", "write for example `| upcase`"));
    }
    let arguments = arguments(cursor)?;
    let effect = match refused::filter(&name, arguments.len()) {
        Some(refusal) => Effect::Fail(refusal),
        None => filters::find(&name).map_or(Effect::Nothing, Effect::Apply),
    };
    Ok(Some(Applied { at, name, effect, arguments }))
}

fn arguments(cursor: &mut Cursor<'_>) -> Result<Vec<Argument>, LiquidError> {
    let mut arguments = Vec::new();
    cursor.skip_blank();
    let ends = |cursor: &Cursor<'_>| cursor.is_at_end() || [',', '|', ')'].iter().any(|&end| cursor.is_at(end));
    if !cursor.take(':') {
        if ends(cursor) {
            return Ok(arguments);
        }
        return Err(LiquidError::new(
            cursor.at,
            "`:` is expected between a filter and its arguments",
            "write for example `| default: \"none\"`",
        ));
    }
    loop {
        cursor.skip_blank();
        let begin = cursor.at;
        if let Some(first) = operand(cursor)? {
            let written = cursor.text[begin..cursor.at].to_owned();
            cursor.skip_blank();
            let named = cursor.take(':');
            let value = if named { operand(cursor)?.unwrap_or(Operand::Undefined) } else { first };
            arguments.push(Argument { name: named.then_some(written), value });
        }
        cursor.skip_blank();
        if !ends(cursor) {
            let hint = "separate arguments by commas, filters by `|`; texts stand in quotes";
            return Err(LiquidError::new(cursor.at, "this does not go on as an argument", hint));
        }
        if !cursor.take(',') {
            return Ok(arguments);
        }
    }
}

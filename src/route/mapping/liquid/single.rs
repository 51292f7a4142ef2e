//! Reads what single tags take behind their names.
//! What stands between a tag and its end is `parse`'s.

use super::convert::is_space;
use super::cursor::Cursor;
use super::expression::{filtered, operand};
use super::failure::LiquidError;
use super::node::{Cycle, NodeKind};
use super::quoted;

/// `assign`: a name, `=` and a value.
pub(super) fn assign(at: usize, cursor: &mut Cursor<'_>) -> Result<NodeKind, LiquidError> {
    let name = cursor.name().to_owned();
    cursor.skip_blank();
    if name.is_empty() || !cursor.take('=') {
        let hint = "write for example `{% assign total = properties.total %}`; the name is a single word";
        return Err(LiquidError::new(at, "`assign` wants a name, `=` and a value", hint));
    }
    Ok(NodeKind::Assign(name, filtered(cursor)?))
}

/// The name of `capture`, quoted or not.
pub(super) fn captured(at: usize, cursor: &mut Cursor<'_>) -> Result<String, LiquidError> {
    let name = cursor.name();
    if !name.is_empty() {
        return Ok(name.to_owned());
    }
    let hint = "write for example `{% capture greeting %}`";
    cursor.skip_quoted().map(quoted::read).ok_or_else(|| LiquidError::new(at, "`capture` wants a name", hint))
}

/// `cycle`: values, perhaps behind a group and a colon.
pub(super) fn cycle(at: usize, cursor: &mut Cursor<'_>) -> Result<NodeKind, LiquidError> {
    let begin = cursor.at;
    let mut group = operand(cursor)?;
    cursor.skip_blank();
    if !cursor.take(':') {
        group = None;
        cursor.at = begin;
    }
    let mut values = Vec::new();
    let mut written = Vec::new();
    while !cursor.is_at_end() {
        let begin = cursor.at;
        values.push(filtered(cursor)?);
        written.push(&cursor.text[begin..cursor.at]);
        cursor.skip_behind(',');
    }
    if values.is_empty() {
        let hint = "write for example `{% cycle \"odd\", \"even\" %}`";
        return Err(LiquidError::new(at, "`cycle` wants values", hint));
    }
    Ok(NodeKind::Cycle(Cycle { group, values, written: written.join(",") }))
}

/// Every line of an inline comment begins with its sign.
pub(super) fn inline_comment(at: usize, cursor: &Cursor<'_>) -> Result<(), LiquidError> {
    let mut lines = cursor.rest().split('\n').skip(1).map(|line| line.trim_start_matches(is_space));
    if lines.all(|line| line.is_empty() || line.starts_with('#')) {
        return Ok(());
    }
    Err(LiquidError::new(at, "a line of this comment does not begin with `#`", "begin each line of it with `#`"))
}

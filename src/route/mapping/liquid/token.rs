//! Cuts a template into pieces: plain text, outputs `{{ … }}` and tags `{% … %}`, with the white space that `-` takes
//! away. What a piece says is `parse`'s.

use super::cursor::{Behind, Cursor, is_blank};
use super::failure::LiquidError;

/// A piece of a template.
#[derive(Clone, Debug)]
pub(super) struct Token<'t> {
    /// Byte offset of its first character.
    pub(super) at: usize,
    /// All of it, as written.
    pub(super) raw: &'t str,
    pub(super) piece: Piece<'t>,
}

/// What a piece is.
#[derive(Clone, Debug)]
pub(super) enum Piece<'t> {
    /// Printed as it is.
    Plain(&'t str),
    /// Between double braces; the cursor stands before the value.
    Output(Cursor<'t>),
    /// Its name, and a cursor behind it.
    Tag(&'t str, Cursor<'t>),
}

/// What a delimited piece takes away of the text beside it.
struct Trim {
    before: bool,
    behind: bool,
}

const TAG: (&str, &str) = ("{%", "%}");
const OUTPUT: (&str, &str) = ("{{", "}}");

/// Cuts a whole template.
pub(super) fn tokens(text: &str) -> Result<Vec<Token<'_>>, LiquidError> {
    let mut tokens: Vec<Token<'_>> = Vec::new();
    let mut cursor = Cursor::new(text, 0, text.len());
    let (mut raw, mut trims) = (None, false);
    while !cursor.is_at_end() {
        let begin = cursor.at;
        if let Some(raw_at) = raw {
            let end = end_of_raw(&mut cursor)
                .ok_or_else(|| LiquidError::new(raw_at, "`raw` is not closed", "write `{% endraw %}` behind it"))?;
            if end > begin {
                tokens.push(plain(text, begin, end));
            }
            let (token, trim) = delimited(text, (end, cursor.at), true)?;
            tokens.push(token);
            (raw, trims) = (None, trim.behind);
            continue;
        }
        if !cursor.rest().starts_with(TAG.0) && !cursor.rest().starts_with(OUTPUT.0) {
            let rest = cursor.rest();
            let length = [TAG.0, OUTPUT.0].iter().filter_map(|mark| rest.find(mark)).min().unwrap_or(rest.len());
            cursor.at += length;
            let mut token = plain(text, begin, cursor.at);
            if let (true, Piece::Plain(plain)) = (trims, &mut token.piece) {
                *plain = plain.trim_start_matches(is_blank);
            }
            trims = false;
            tokens.push(token);
            continue;
        }
        let is_tag = cursor.rest().starts_with(TAG.0);
        end_of_piece(&mut cursor, is_tag)?;
        let (token, trim) = delimited(text, (begin, cursor.at), is_tag)?;
        if let (true, Some(Token { piece: Piece::Plain(plain), .. })) = (trim.before, tokens.last_mut()) {
            *plain = plain.trim_end_matches(is_blank);
        }
        let opens_raw = matches!(token.piece, Piece::Tag("raw", _));
        raw = opens_raw.then_some(begin);
        trims = trim.behind && !opens_raw;
        tokens.push(token);
    }
    Ok(tokens)
}

/// The lines of a `liquid` tag, each a tag of its own.
pub(super) fn lines<'t>(part: &Cursor<'t>) -> Result<Vec<Token<'t>>, LiquidError> {
    let mut cursor = part.clone();
    let mut tokens = Vec::new();
    loop {
        cursor.skip_blank();
        if cursor.is_at_end() {
            return Ok(tokens);
        }
        let begin = cursor.at;
        cursor.skip_behind('\n');
        let (inner, _) = inside(cursor.text, begin, cursor.at);
        tokens.push(tag(cursor.text, (begin, cursor.at), inner)?);
    }
}

fn plain(text: &str, begin: usize, end: usize) -> Token<'_> {
    let raw = &text[begin..end];
    Token { at: begin, raw, piece: Piece::Plain(raw) }
}

fn delimited(text: &str, (begin, end): (usize, usize), is_tag: bool) -> Result<(Token<'_>, Trim), LiquidError> {
    let (inner, trim) = inside(text, begin + 2, end.saturating_sub(2));
    if is_tag {
        return Ok((tag(text, (begin, end), inner)?, trim));
    }
    Ok((Token { at: begin, raw: &text[begin..end], piece: Piece::Output(inner) }, trim))
}

fn tag<'t>(text: &'t str, (begin, end): (usize, usize), inner: Cursor<'t>) -> Result<Token<'t>, LiquidError> {
    let mut cursor = inner;
    cursor.skip_blank();
    let name = if cursor.take('#') { "#" } else { cursor.name() };
    if name.is_empty() {
        return Err(LiquidError::new(begin, "a tag has no name", "write for example `{% if userId %}`"));
    }
    cursor.skip_blank();
    Ok(Token { at: begin, raw: &text[begin..end], piece: Piece::Tag(name, cursor) })
}

/// What stands between the delimiters, without minus signs and white space at both ends.
fn inside(text: &str, begin: usize, end: usize) -> (Cursor<'_>, Trim) {
    let between = text.get(begin..end).unwrap_or_default();
    let before = text.get(begin..).is_some_and(|text| text.starts_with('-'));
    let behind = text.get(..end).is_some_and(|text| text.ends_with('-'));
    let inner = if before { between.strip_prefix('-').unwrap_or_default() } else { between };
    let inner = if behind { inner.strip_suffix('-').unwrap_or_default() } else { inner };
    let shift = usize::from(before && !between.is_empty());
    let start = begin + shift + (inner.len() - inner.trim_start_matches(is_blank).len());
    let inner = inner.trim_matches(is_blank);
    (Cursor::new(text, start, start + inner.len()), Trim { before, behind })
}

/// Goes behind the piece that begins here. Quotes hide the end of an output, not of a tag.
fn end_of_piece(cursor: &mut Cursor<'_>, is_tag: bool) -> Result<(), LiquidError> {
    let begin = cursor.at;
    let (name, close) = if is_tag { ("tag", TAG.1) } else { ("output", OUTPUT.1) };
    loop {
        if !is_tag && cursor.skip_quoted().is_some() {
            continue;
        }
        if cursor.advance().is_none() {
            let hint = format!("write `{close}` behind it");
            return Err(LiquidError::new(begin, format!("this {name} is not closed"), hint));
        }
        if cursor.at > begin + 1 && cursor.text[..cursor.at].ends_with(close) {
            return Ok(());
        }
    }
}

/// Goes behind the next `endraw` tag and says where it begins.
fn end_of_raw(cursor: &mut Cursor<'_>) -> Option<usize> {
    loop {
        let begin = cursor.at + cursor.rest().find(TAG.0)?;
        cursor.at = begin + TAG.0.len();
        cursor.skip_blank();
        if !cursor.take_word("endraw", Behind::NoName) {
            continue;
        }
        let open = cursor.rest().find(TAG.0);
        let close = cursor.rest().find(TAG.1)?;
        if open.is_none_or(|open| close < open) {
            cursor.at += close + TAG.1.len();
            return Some(begin);
        }
    }
}

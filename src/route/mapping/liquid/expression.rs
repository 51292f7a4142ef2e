//! Reads expressions such as `a.b[0] == "c" and d`. Operators of one rank work from right to left.
//! Filters behind them are `applied`'s, carrying them out `evaluate`'s.

use super::applied::filter;
use super::compare::Order;
use super::cursor::{Behind, Cursor};
use super::failure::LiquidError;
use super::node::{Effect, Expression, Filtered, Operand, Operator, Path, Term};
use super::refused;
use super::value::Keyword;

/// Longer ones before those they begin with.
const OPERATORS: [(&str, Operator, Behind); 10] = [
    ("==", Operator::Equal, Behind::Anything),
    ("!=", Operator::Unequal, Behind::Anything),
    (">=", Operator::InOrder(Order::GreaterOrEqual), Behind::Anything),
    ("<=", Operator::InOrder(Order::LessOrEqual), Behind::Anything),
    (">", Operator::InOrder(Order::Greater), Behind::Anything),
    ("<", Operator::InOrder(Order::Less), Behind::Anything),
    ("contains", Operator::Contains, Behind::NoName),
    ("not", Operator::Not, Behind::NoName),
    ("and", Operator::And, Behind::NoName),
    ("or", Operator::Or, Behind::NoName),
];

/// A value with its filters, as far as it goes: what stands behind a comma or a bracket is the caller's.
pub(super) fn filtered(cursor: &mut Cursor<'_>) -> Result<Filtered, LiquidError> {
    let begin = cursor.at;
    let value = expression(cursor)?;
    if value.postfix.is_empty() {
        return Err(LiquidError::new(
            begin,
            "a value is missing",
            "write a variable such as `properties.total`, a number or a quoted text",
        ));
    }
    let mut filters = Vec::new();
    while let Some(filter) = filter(cursor)? {
        filters.push(filter);
    }
    if let ([Term::Operand(Operand::Text(word))], Some(first)) = (&*value.postfix, filters.first_mut())
        && let Some(refusal) = refused::clock(word, &first.name)
    {
        first.effect = Effect::Fail(refusal);
    }
    Ok(Filtered { value, filters })
}

/// A single value; none if something else stands here.
pub(super) fn operand(cursor: &mut Cursor<'_>) -> Result<Option<Operand>, LiquidError> {
    cursor.enter()?;
    cursor.skip_blank();
    let base = match literal(cursor) {
        Some(literal) => Some(literal),
        None if cursor.is_at('(') => Some(range(cursor)?),
        None => None,
    };
    let keys = keys(cursor, base.is_none())?;
    cursor.leave();
    Ok(if keys.is_empty() { base } else { Some(Operand::Path(Path { base: base.map(Box::new), keys })) })
}

/// A path alone, as the property of the filter `where`; none if it has no keys.
pub(super) fn path(text: &str) -> Result<Option<Operand>, LiquidError> {
    let mut cursor = Cursor::new(text, 0, text.len());
    cursor.skip_blank();
    let keys = keys(&mut cursor, true)?;
    Ok((!keys.is_empty()).then_some(Operand::Path(Path { base: None, keys })))
}

fn expression(cursor: &mut Cursor<'_>) -> Result<Expression, LiquidError> {
    let mut postfix = Vec::new();
    let mut waiting: Vec<Operator> = Vec::new();
    loop {
        if let Some(operator) = operator(cursor) {
            while let Some(stronger) = waiting.pop_if(|before| before.rank() > operator.rank()) {
                postfix.push(Term::Operator(stronger));
            }
            waiting.push(operator);
        } else if let Some(operand) = operand(cursor)? {
            postfix.push(Term::Operand(operand));
        } else {
            break;
        }
    }
    postfix.extend(waiting.into_iter().rev().map(Term::Operator));
    Ok(Expression { postfix })
}

impl Operator {
    fn rank(self) -> u8 {
        match self {
            Self::Equal | Self::Unequal | Self::InOrder(_) | Self::Contains => 2,
            Self::Not => 1,
            Self::And | Self::Or => 0,
        }
    }
}

fn operator(cursor: &mut Cursor<'_>) -> Option<Operator> {
    cursor.skip_blank();
    OPERATORS.iter().find(|(word, _, behind)| cursor.take_word(word, *behind)).map(|(_, operator, _)| *operator)
}

fn literal(cursor: &mut Cursor<'_>) -> Option<Operand> {
    let words = [
        ("true", Operand::Bool(true)),
        ("false", Operand::Bool(false)),
        ("nil", Operand::Keyword(Keyword::Nil)),
        ("null", Operand::Keyword(Keyword::Nil)),
        ("empty", Operand::Keyword(Keyword::Empty)),
        ("blank", Operand::Keyword(Keyword::Blank)),
    ];
    if let Some((_, word)) = words.into_iter().find(|(word, _)| cursor.take_word(word, Behind::NoName)) {
        return Some(word);
    }
    cursor.quoted().map(Operand::Text).or_else(|| cursor.number().map(Operand::Number))
}

fn range(cursor: &mut Cursor<'_>) -> Result<Operand, LiquidError> {
    let begin = cursor.at;
    let refuse = || {
        LiquidError::new(
            begin,
            "brackets in an expression are not understood, but for ranges such as `(1..5)`",
            "`and` and `or` work from right to left without brackets; nest two `{% if %}` where that is not enough",
        )
    };
    cursor.take('(');
    let low = operand(cursor)?.ok_or_else(refuse)?;
    cursor.skip_blank();
    if !cursor.take_word("..", Behind::Anything) {
        return Err(refuse());
    }
    let high = operand(cursor)?.ok_or_else(refuse)?;
    cursor.skip_blank();
    if !cursor.take(')') {
        return Err(refuse());
    }
    Ok(Operand::Range(Box::new((low, high))))
}

/// The keys of a path; the first may be a bare name where a value begins.
fn keys(cursor: &mut Cursor<'_>, begins: bool) -> Result<Vec<Operand>, LiquidError> {
    let mut keys = Vec::new();
    loop {
        let begin = cursor.at;
        if cursor.take('[') {
            let key = operand(cursor)?.unwrap_or_else(|| Operand::Text(String::new()));
            if !cursor.skip_behind(']') {
                return Err(LiquidError::new(begin, "`[` is not closed", "write `]` behind the key or index"));
            }
            keys.push(key);
            continue;
        }
        if begins && keys.is_empty() {
            let name = cursor.name();
            if !name.is_empty() {
                keys.push(Operand::Text(name.to_owned()));
                continue;
            }
        }
        if !dot(cursor) {
            return Ok(keys);
        }
        match cursor.name() {
            "" => return Ok(keys),
            name => keys.push(Operand::Text(name.to_owned())),
        }
    }
}

/// Takes a dot that does not begin `..`.
fn dot(cursor: &mut Cursor<'_>) -> bool {
    !cursor.rest().starts_with("..") && cursor.take('.')
}

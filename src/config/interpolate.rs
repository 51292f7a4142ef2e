//! Puts environment variables into a text of the file: `${NAME}`, `${NAME:-default}`, and `$$` for
//! a dollar sign. Works on single values after YAML was read, so a variable can never change
//! the structure of the file. Errors name variables, never their values.

/// What a `$` is that begins no variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dollar {
    /// Most likely a mistake, such as a password that was not escaped.
    Refused,
    /// A dollar sign: paths in Segment's languages begin with one, as in `$.userId`.
    Kept,
}

/// A text after interpolation.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Interpolated {
    pub(super) text: String,
    /// Whether a variable was asked for; then `text` must not be shown.
    pub(super) has_variables: bool,
    pub(super) pieces: Pieces,
}

/// Where the parts of a text come from.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Pieces(Vec<Piece>);

/// A part of the text, up to the next.
#[derive(Debug, PartialEq, Eq)]
struct Piece {
    /// Where it begins in the result.
    made: usize,
    /// Where it begins in what was written.
    written: usize,
    is_variable: bool,
}

impl Pieces {
    /// Where in the written text stands what is at this byte of the result; of a variable's value, where the variable does.
    pub(super) fn origin(&self, at: usize) -> usize {
        let piece = self.0.iter().rev().find(|piece| piece.made <= at);
        piece.map_or(at, |piece| piece.written + if piece.is_variable { 0 } else { at - piece.made })
    }
}

impl Interpolated {
    fn begin(&mut self, written: usize, is_variable: bool) {
        self.pieces.0.push(Piece { made: self.text.len(), written, is_variable });
    }
}

/// Why a text cannot be interpolated.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum InterpolationError {
    #[error("the environment variable `{0}` is not set")]
    Unset(String),
    #[error("`${{` has no closing `}}`")]
    Open,
    #[error("`${{…}}` holds no valid variable name")]
    Name,
    #[error("a variable inside a default is not supported")]
    Nested,
    #[error("a single `$` has no meaning")]
    Lone,
}

impl InterpolationError {
    /// What to write instead.
    pub(super) fn hint(&self) -> String {
        match self {
            Self::Unset(name) => format!("set it, or give a default: ${{{name}:-…}}"),
            _ => "write ${NAME} or ${NAME:-default} for a variable, $$ for a dollar sign".into(),
        }
    }
}

/// Replaces every variable; `environment` answers a name with its value.
///
/// As in a shell, a default also stands in for a variable that is set but empty.
pub(super) fn interpolate(
    text: &str,
    dollar: Dollar,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Interpolated, InterpolationError> {
    let made = String::with_capacity(text.len());
    let mut result = Interpolated { text: made, has_variables: false, pieces: Pieces::default() };
    let mut rest = text;
    loop {
        let begin = text.len() - rest.len();
        result.begin(begin, false);
        let Some((before, after)) = rest.split_once('$') else {
            result.text.push_str(rest);
            return Ok(result);
        };
        result.text.push_str(before);
        if let Some(inner) = after.strip_prefix('{') {
            let (expression, tail) = inner.split_once('}').ok_or(InterpolationError::Open)?;
            result.begin(begin + before.len(), true);
            result.text.push_str(&variable(expression, environment)?);
            result.has_variables = true;
            rest = tail;
            continue;
        }
        result.text.push('$');
        rest = match after.strip_prefix('$') {
            Some(tail) => tail,
            None if dollar == Dollar::Kept => after,
            None => return Err(InterpolationError::Lone),
        };
    }
}

fn variable(expression: &str, environment: &dyn Fn(&str) -> Option<String>) -> Result<String, InterpolationError> {
    let (name, default) = match expression.split_once(":-") {
        Some((name, default)) => (name, Some(default)),
        None => (expression, None),
    };
    let begins_well = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    if !begins_well || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
        return Err(InterpolationError::Name);
    }
    match (environment(name), default) {
        (_, Some(default)) if default.contains("${") => Err(InterpolationError::Nested),
        (Some(value), None) => Ok(value),
        (Some(value), Some(_)) if !value.is_empty() => Ok(value),
        (_, Some(default)) => Ok(default.to_owned()),
        (None, None) => Err(InterpolationError::Unset(name.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(name: &str) -> Option<String> {
        match name {
            "HOST" => Some("a.example".into()),
            "EMPTY" => Some(String::new()),
            "TRICKY" => Some("${HOST}\n- $".into()),
            _ => None,
        }
    }

    #[test]
    fn variables_defaults_and_dollars_are_replaced() {
        for (text, expected, has_variables) in [
            ("plain", "plain", false),
            ("", "", false),
            ("https://${HOST}/x", "https://a.example/x", true),
            ("${HOST}${HOST}", "a.examplea.example", true),
            ("${NONE:-b}", "b", true),
            ("${NONE:-}", "", true),
            ("${NONE:-a:-b}", "a:-b", true),
            ("${EMPTY:-b}", "b", true),
            ("${EMPTY}", "", true),
            ("$$", "$", false),
            ("$${HOST}", "${HOST}", false),
            ("a$$$$b", "a$$b", false),
            ("${TRICKY}", "${HOST}\n- $", true),
        ] {
            let made = interpolate(text, Dollar::Refused, &environment).unwrap();
            assert_eq!((&*made.text, made.has_variables), (expected, has_variables), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_replaced_is_named() {
        for (text, error) in [
            ("${NONE}", InterpolationError::Unset("NONE".into())),
            ("${HOST", InterpolationError::Open),
            ("${}", InterpolationError::Name),
            ("${1A}", InterpolationError::Name),
            ("${A B}", InterpolationError::Name),
            ("${NONE:-${HOST}}", InterpolationError::Nested),
            ("pa$word", InterpolationError::Lone),
            ("end$", InterpolationError::Lone),
        ] {
            assert_eq!(interpolate(text, Dollar::Refused, &environment), Err(error), "{text}");
        }
    }

    #[test]
    fn a_lone_dollar_stands_where_it_is_kept() {
        for (text, expected) in [
            ("$.userId", "$.userId"),
            ("a$", "a$"),
            ("$$.x", "$.x"),
            ("$$$.x", "$$.x"),
            ("$${HOST}", "${HOST}"),
            ("$$${HOST}", "$a.example"),
        ] {
            assert_eq!(interpolate(text, Dollar::Kept, &environment).unwrap().text, expected, "{text}");
        }
        assert_eq!(interpolate("${HOST", Dollar::Kept, &environment), Err(InterpolationError::Open));
    }

    #[test]
    fn each_place_of_the_result_has_one_in_what_was_written() {
        let made = interpolate("a$$b${HOST}c$d", Dollar::Kept, &environment).unwrap();
        assert_eq!(made.text, "a$ba.examplec$d");
        let origins: Vec<usize> = [0, 1, 2, 3, 8, 12, 13, 14, 15].map(|at| made.pieces.origin(at)).into();
        assert_eq!(origins, [0, 1, 3, 4, 4, 11, 12, 13, 14]);
    }
}

//! Puts environment variables into a text of the file: `${NAME}`, `${NAME:-default}`, and `$$` for
//! a dollar sign. Works on single values after YAML was read, so a variable can never change
//! the structure of the file. Errors name variables, never their values.

/// A text after interpolation.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Interpolated {
    pub(super) text: String,
    /// Whether a variable was asked for; then `text` must not be shown.
    pub(super) has_variables: bool,
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
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Interpolated, InterpolationError> {
    let mut result = Interpolated { text: String::with_capacity(text.len()), has_variables: false };
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        result.text.push_str(before);
        if let Some(tail) = after.strip_prefix('$') {
            result.text.push('$');
            rest = tail;
        } else if let Some(inner) = after.strip_prefix('{') {
            let (expression, tail) = inner.split_once('}').ok_or(InterpolationError::Open)?;
            result.text.push_str(&variable(expression, environment)?);
            result.has_variables = true;
            rest = tail;
        } else {
            return Err(InterpolationError::Lone);
        }
    }
    result.text.push_str(rest);
    Ok(result)
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
            let expected = Interpolated { text: expected.into(), has_variables };
            assert_eq!(interpolate(text, &environment), Ok(expected), "{text}");
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
            assert_eq!(interpolate(text, &environment), Err(error), "{text}");
        }
    }
}

//! Why a trigger does not match, for people: the first condition that fails and what the event has instead.
//! Only `explain` shows it; what an event has never goes into logs or errors.

use std::fmt;

use super::facts::Fact;
use crate::event::json::{Tree, javascript_number};

/// Characters of a text that are shown.
const SHOWN: usize = 80;

/// The first condition that does not hold.
#[derive(Clone, Debug, PartialEq)]
pub struct WhyNot<'a> {
    /// As it stands in the trigger.
    pub condition: &'a str,
    /// What stands around it if any of several conditions would have done; none of them holds.
    pub alternatives: Option<&'a str>,
    /// What the event has.
    pub found: &'a Fact<'a>,
}

impl fmt::Display for WhyNot<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { condition, alternatives, found } = self;
        match alternatives {
            Some(all) if all != condition => {
                write!(f, "nothing of `{all}` holds; where `{condition}` looks the event has {found}")
            }
            _ => write!(f, "`{condition}` does not hold; the event has {found} there"),
        }
    }
}

impl fmt::Display for Fact<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("nothing"),
            Self::Null => f.write_str("null"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Number(value) => f.write_str(&javascript_number(*value)),
            Self::Text(text) => {
                let shown: String = text.chars().take(SHOWN).collect();
                let rest = if shown.len() < text.len() { "…" } else { "" };
                write!(f, "{}{rest}", Tree::from(shown.as_str()).text())
            }
            Self::List { elements } => write!(f, "a list of {elements}"),
            Self::Object => f.write_str("an object"),
        }
    }
}

//! What holds for a user and a key, small enough to keep for millions: the value of a computed trait is kept as a hash.
//! As text it stands in a header of `membership`; since when it holds is a version.

use sha2::{Digest, Sha256};

use super::{Kind, Value};
use crate::event::json::{BigIntegers, javascript_text};

/// What stands for a trait that there is not.
const NONE: &str = "none";

/// What holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// Whether the user is a member.
    Member(bool),
    /// A hash of a trait's value.
    Trait(u64),
    /// A trait that is `null`.
    NoTrait,
}

impl State {
    /// The state of a value; that of a trait does not depend on how its JSON was written.
    pub fn of(value: &Value<'_>) -> Self {
        match value {
            Value::Member(member) => Self::Member(*member),
            Value::Trait(raw) => match javascript_text(raw.as_bytes(), BigIntegers::Exact) {
                Ok(text) if *text == *b"null" => Self::NoTrait,
                // What is no JSON cannot have come from `record`; its bytes are as good.
                text => Self::Trait(hash(&text.unwrap_or(raw.as_bytes().into()))),
            },
        }
    }

    /// The state of a user of whom nothing was ever said.
    pub fn unknown(kind: Kind) -> Self {
        match kind {
            Kind::Audience => Self::Member(false),
            Kind::Trait => Self::NoTrait,
        }
    }

    /// Whether it is as if nothing had ever been said.
    pub fn is_nothing(self) -> bool {
        matches!(self, Self::Member(false) | Self::NoTrait)
    }

    /// The text in a header.
    pub(super) fn text(self) -> String {
        match self {
            Self::Member(member) => member.to_string(),
            Self::Trait(hash) => format!("{hash:016x}"),
            Self::NoTrait => NONE.to_owned(),
        }
    }

    /// Reads the text in a header; `None` for anything else.
    pub(super) fn parse(text: &str, kind: Kind) -> Option<Self> {
        match (kind, text) {
            (Kind::Audience, "true") => Some(Self::Member(true)),
            (Kind::Audience, "false") => Some(Self::Member(false)),
            (Kind::Trait, NONE) => Some(Self::NoTrait),
            (Kind::Trait, digits) if digits.len() == 16 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
                u64::from_str_radix(digits, 16).ok().map(Self::Trait)
            }
            _ => None,
        }
    }
}

fn hash(bytes: &[u8]) -> u64 {
    let digest: [u8; 32] = Sha256::digest(bytes).into();
    let (first, _) = digest.split_first_chunk::<8>().expect("32 bytes begin with 8");
    u64::from_be_bytes(*first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_state_of_a_trait_does_not_depend_on_how_its_json_was_written() {
        let of = |raw| State::of(&Value::Trait(raw));
        assert_eq!(of("null"), State::NoTrait);
        assert_eq!(of("1.50"), of(" 1.5 "));
        assert_eq!(of(r#"{ "a": "\u00e9" }"#), of(r#"{"a":"é"}"#));
        assert_ne!(of("1"), of(r#""1""#));
        assert_ne!(of("9007199254740993"), of("9007199254740992"));
        assert_eq!(State::of(&Value::Member(true)), State::Member(true));
    }

    #[test]
    fn whoever_was_never_seen_is_no_member_and_has_no_trait() {
        for kind in [Kind::Audience, Kind::Trait] {
            assert!(State::unknown(kind).is_nothing());
        }
        assert!(!State::Member(true).is_nothing() && !State::Trait(0).is_nothing());
    }
}

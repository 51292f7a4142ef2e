//! Which audiences a destination wants to hear of, and in which form. Plain values, made by `config`; the calls
//! themselves are made by `audience`.

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::audience::{Kind, call};
use crate::event::Call;

/// The audiences and computed traits a destination wants to hear of.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum Audiences {
    /// Every one.
    #[default]
    All,
    /// None at all.
    None,
    /// Those with these keys.
    Keys(BTreeSet<Box<str>>),
}

/// The call by which a destination hears of an audience.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum AudienceCalls {
    /// `identify`: the key is a trait.
    #[default]
    Identify,
    /// `track`: an event for each change.
    Track,
}

impl Audiences {
    /// Whether the audience or trait of this key is one of them.
    pub fn has(&self, key: &str) -> bool {
        match self {
            Self::All => true,
            Self::None => false,
            Self::Keys(keys) => keys.contains(key),
        }
    }
}

impl AudienceCalls {
    /// The call.
    pub fn call(self) -> Call {
        match self {
            Self::Identify => Call::Identify,
            Self::Track => Call::Track,
        }
    }

    /// An identify call about a key, in this form.
    pub fn form<'a>(self, identify: &'a str, key: &str, kind: Kind) -> Cow<'a, str> {
        match self {
            Self::Identify => Cow::Borrowed(identify),
            Self::Track => Cow::Owned(call::as_track(identify, key, kind)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_keys_has_those_and_no_other() {
        let keys = Audiences::Keys(["a".into(), "a_b".into()].into());
        assert!(keys.has("a") && keys.has("a_b"));
        assert!(!keys.has("A") && !keys.has("a_") && !keys.has(""));
        assert!(Audiences::All.has("x") && !Audiences::None.has("x"));
    }

    #[test]
    fn an_identify_call_is_given_as_it_is_and_a_track_call_is_made() {
        let identify = r#"{"type":"identify","traits":{"a":true}}"#;
        assert!(matches!(AudienceCalls::Identify.form(identify, "a", Kind::Audience), Cow::Borrowed(_)));
        let track = AudienceCalls::Track.form(identify, "a", Kind::Audience);
        assert!(track.starts_with(r#"{"type":"track","event":"Audience Entered""#), "{track}");
    }
}

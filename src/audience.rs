//! Engage audiences and computed traits: what a record of the audiences topic means, and how it is written down.
//! `record` reads the forms people send, `call` gives the calls Segment would send, `membership` is the text of the
//! memberships topic, both ways. Plain data over bytes: which facts are news is decided by the diff stage, who gets
//! them by `route`.

pub mod call;
pub mod key;
pub mod membership;
mod object;
pub mod record;
pub mod source;
mod state;
pub mod user;
pub mod version;

pub use membership::{Fact, Held, Unreadable};
pub use record::{Change, Malformed, Read};
pub use source::Source;
pub use state::State;
pub use user::User;
pub use version::Version;

/// What a computation of Engage makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// Members and others; a step of a journey too.
    Audience,
    /// A value for each user.
    Trait,
}

impl Kind {
    /// The word in our headers, and in `computation_class` where none was given.
    pub fn label(self) -> &'static str {
        match self {
            Self::Audience => "audience",
            Self::Trait => "trait",
        }
    }

    /// The kind of a word in our headers.
    pub fn from_label(label: &str) -> Option<Self> {
        [Self::Audience, Self::Trait].into_iter().find(|kind| kind.label() == label)
    }

    /// The property of a track call that holds the key.
    pub fn key_property(self) -> &'static str {
        match self {
            Self::Audience => "audience_key",
            Self::Trait => "trait_key",
        }
    }
}

/// What is said of a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// Whether the user is a member.
    Member(bool),
    /// The value of a computed trait: JSON text as it was written, `null` where the user has none.
    Trait(&'a str),
}

/// The longest key, name or user id, in bytes.
///
/// A membership record names the key three times and the user twice; so what a record becomes is never larger than
/// our topics allow above the size of the source's records (64 KiB).
pub const LONGEST: usize = 1000;

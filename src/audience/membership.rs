//! A record of the memberships topic as key and headers, and back: both directions in one file, so that they cannot
//! disagree. Its value is the identify call, complete, so that whoever reads the topic sees calls; nothing here looks
//! into it. Reading is defensive: records may be forged, and one that is not ours as a whole is not ours at all.

use sha2::{Digest, Sha256};

use super::source::{Headers, Source};
pub use super::state::State;
use super::{Kind, User, Version, object};

const VERSION: &str = "version";
const CHANGED: &str = "changed";
/// The header that says how many partitions there were.
pub const PARTITIONS: &str = "partitions";
const KIND: &str = "kind";
const NAME: &str = "name";
const STATE: &str = "state";
const AGAIN: &str = "again";
/// What stands for a version that there is not.
const NEVER: &str = "-";

/// What a record of the memberships topic says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The audience's or trait's key; empty for the deletion of the user, which is a tombstone.
    pub key: String,
    /// Of whom.
    pub user: User,
    /// Since when.
    pub version: Version,
    /// Partitions of the audience-records topic when it was written.
    pub partitions: i32,
    /// What holds; none in a tombstone.
    pub fact: Option<Fact>,
}

/// What holds for a user and a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// What the key is of.
    pub kind: Kind,
    /// The audience's name, if it is known.
    pub name: Option<String>,
    /// What holds.
    pub state: State,
    /// The version of the last change; none if there never was one.
    pub changed: Option<Version>,
    /// The source record that said so.
    pub source: Source,
    /// The offset of the wrong record that this one corrects, on a record that was appended once more.
    pub again: Option<i64>,
}

/// Why a record of the memberships topic is not ours; the texts are for people and hold nothing of the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// The key is not that of a membership.
    #[error("its key is not that of a membership")]
    Key,
    /// A header is missing, or not as we write it.
    #[error("its header `{0}` is missing or cannot be read")]
    Header(&'static str),
    /// The key or the value is that of a deletion, the other is not.
    #[error("it has a value where there is none, or none where there is one")]
    Value,
}

impl Held {
    /// The record's key: `["audience_key","userId","u1"]`.
    pub fn record_key(&self) -> String {
        record_key(&self.key, &self.user)
    }

    /// Whether destinations are to hear of it: it is a change, or a change told once more.
    pub fn is_news(&self) -> bool {
        self.fact.as_ref().is_some_and(|fact| fact.changed == Some(self.version) || fact.again.is_some())
    }

    /// The record's headers.
    pub fn headers(&self) -> Headers {
        let mut headers = vec![(VERSION, self.version.to_string())];
        if let Some(fact) = &self.fact {
            headers.push((CHANGED, fact.changed.map_or(NEVER.to_owned(), |version| version.to_string())));
            fact.source.write(&mut headers);
        }
        headers.push((PARTITIONS, self.partitions.to_string()));
        if let Some(fact) = &self.fact {
            headers.push((KIND, fact.kind.label().to_owned()));
            headers.extend(fact.name.clone().map(|name| (NAME, name)));
            headers.push((STATE, fact.state.text()));
            headers.extend(fact.again.map(|offset| (AGAIN, offset.to_string())));
        }
        headers
    }

    /// Reads a record: its key, whether it is a tombstone, and its headers, which are asked for by name.
    pub fn read<'h>(key: &[u8], value: Presence, header: impl Fn(&str) -> Option<&'h str>) -> Result<Self, Unreadable> {
        let (key, user) = parse_record_key(key).ok_or(Unreadable::Key)?;
        let number = |name| header(name).ok_or(Unreadable::Header(name));
        let version = Version::parse(number(VERSION)?).ok_or(Unreadable::Header(VERSION))?;
        let partitions = number(PARTITIONS)?.parse::<i32>().ok().filter(|count| *count > 0);
        let partitions = partitions.ok_or(Unreadable::Header(PARTITIONS))?;
        let fact = match value {
            Presence::Tombstone => None,
            Presence::Value if key.is_empty() => return Err(Unreadable::Value),
            Presence::Value => Some(Fact::read(header)?),
        };
        // No fact is later than its source; one that says so would hold until then.
        if fact.as_ref().is_some_and(|fact| version.millis > fact.source.millis) {
            return Err(Unreadable::Header(VERSION));
        }
        Ok(Self { key, user, version, partitions, fact })
    }
}

/// Whether a record has a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// It has one.
    Value,
    /// It has none.
    Tombstone,
}

impl Fact {
    fn read<'h>(header: impl Fn(&str) -> Option<&'h str>) -> Result<Self, Unreadable> {
        let text = |name| header(name).ok_or(Unreadable::Header(name));
        let kind = Kind::from_label(text(KIND)?).ok_or(Unreadable::Header(KIND))?;
        let changed = match text(CHANGED)? {
            NEVER => None,
            version => Some(Version::parse(version).ok_or(Unreadable::Header(CHANGED))?),
        };
        let again = header(AGAIN).map(|offset| offset.parse().map_err(|_| Unreadable::Header(AGAIN)));
        Ok(Self {
            kind,
            name: header(NAME).map(str::to_owned),
            state: State::parse(text(STATE)?, kind).ok_or(Unreadable::Header(STATE))?,
            changed,
            source: Source::read(&header).ok_or(Unreadable::Header("source"))?,
            again: again.transpose()?,
        })
    }
}

/// `["audience_key","userId","u1"]`; with an empty key that of the user's deletion.
pub fn record_key(key: &str, user: &User) -> String {
    object::list(&[key, user.kind().member(), user.id()])
}

/// The `messageId` of a fact whose record gives none: the same whenever the source is read again.
///
/// It looks like Segment's own: `personas_` and 27 letters and digits.
pub fn message_id(source: &Source, key: &str, user: &User) -> String {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut digest = Sha256::new();
    let mut field = |bytes: &[u8]| {
        digest.update((bytes.len() as u64).to_be_bytes());
        digest.update(bytes);
    };
    field(source.position().as_bytes());
    field(&source.millis.to_be_bytes());
    field(record_key(key, user).as_bytes());
    let letters = digest.finalize().into_iter().take(27).map(|byte| char::from(DIGITS[usize::from(byte) % 62]));
    "personas_".chars().chain(letters).collect()
}

fn parse_record_key(key: &[u8]) -> Option<(String, User)> {
    let (key, kind, id): (String, String, String) = serde_json::from_slice(key).ok()?;
    let user = User::from_parts(&kind, &id)?;
    (key.len() <= super::LONGEST).then_some((key, user))
}

#[cfg(test)]
mod tests;

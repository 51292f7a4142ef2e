//! A record of the audiences topic: which of the forms it has, and what it says of whom (contract section 9).
//! A call of Engage is read by `engage`, a bare membership record by `bare`. What is neither is malformed, and so is a
//! membership that is not strictly true or false: it means nothing, not "no".

mod bare;
mod engage;

pub(super) use engage::{ENTERED, EXITED};

use crate::event::json::{self, NotJson};

use super::object::{Member, Object};
use super::user::UserKind;
use super::{Kind, LONGEST, User, Value, key, source};

/// A record that was understood.
#[derive(Clone, Debug)]
pub enum Read<'a> {
    /// Something is said of a user.
    Change(Change<'a>),
    /// A user is to be deleted.
    Deleted {
        /// Who.
        user: User,
        /// When, in milliseconds since 1970, if it says so.
        timestamp: Option<i64>,
    },
}

/// What a record says of a user.
#[derive(Clone, Debug)]
pub struct Change<'a> {
    /// The key of the audience or trait; not empty.
    pub key: String,
    /// The audience's name, if there is one.
    pub name: Option<String>,
    /// What the key is of.
    pub kind: Kind,
    /// Of whom.
    pub user: User,
    /// What is said.
    pub value: Value<'a>,
    /// Since when, in milliseconds since 1970, if the record says so.
    pub timestamp: Option<i64>,
    pub(super) form: Form<'a>,
}

/// What the record was, and what of it is needed to make a call.
#[derive(Clone, Debug)]
pub(super) enum Form<'a> {
    /// A membership record, and the audience's id as written.
    Bare { record: Object<'a>, audience_id: Option<&'a str> },
    /// An identify call.
    Identify(Object<'a>),
    /// A track call.
    Track(Object<'a>),
}

/// Why a record is not understood; the texts are for people and hold nothing of the record.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// The record has no value, or one without bytes.
    #[error("the record has no value")]
    Empty,
    /// The value is not JSON; the reason is never [`NotJson::TooDeep`].
    #[error("the value is {0}")]
    NotJson(NotJson),
    /// The value is nested deeper than [`json::MAX_DEPTH`] levels.
    #[error("the record is nested deeper than {} levels", json::MAX_DEPTH)]
    TooDeep,
    /// The value is JSON, but no object.
    #[error("the value is not a JSON object")]
    NotAnObject,
    /// There is neither `audience` nor `type`.
    #[error("it is neither a membership record (`audience` is missing) nor a call (`type` is missing)")]
    NoForm,
    /// It is a call that Engage does not make.
    #[error("`type` is none of identify, track and delete")]
    OtherCall,
    /// There is no user.
    #[error("`userId` and `anonymousId` are missing or empty")]
    NoUser,
    /// Something that is needed is missing.
    #[error("`{0}` is missing")]
    Missing(&'static str),
    /// Something that should be a text is none.
    #[error("`{0}` is not a text")]
    NotText(&'static str),
    /// Something that should be an object is none.
    #[error("`{0}` is not an object")]
    NotObject(&'static str),
    /// A text that is needed has no characters.
    #[error("`{0}` is empty")]
    EmptyText(&'static str),
    /// A text is longer than [`LONGEST`].
    #[error("`{0}` is longer than {LONGEST} bytes")]
    TooLong(&'static str),
    /// A membership is neither true nor false.
    #[error("`{0}` is neither true nor false")]
    NotBoolean(&'static str),
    /// An audience without a key has a name that gives none.
    #[error("the audience's name has no Latin letter or digit to make a key of")]
    NoKey,
    /// The class of the computation is not known.
    #[error("`context.personas.computation_class` is none of audience, journey_step and trait")]
    OtherClass,
    /// The name of the event says one thing, the property another.
    #[error("the event's name says whether the user is a member, and `properties.<key>` says the opposite")]
    Contradiction,
}

impl From<NotJson> for Malformed {
    fn from(error: NotJson) -> Self {
        match error {
            NotJson::TooDeep => Self::TooDeep,
            NotJson::NotUtf8 { .. } | NotJson::Syntax { .. } => Self::NotJson(error),
        }
    }
}

/// Reads a record of the audiences topic.
///
/// What has a `type` is a call, anything else a membership record. A member that is `null` counts as absent.
pub fn read(bytes: &[u8]) -> Result<Read<'_>, Malformed> {
    if bytes.is_empty() {
        return Err(Malformed::Empty);
    }
    let record = Object::read(bytes)?.ok_or(Malformed::NotAnObject)?;
    let Some(call) = record.get("type") else {
        return bare::read(record).map(Read::Change);
    };
    match &*call.text().ok_or(Malformed::NotText("type"))? {
        "identify" => engage::identify(record).map(Read::Change),
        "track" => engage::track(record).map(Read::Change),
        "delete" => Ok(Read::Deleted { user: user(&record)?, timestamp: timestamp(&record) }),
        _ => Err(Malformed::OtherCall),
    }
}

/// Who it is about: `userId`, or `anonymousId` where there is none.
fn user(record: &Object<'_>) -> Result<User, Malformed> {
    for kind in [UserKind::UserId, UserKind::AnonymousId] {
        if let Some(id) = optional_text(record, (kind.member(), kind.member()))? {
            // Neither empty nor too long any more.
            return User::new(kind, &id).ok_or(Malformed::NoUser);
        }
    }
    Err(Malformed::NoUser)
}

/// The record's own time; none where it cannot be read.
fn timestamp(record: &Object<'_>) -> Option<i64> {
    source::millis(&record.get("timestamp")?.text()?)
}

/// A text that may be missing or empty; named by its member and, for people, by its path.
fn optional_text(of: &Object<'_>, (member, path): (&str, &'static str)) -> Result<Option<String>, Malformed> {
    let Some(member) = of.get(member) else { return Ok(None) };
    let text = member.text().ok_or(Malformed::NotText(path))?;
    if text.len() > LONGEST {
        return Err(Malformed::TooLong(path));
    }
    Ok(Some(text.into_owned()).filter(|text| !text.is_empty()))
}

/// An object that may be missing.
fn optional_object<'a>(of: &Object<'a>, name: &'static str) -> Result<Option<Object<'a>>, Malformed> {
    let Some(member) = of.get(name) else { return Ok(None) };
    member.object().map(Some).ok_or(Malformed::NotObject(name))
}

/// A membership, strictly true or false.
fn member_value(member: Option<Member<'_>>, path: &'static str) -> Result<bool, Malformed> {
    member.ok_or(Malformed::Missing(path))?.boolean().ok_or(Malformed::NotBoolean(path))
}

#[cfg(test)]
mod tests;

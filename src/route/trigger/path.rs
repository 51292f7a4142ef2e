//! Which fields a trigger may name: the four text fields, and members of `properties`, `traits` and `context`.
//! What an event has there is found by `facts`.

use super::fault::Fault;

/// What kind of field a path names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// `type`
    Type,
    /// `event`
    Event,
    /// `name`
    Name,
    /// `userId`
    UserId,
    /// Anything in `properties`, `traits` or `context`.
    Member,
}

/// The objects whose members can be named.
pub(super) const OBJECTS: [&str; 3] = ["properties", "traits", "context"];

/// The fields that stand for themselves.
pub(super) const TEXT_FIELDS: [&str; 4] = ["type", "event", "name", "userId"];

/// What every JavaScript value has without an event having it.
const INHERITED: [&str; 12] = [
    "__defineGetter__",
    "__defineSetter__",
    "__lookupGetter__",
    "__lookupSetter__",
    "__proto__",
    "constructor",
    "hasOwnProperty",
    "isPrototypeOf",
    "propertyIsEnumerable",
    "toLocaleString",
    "toString",
    "valueOf",
];

/// The kind of the field these names are a path to; `written` is the path as it stands in the trigger.
pub(super) fn kind(names: &[Box<str>], written: &str) -> Result<Kind, Fault> {
    let unknown = || Fault::UnknownField(written.to_owned());
    let (first, members) = names.split_first().ok_or_else(unknown)?;
    if OBJECTS.contains(&&**first) {
        if let Some(inherited) = members.iter().find(|name| INHERITED.contains(&&***name)) {
            return Err(Fault::JsMember(inherited.to_string()));
        }
        return if members.is_empty() { Err(unknown()) } else { Ok(Kind::Member) };
    }
    match &**first {
        _ if !members.is_empty() => Err(unknown()),
        "type" => Ok(Kind::Type),
        "event" => Ok(Kind::Event),
        "name" => Ok(Kind::Name),
        "userId" => Ok(Kind::UserId),
        _ => Err(unknown()),
    }
}

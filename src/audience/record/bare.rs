//! The membership record: an audience, a user and whether that is a member, without the shape of a call.
//! The audience is a text (its name) or an object with `name`, `key` and `id`; a key that is given is used as it is.

use super::*;

pub(super) fn read(record: Object<'_>) -> Result<Change<'_>, Malformed> {
    let audience = record.get("audience").ok_or(Malformed::NoForm)?;
    let (key, name, audience_id) = match audience.object() {
        Some(audience) => named(&audience)?,
        None => {
            let name = optional_text(&record, ("audience", "audience"))?.ok_or(Malformed::EmptyText("audience"))?;
            (key::snake(&name).ok_or(Malformed::NoKey)?, Some(name), None)
        }
    };
    // They are passed on; what cannot be is better seen than left out.
    let _traits = optional_object(&record, "traits")?;
    Ok(Change {
        key,
        name,
        kind: Kind::Audience,
        user: user(&record)?,
        value: Value::Member(member_value(record.get("member"), "member")?),
        timestamp: timestamp(&record),
        form: Form::Bare { record, audience_id },
    })
}

type Named<'a> = (String, Option<String>, Option<&'a str>);

fn named<'a>(audience: &Object<'a>) -> Result<Named<'a>, Malformed> {
    let name = optional_text(audience, ("name", "audience.name"))?;
    let id = optional_text(audience, ("id", "audience.id"))?.and_then(|_| audience.get("id"));
    let key = match (optional_text(audience, ("key", "audience.key"))?, &name) {
        (Some(key), _) => key,
        (None, Some(name)) => key::snake(name).ok_or(Malformed::NoKey)?,
        (None, None) => return Err(Malformed::Missing("audience.name")),
    };
    Ok((key, name, id.map(|id| id.raw)))
}

//! The calls Engage makes: an audience or a computed trait as an identify or as a track call (segment.md, section 4.1).
//! The key stands in `context.personas` of an identify call and in the properties of a track call; a track call's value
//! may be told by the event's name alone.

use super::*;

const TRAIT_VALUE: &str = "traits.<key>";
const PROPERTY_VALUE: &str = "properties.<key>";
const COMPUTATION_KEY: &str = "context.personas.computation_key";

/// The names Engage gives the two events, unless it is told others.
pub(in crate::audience) const ENTERED: &str = "Audience Entered";
pub(in crate::audience) const EXITED: &str = "Audience Exited";

/// What `context.personas` says.
#[derive(Default)]
struct Personas {
    kind: Option<Kind>,
    key: Option<String>,
}

pub(super) fn identify(call: Object<'_>) -> Result<Change<'_>, Malformed> {
    let personas = personas(&call)?;
    let key = personas.key.ok_or(Malformed::Missing(COMPUTATION_KEY))?;
    let traits = optional_object(&call, "traits")?.ok_or(Malformed::Missing("traits"))?;
    let kind = personas.kind.unwrap_or(Kind::Audience);
    let given = traits.find(&key);
    let value = match kind {
        Kind::Audience => Value::Member(member_value(given, TRAIT_VALUE)?),
        Kind::Trait => Value::Trait(given.ok_or(Malformed::Missing(TRAIT_VALUE))?.raw),
    };
    change(call, (kind, key, value), Form::Identify)
}

pub(super) fn track(call: Object<'_>) -> Result<Change<'_>, Malformed> {
    let personas = personas(&call)?;
    let properties = optional_object(&call, "properties")?.ok_or(Malformed::Missing("properties"))?;
    let of_audience = optional_text(&properties, ("audience_key", "properties.audience_key"))?;
    let of_trait = optional_text(&properties, ("trait_key", "properties.trait_key"))?;
    let kind = personas.kind.unwrap_or(match (&of_audience, &of_trait) {
        (None, Some(_)) => Kind::Trait,
        _ => Kind::Audience,
    });
    let (own, missing) = match kind {
        Kind::Audience => (of_audience, "properties.audience_key"),
        Kind::Trait => (of_trait, "properties.trait_key"),
    };
    let key = own.or(personas.key).ok_or(Malformed::Missing(missing))?;
    let given = properties.find(&key);
    let value = match kind {
        Kind::Audience => Value::Member(told(&call, given)?),
        Kind::Trait => Value::Trait(given.ok_or(Malformed::Missing(PROPERTY_VALUE))?.raw),
    };
    change(call, (kind, key, value), Form::Track)
}

fn change<'a>(
    call: Object<'a>,
    (kind, key, value): (Kind, String, Value<'a>),
    form: impl FnOnce(Object<'a>) -> Form<'a>,
) -> Result<Change<'a>, Malformed> {
    let (user, timestamp) = (user(&call)?, timestamp(&call));
    Ok(Change { key, name: None, kind, user, value, timestamp, form: form(call) })
}

/// Whether a track call says that the user is a member: by the event's name and by the property, which agree.
fn told(call: &Object<'_>, given: Option<Member<'_>>) -> Result<bool, Malformed> {
    let event = call.get("event").and_then(|event| event.text());
    let by_name = match event.as_deref() {
        Some(ENTERED) => Some(true),
        Some(EXITED) => Some(false),
        // Engage can be told other names; then only the property counts.
        _ => None,
    };
    match (by_name, given) {
        (Some(member), None) => Ok(member),
        (by_name, given) => {
            let member = member_value(given, PROPERTY_VALUE)?;
            if by_name.is_some_and(|by_name| by_name != member) { Err(Malformed::Contradiction) } else { Ok(member) }
        }
    }
}

/// What is no object says nothing.
fn personas(call: &Object<'_>) -> Result<Personas, Malformed> {
    let context = call.get("context").and_then(|context| context.object());
    let Some(personas) = context.and_then(|context| context.get("personas")?.object()) else {
        return Ok(Personas::default());
    };
    let class = optional_text(&personas, ("computation_class", "context.personas.computation_class"))?;
    let kind = match class.as_deref() {
        None => None,
        Some("audience" | "journey_step") => Some(Kind::Audience),
        Some("trait") => Some(Kind::Trait),
        Some(_) => return Err(Malformed::OtherClass),
    };
    Ok(Personas { kind, key: optional_text(&personas, ("computation_key", COMPUTATION_KEY))? })
}

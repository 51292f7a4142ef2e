//! Texts in one of Segment's languages, triggers and conditions: reads one with the reader of its language and points a
//! refusal at its place in the line. What the languages are is `route`'s business. As everywhere, no complaint
//! shows what came from the environment.

use super::field::{Fault, Field};
use super::interpolate::{Dollar, interpolate};
use super::raw::Value;

/// What is wrong with a text, and at which byte of it.
#[derive(PartialEq)]
pub(super) struct Slip {
    pub(super) at: usize,
    pub(super) problem: String,
    pub(super) hint: String,
}

/// Said of what is wrong only with the values that variables have.
pub(super) const UNSHOWN: (&str, &str) = (
    "is refused because of what its variables stand for, which is not shown",
    "write their values here to see why, or correct them",
);

/// What a text means; complains of what its language refuses.
pub(super) fn read<T>(field: &Field<'_>, parse: fn(&str) -> Result<T, Slip>) -> Option<T> {
    let made = field.language()?;
    let slip = match parse(&made.value) {
        Ok(meaning) => return Some(meaning),
        Err(slip) => slip,
    };
    if !made.has_variables {
        field.pointed(made.pieces.origin(slip.at)).complain(Fault::new(slip.problem).hint(slip.hint));
    } else if let Some((at, slip)) = slip_of_names(field, parse).filter(|(_, same)| same.is_alike(&slip)) {
        field.pointed(at).complain(Fault::new(slip.problem).hint(slip.hint));
    } else {
        field.complain(Fault::new(UNSHOWN.0).hint(UNSHOWN.1));
    }
    None
}

/// What is wrong with a text in which each variable stands for its own name, and where in the written text.
///
/// If it is the same as with their values, it shows nothing of these.
fn slip_of_names<T>(field: &Field<'_>, parse: fn(&str) -> Result<T, Slip>) -> Option<(usize, Slip)> {
    let Some(Value::Text(text)) = field.value else { return None };
    let made = interpolate(text, Dollar::Kept, &own_name).ok()?;
    let slip = parse(&made.text).err()?;
    Some((made.pieces.origin(slip.at), slip))
}

/// An environment in which each variable has its name for a value.
pub(super) fn own_name(name: &str) -> Option<String> {
    Some(name.to_owned())
}

impl Slip {
    fn is_alike(&self, other: &Self) -> bool {
        (&self.problem, &self.hint) == (&other.problem, &other.hint)
    }
}

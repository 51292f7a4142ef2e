//! Parts of a request written with Segment's directives (`@path`, `@template` and so on): reads one and sets each
//! refusal of `Mapping::parse` where the part of the file stands that it is about.

use std::collections::HashSet;

use crate::event::json::BigIntegers;
use crate::route::mapping::{Mapping, MappingError};

use super::field::{Fault, Field};
use super::json::{self, Written};
use super::language::UNSHOWN;

/// The mapping of a field; complains of all that is wrong in it. None if it is missing, or on a complaint.
pub(super) fn read(field: &Field<'_>, big: BigIntegers) -> Option<Mapping> {
    let written = json::read(field, big)?;
    match Mapping::parse(&written.tree) {
        Ok(mapping) => Some(mapping.with_big_integers(big)),
        Err(errors) => {
            complain(field, &without_values(field, (&written, big), errors));
            None
        }
    }
}

/// Errors with nothing in them that came from the environment.
fn without_values(field: &Field<'_>, written: (&Written, BigIntegers), errors: Vec<MappingError>) -> Vec<MappingError> {
    if !written.0.has_variables {
        return errors;
    }
    // What is wrong in the same words whatever a variable stands for shows nothing of it.
    let harmless = Mapping::parse(&json::with_names(field, written.1)).err().unwrap_or_default();
    let parts = |error: &MappingError| (error.path.clone(), error.problem.clone(), error.hint.clone());
    let harmless: HashSet<_> = harmless.iter().map(parts).collect();
    let shown = |error: MappingError| match harmless.contains(&parts(&error)) {
        true => error,
        false => MappingError { path: error.path, problem: UNSHOWN.0.to_owned(), hint: UNSHOWN.1.to_owned() },
    };
    errors.into_iter().map(shown).collect()
}

fn complain(field: &Field<'_>, errors: &[MappingError]) {
    let Some(value) = field.value else { return };
    let positions = json::positions(value, errors.iter().map(|error| error.path.as_str()));
    for MappingError { path, problem, hint } in errors {
        let at = positions.get(path.as_str()).copied().unwrap_or(field.at);
        json::inside(field, path, at).complain(Fault::new(problem.as_str()).hint(hint.as_str()));
    }
}

//! Members that are taken out of events, or that alone stay: for each path to an object the keys in it. A path that leads
//! to a list means every object in it. Which of both happens, and when, is the room's.

use std::collections::BTreeSet;

use super::Refused;
use crate::event::json::{Members, Tree};

/// Keys of objects, by the paths to those.
#[derive(Clone, Debug, Default)]
pub struct Fields(Vec<Field>);

#[derive(Clone, Debug)]
struct Field {
    path: Box<[Box<str>]>,
    names: BTreeSet<Box<str>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Named {
    Go,
    Stay,
}

impl Fields {
    /// No keys yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the keys of the object, or of the objects in the list, that a path leads to. The empty path is the event
    /// itself. A dot in a path leads inwards, one in a key is part of it.
    pub fn add(&mut self, path: &str, names: impl IntoIterator<Item = impl Into<Box<str>>>) -> Result<(), Refused> {
        let path = if path.is_empty() { Box::default() } else { keys(path)? };
        self.0.push(Field { path, names: names.into_iter().map(Into::into).collect() });
        Ok(())
    }

    /// Takes them out; says whether there were any.
    pub(super) fn drop_from(&self, event: &mut Tree) -> bool {
        self.sift(event, Named::Go)
    }

    /// Takes all others out, where the paths lead somewhere; says whether there were any.
    pub(super) fn allow_in(&self, event: &mut Tree) -> bool {
        self.sift(event, Named::Stay)
    }

    fn sift(&self, event: &mut Tree, named: Named) -> bool {
        let mut changed = false;
        for field in &self.0 {
            match target(event, &field.path) {
                Some(Tree::Object(members)) => changed |= field.sift(members, named),
                Some(Tree::List(elements)) => {
                    for element in elements {
                        if let Tree::Object(members) = element {
                            changed |= field.sift(members, named);
                        }
                    }
                }
                _ => {}
            }
        }
        changed
    }
}

impl Field {
    fn sift(&self, members: &mut Members, named: Named) -> bool {
        let before = members.len();
        members.retain(|key, _| self.names.contains(key) == (named == Named::Stay));
        members.len() < before
    }
}

fn target<'a>(event: &'a mut Tree, path: &[Box<str>]) -> Option<&'a mut Tree> {
    path.iter().try_fold(event, |value, key| match value {
        Tree::Object(members) => members.get_mut(key),
        _ => None,
    })
}

/// The keys of a path that is written with dots.
pub(super) fn keys(path: &str) -> Result<Box<[Box<str>]>, Refused> {
    let keys: Box<[Box<str>]> = path.split('.').map(Into::into).collect();
    if keys.iter().any(|key| key.is_empty()) {
        let problem = "a path begins or ends with a dot, or has two in a row".to_owned();
        return Err(Refused { problem, hint: "write the keys with one dot between two, such as context.traits" });
    }
    Ok(keys)
}

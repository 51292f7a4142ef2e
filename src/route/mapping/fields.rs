//! Members of an object that is put together piece by piece, where a later value takes the place of an earlier one.
//! Objects whose keys are known beforehand need none of this.

use std::rc::Rc;

use indexmap::IndexMap;

use super::value::{Key, Value};
use crate::event::json::array_index;

/// The members so far.
#[derive(Debug, Default)]
pub(super) struct Fields<'a>(IndexMap<Key<'a>, Value<'a>>);

impl<'a> Fields<'a> {
    /// Sets a member, also to nothing; one that is there keeps its place.
    pub(super) fn set(&mut self, key: Key<'a>, value: Value<'a>) {
        self.0.insert(key, value);
    }

    /// The object, its members in JavaScript's order: integer-like keys first, ascending.
    pub(super) fn into_value(self) -> Value<'a> {
        let mut members: Vec<(Key<'a>, Value<'a>)> = self.0.into_iter().collect();
        // Stable, so all others keep the order in which they were set.
        members.sort_by_key(|(key, _)| array_index(key).map_or(u64::MAX, u64::from));
        Value::Object(Rc::new(members))
    }
}

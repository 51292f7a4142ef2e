//! Puts the members of one object in JavaScript's order: a repeated key keeps its first place and takes its last value,
//! then integer-like keys come first, ascending. Knows printed keys only; the grammar is behind it.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ops::Range;

use super::super::keys::array_index;
use super::Child;

/// Orders the members from `first` on; `printed` holds their keys.
///
/// Repeats are found through a hash table with a random key, so many members take linear time.
pub(super) fn put_in_order(members: &mut Vec<Child>, first: usize, printed: &[u8]) {
    let own = &mut members[first..];
    let count = keep_last_values(own, printed);
    members.truncate(first + count);
    // Stable, so the others stay as written. No integer-like key is as large as the number they get.
    members[first..].sort_by_key(|member| index_of(member, printed).unwrap_or(u32::MAX));
}

/// Moves every key's last value to its first place, all to the front; says how many are left.
fn keep_last_values(members: &mut [Child], printed: &[u8]) -> usize {
    let mut places: HashMap<&[u8], usize> = HashMap::with_capacity(members.len());
    let mut kept = 0;
    for at in 0..members.len() {
        let key = key_text(members[at].key.as_ref(), printed);
        match places.entry(key) {
            Entry::Occupied(place) => members.swap(*place.get(), at),
            Entry::Vacant(place) => {
                place.insert(kept);
                members.swap(kept, at);
                kept += 1;
            }
        }
    }
    kept
}

fn index_of(member: &Child, printed: &[u8]) -> Option<u32> {
    let quoted = key_text(member.key.as_ref(), printed);
    let inner = quoted.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
    array_index(std::str::from_utf8(inner).ok()?)
}

fn key_text<'p>(key: Option<&Range<usize>>, printed: &'p [u8]) -> &'p [u8] {
    key.map_or(&[], |range| &printed[range.clone()])
}

//! The order of keys in JavaScript: integer-like ones first, ascending, then the others as written, none twice.
//! `KeyOrder` watches the keys of a text go by and says whether they are in that order; it is small and of fixed
//! size, so that an ordinary event is checked without allocation. Putting keys in order is left to `reorder`.

/// Keys of open objects that are remembered; with more the answer is "not known".
const REMEMBERED: usize = 64;

/// Objects within objects that are followed.
const FOLLOWED: usize = 24;

/// Watches the keys of all open objects.
pub(super) struct KeyOrder<'a> {
    names: [&'a str; REMEMBERED],
    /// A short digest of each name, compared first.
    tags: [u32; REMEMBERED],
    count: usize,
    objects: [Object; FOLLOWED],
    depth: usize,
}

/// The keys are not in JavaScript's order, or there are too many to tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NotInOrder;

#[derive(Clone, Copy, Default)]
struct Object {
    /// Where its names begin.
    first: usize,
    /// The smallest integer-like key that may still come; after any other key none may.
    next_index: u64,
}

impl<'a> KeyOrder<'a> {
    pub(super) fn new() -> Self {
        Self {
            names: [""; REMEMBERED],
            tags: [0; REMEMBERED],
            count: 0,
            objects: [Object::default(); FOLLOWED],
            depth: 0,
        }
    }

    /// An object begins.
    pub(super) fn open(&mut self) -> Result<(), NotInOrder> {
        let object = self.objects.get_mut(self.depth).ok_or(NotInOrder)?;
        *object = Object { first: self.count, next_index: 0 };
        self.depth += 1;
        Ok(())
    }

    /// The innermost object ends.
    pub(super) fn close(&mut self) {
        self.depth = self.depth.saturating_sub(1);
        self.count = self.objects[self.depth].first;
    }

    /// The next key of the innermost object, as JavaScript prints it, without quotes.
    ///
    /// Each key is held against at most [`REMEMBERED`] others, so the time stays linear.
    #[inline]
    pub(super) fn add(&mut self, key: &'a str) -> Result<(), NotInOrder> {
        let at = self.depth.checked_sub(1).ok_or(NotInOrder)?;
        let object = &mut self.objects[at];
        if let Some(index) = array_index(key) {
            let index = u64::from(index);
            if index < object.next_index {
                return Err(NotInOrder);
            }
            object.next_index = index + 1;
            return Ok(());
        }
        object.next_index = u64::MAX;
        let tag = tag(key.as_bytes());
        for other in object.first..self.count {
            if self.tags[other] == tag && self.names[other] == key {
                return Err(NotInOrder);
            }
        }
        if self.count == REMEMBERED {
            return Err(NotInOrder);
        }
        self.names[self.count] = key;
        self.tags[self.count] = tag;
        self.count += 1;
        Ok(())
    }
}

/// The number of an integer-like key: "0" to "4294967294" without leading zeros (ECMA-262, array index).
#[inline]
pub fn array_index(key: &str) -> Option<u32> {
    let first = *key.as_bytes().first()?;
    if !first.is_ascii_digit() || key.len() > 10 || first == b'0' && key.len() > 1 {
        return None;
    }
    if !key.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    key.parse().ok().filter(|&index| index != u32::MAX)
}

/// Mixes length, first and last bytes of a key.
#[inline]
fn tag(key: &[u8]) -> u32 {
    let (first, last) = match (key.first_chunk::<8>(), key.last_chunk::<8>()) {
        (Some(first), Some(last)) => (u64::from_le_bytes(*first), u64::from_le_bytes(*last)),
        _ => {
            let short = key.iter().fold(0, |word, &byte| word << 8 | u64::from(byte));
            (short, 0)
        }
    };
    let word = first ^ last.rotate_left(23) ^ key.len() as u64;
    (word.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as u32
}

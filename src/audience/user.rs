//! A user, known by name or anonymous: who a fact is about, and the key of its records.
//! Which records name a user, and how, is seen by `record`.

use super::LONGEST;

/// The two ids of Segment's common fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum UserKind {
    /// `userId`.
    UserId,
    /// `anonymousId`.
    AnonymousId,
}

impl UserKind {
    /// The member of a call that holds the id.
    pub fn member(self) -> &'static str {
        match self {
            Self::UserId => "userId",
            Self::AnonymousId => "anonymousId",
        }
    }

    fn from_member(name: &str) -> Option<Self> {
        [Self::UserId, Self::AnonymousId].into_iter().find(|kind| kind.member() == name)
    }
}

/// One user id; `u1` as `userId` and as `anonymousId` are two users.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct User {
    kind: UserKind,
    id: Box<str>,
}

impl User {
    /// A user; `None` where the id is empty or longer than [`LONGEST`].
    pub fn new(kind: UserKind, id: &str) -> Option<Self> {
        (!id.is_empty() && id.len() <= LONGEST).then(|| Self { kind, id: id.into() })
    }

    /// Which of the two ids.
    pub fn kind(&self) -> UserKind {
        self.kind
    }

    /// The id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// `["userId","u1"]`: the key of the user's records, as `JSON.stringify` prints it.
    pub fn key(&self) -> String {
        super::object::list(&[self.kind.member(), &self.id])
    }

    /// Reads a key; `None` for anything else.
    pub fn from_key(key: &[u8]) -> Option<Self> {
        let (kind, id): (String, String) = serde_json::from_slice(key).ok()?;
        Self::new(UserKind::from_member(&kind)?, &id)
    }

    /// The user of two texts as they stand in a membership key.
    pub(super) fn from_parts(kind: &str, id: &str) -> Option<Self> {
        Self::new(UserKind::from_member(kind)?, id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_the_text_javascript_prints_and_reads_back() {
        for (kind, id, key) in [
            (UserKind::UserId, "u1", r#"["userId","u1"]"#),
            (UserKind::AnonymousId, "Zoë\u{7f}\u{2028}", "[\"anonymousId\",\"Zoë\u{7f}\u{2028}\"]"),
            (UserKind::UserId, "a\"b\\c/\n\u{1}", r#"["userId","a\"b\\c/\n\u0001"]"#),
        ] {
            let user = User::new(kind, id).unwrap();
            assert_eq!(user.key(), key);
            assert_eq!(User::from_key(key.as_bytes()), Some(user));
        }
    }

    #[test]
    fn what_is_no_user_is_not_read() {
        let long = format!(r#"["userId","{}"]"#, "u".repeat(LONGEST + 1));
        for key in ["", "u1", r#"["userId"]"#, r#"["userId",1]"#, r#"["userId",""]"#, r#"["groupId","a"]"#, &long] {
            assert_eq!(User::from_key(key.as_bytes()), None, "{key}");
        }
        assert_eq!(User::new(UserKind::UserId, ""), None);
    }
}

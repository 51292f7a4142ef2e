//! Header blocks, checked and parsed once per destination so that a request only copies them. Knows what HTTP allows and
//! which headers steer the connection; which headers there are, and what becomes of those that may not be set, is decided
//! by whoever builds the request.

use std::fmt;
use std::hash::{Hash, Hasher};

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

/// Headers that belong to the connection, besides all that begin with `proxy-` (contract, section 5).
const STEERING: &[&str] =
    &["host", "content-length", "transfer-encoding", "connection", "keep-alive", "te", "trailer", "upgrade"];

/// Whether a header, in any letter case, steers the connection, which is ours to do.
pub fn steers(name: &str) -> bool {
    let is = |other: &&str| name.eq_ignore_ascii_case(other);
    STEERING.iter().any(is) || name.get(..6).is_some_and(|begin| begin.eq_ignore_ascii_case("proxy-"))
}

/// A header that HTTP does not allow. The value is never shown; it may be a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// The name is empty or has a character other than those of an RFC 9110 token.
    #[error("the header name {0:?} is not valid")]
    Name(String),
    /// The value has a control character, or one beyond U+00FF.
    #[error("the value of the header {0} is not valid")]
    Value(String),
}

/// Headers ready to be sent. Names are compared without regard to case.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct PreparedHeaders(HeaderMap);

impl PreparedHeaders {
    /// Checks the headers; later entries replace earlier ones of the same name.
    pub fn new(entries: &[(String, String)]) -> Result<Self, HeaderError> {
        let mut prepared = Self::default();
        for (name, value) in entries {
            prepared.set(name, value)?;
        }
        Ok(prepared)
    }

    /// Puts one header in, in place of any of that name.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), HeaderError> {
        let (name, value) = parse(name, value)?;
        self.0.insert(name, value);
        Ok(())
    }

    /// Whether there is a header of that name.
    pub fn contains(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Puts one header in, behind what stands there by that name already: `first, second`.
    pub(in crate::attempt) fn join(&mut self, name: &str, value: &str) -> Result<(), HeaderError> {
        let (name, value) = parse(name, value)?;
        let joined = match self.0.get(&name) {
            None => value,
            Some(before) => {
                let both = [before.as_bytes(), b", ", value.as_bytes()].concat();
                HeaderValue::from_bytes(&both).map_err(|_| HeaderError::Value(shown_name(&name)))?
            }
        };
        self.0.insert(name, joined);
        Ok(())
    }

    /// Takes one header out.
    pub(in crate::attempt) fn remove(&mut self, name: &str) {
        self.0.remove(name);
    }

    /// Puts one header in unless there is one of that name.
    pub(in crate::attempt) fn fill(&mut self, name: &str, value: &str) -> Result<(), HeaderError> {
        let (name, value) = parse(name, value)?;
        self.0.entry(name).or_insert(value);
        Ok(())
    }

    /// Names in lower case and values as text, for showing.
    pub fn shown(&self) -> Vec<(String, String)> {
        // A value is Latin-1: one byte, one character.
        let text = |value: &HeaderValue| value.as_bytes().iter().map(|byte| char::from(*byte)).collect();
        self.0.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect()
    }

    pub(super) fn into_map(self) -> HeaderMap {
        self.0
    }
}

/// Equal headers have equal hashes, in whatever order they were put in.
impl Hash for PreparedHeaders {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let mut all: Vec<(&str, &[u8])> =
            self.0.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
        all.sort_unstable();
        all.hash(state);
    }
}

impl fmt::Debug for PreparedHeaders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// A value is sent as Latin-1, as the fetch API of browsers and Node does: characters up to U+00FF go out as
/// one byte each, and white space at the ends is dropped.
fn parse(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), HeaderError> {
    let parsed =
        HeaderName::from_bytes(name.as_bytes()).map_err(|_| HeaderError::Name(name.chars().take(64).collect()))?;
    let bytes: Option<Vec<u8>> =
        value.trim_matches([' ', '\t']).chars().map(|c| u8::try_from(u32::from(c)).ok()).collect();
    let value = bytes
        .and_then(|bytes| HeaderValue::from_bytes(&bytes).ok())
        .ok_or_else(|| HeaderError::Value(shown_name(&parsed)))?;
    Ok((parsed, value))
}

fn shown_name(name: &HeaderName) -> String {
    name.as_str().chars().take(64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prepared(entries: &[(&str, &str)]) -> Result<HeaderMap, HeaderError> {
        let entries: Vec<_> = entries.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        PreparedHeaders::new(&entries).map(PreparedHeaders::into_map)
    }

    #[test]
    fn a_later_entry_replaces_an_earlier_one_without_regard_to_case() {
        let map = prepared(&[("X-Team", "a"), ("x-team", "b")]).unwrap();
        assert_eq!(map.len(), 1);
        assert_eq!(map["X-TEAM"], "b");
    }

    #[test]
    fn a_value_is_trimmed_and_may_be_empty() {
        let map = prepared(&[("X-S", "  a b\t"), ("X-Empty", "")]).unwrap();
        assert_eq!(map["x-s"], "a b");
        assert_eq!(map["x-empty"], "");
    }

    #[test]
    fn a_latin_1_character_is_sent_as_one_byte() {
        assert_eq!(prepared(&[("X-A", "é")]).unwrap()["x-a"].as_bytes(), [0xe9]);
    }

    #[test]
    fn what_http_does_not_allow_is_refused() {
        for value in ["a\nb", "a\r\nX-B: c", "a\0b", "\u{7f}", "مرحبا", "😀"] {
            let refused = prepared(&[("X-A", value)]);
            assert_eq!(refused, Err(HeaderError::Value("x-a".into())), "{value:?}");
        }
        for name in ["", "a b", "x:y", "é", "a\n"] {
            let refused = prepared(&[(name, "v")]);
            assert_eq!(refused, Err(HeaderError::Name(name.into())), "{name:?}");
        }
    }

    #[test]
    fn what_is_there_is_not_overwritten_by_filling() {
        let mut headers = PreparedHeaders::new(&[("X-Signature".into(), "own".into())]).unwrap();
        headers.fill("x-signature", "ours").unwrap();
        headers.fill("webhook-id", "dlv_1").unwrap();
        let map = headers.into_map();
        assert_eq!(map["x-signature"], "own");
        assert_eq!(map["webhook-id"], "dlv_1");
    }

    #[test]
    fn values_are_not_shown_in_debug_output() {
        let headers = PreparedHeaders::new(&[("Authorization".into(), "Bearer s".into())]).unwrap();
        assert_eq!(format!("{headers:?}"), r#"{"authorization"}"#);
    }

    #[test]
    fn two_spellings_of_a_name_are_joined() {
        let mut headers = PreparedHeaders::default();
        headers.join("X-Two", " first ").unwrap();
        headers.join("x-two", "second").unwrap();
        assert_eq!(headers.join("x-two", "a\nb"), Err(HeaderError::Value("x-two".into())));
        assert_eq!(headers.into_map()["x-two"], "first, second");
    }

    #[test]
    fn what_steers_the_connection_is_known_in_any_letter_case() {
        for name in ["Host", "content-LENGTH", "TE", "Proxy-Anything", "transfer-encoding"] {
            assert!(steers(name), "{name}");
        }
        for name in ["X-Host", "proxy", "t", "", "prüfung", "authorization"] {
            assert!(!steers(name), "{name}");
        }
    }

    #[test]
    fn the_order_of_headers_makes_no_difference() {
        use std::hash::{BuildHasher, RandomState};
        let entries = [("A", "1"), ("B", "2"), ("C", "3")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        let mut turned = entries.clone();
        turned.reverse();
        let (one, other) = (PreparedHeaders::new(&entries).unwrap(), PreparedHeaders::new(&turned).unwrap());
        assert_eq!(one, other);
        let hashes = RandomState::new();
        assert_eq!(hashes.hash_one(&one), hashes.hash_one(&other));
    }
}

//! Header blocks, checked and parsed once per destination so that a request only copies them.
//! Which headers there are, and which are refused because they steer the connection, is decided by whoever
//! builds the request.

use std::fmt;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

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
#[derive(Clone, Default)]
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

    /// Puts one header in unless there is one of that name.
    pub(super) fn fill(&mut self, name: &str, value: &str) -> Result<(), HeaderError> {
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
        .ok_or_else(|| HeaderError::Value(parsed.as_str().chars().take(64).collect()))?;
    Ok((parsed, value))
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
}

//! `X-Signature`: lower-case hex HMAC-SHA1 (RFC 2104) of the very bytes that are sent, keyed with the shared secret.
//! Owns the only use of the key. Which bytes are signed (of a batch the first element's text) and that a
//! request without body has no signature is left to the request.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

use crate::route::destination::Secret;

/// A destination's secret, prepared for signing: the key is hashed once, not for every request.
#[derive(Clone)]
pub struct SigningKey(Hmac<Sha1>);

impl SigningKey {
    /// Prepares a secret; none for an empty one, with which nothing is signed.
    pub fn new(secret: &Secret) -> Option<Self> {
        let key = secret.expose().as_bytes();
        if key.is_empty() {
            return None;
        }
        let keyed = Hmac::new_from_slice(key).expect("HMAC takes a key of any length (RFC 2104)");
        Some(Self(keyed))
    }

    /// The signature of a body: 40 lower-case hex digits.
    pub fn sign(&self, body: &[u8]) -> String {
        let digest = self.0.clone().chain_update(body).finalize();
        hex::encode(digest.into_bytes())
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Signs one body with a secret that is used only once; none for an empty secret.
pub fn signature(secret: &Secret, body: &[u8]) -> Option<String> {
    SigningKey::new(secret).map(|key| key.sign(body))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIXTURES: &str = include_str!("../../tests/fixtures/signature.jsonl");

    #[test]
    fn every_fixture_is_signed_as_by_segment() {
        #[derive(serde::Deserialize)]
        struct Case {
            id: String,
            secret: String,
            body: String,
            signature: Option<String>,
        }
        let mut cases = 0;
        for line in FIXTURES.lines() {
            let case: Case = serde_json::from_str(line).unwrap();
            let signed = signature(&Secret::new(&case.secret), case.body.as_bytes());
            assert_eq!(signed, case.signature, "{}", case.id);
            cases += 1;
        }
        assert_eq!(cases, 25);
    }

    #[test]
    fn a_key_signs_the_same_body_the_same_way_every_time() {
        let key = SigningKey::new(&Secret::new("s")).unwrap();
        assert_eq!(key.sign(b"{}"), "850413ce2dee4c4142838bab9e9086cb305da54d");
        assert_eq!(key.sign(b"{}"), "850413ce2dee4c4142838bab9e9086cb305da54d");
    }

    #[test]
    fn a_key_does_not_show_itself() {
        let key = SigningKey::new(&Secret::new("hunter2"));
        assert_eq!(format!("{key:?}"), "Some(***)");
    }
}

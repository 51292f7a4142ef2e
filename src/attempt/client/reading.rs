//! Reads what counts of an answer: the beginning of its body, and when to come back.
//! How long that may take is watched by `client`, what it means is decided by `outcome`.

use bytes::{Bytes, BytesMut};
use reqwest::header::{HeaderMap, RETRY_AFTER};

use crate::attempt::answer::{BODY_LIMIT, RETRY_AFTER_LIMIT};

/// Reads up to [`BODY_LIMIT`] bytes. What is longer is dropped together with its connection; after a body
/// that has ended the connection is used again.
pub(super) async fn body(mut response: reqwest::Response) -> Result<Bytes, reqwest::Error> {
    let Some(mut first) = response.chunk().await? else {
        return Ok(Bytes::new());
    };
    if first.len() >= BODY_LIMIT {
        // A copy, so that no larger buffer of the library lives on with it.
        first.truncate(BODY_LIMIT);
        return Ok(Bytes::copy_from_slice(&first));
    }
    let mut all = BytesMut::new();
    while let Some(chunk) = response.chunk().await? {
        if all.is_empty() {
            all.extend_from_slice(&first);
        }
        let room = BODY_LIMIT - all.len();
        all.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if all.len() == BODY_LIMIT {
            break;
        }
    }
    Ok(if all.is_empty() { first } else { all.freeze() })
}

/// The first `Retry-After` as it came, cut at [`RETRY_AFTER_LIMIT`] characters.
pub(super) fn retry_after(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(RETRY_AFTER)?;
    Some(String::from_utf8_lossy(value.as_bytes()).chars().take(RETRY_AFTER_LIMIT).collect())
}

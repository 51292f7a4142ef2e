//! What an attempt brought back: an answer, the lack of one, or a request that could not be made.
//! Plain data without any HTTP library's types. The client fills it, `outcome` judges it.

use bytes::Bytes;

/// How much of an answer's body is read (contract, section 5).
pub const BODY_LIMIT: usize = 16 * 1024;

/// How many characters of a `Retry-After` are kept; no valid one comes near.
pub const RETRY_AFTER_LIMIT: usize = 256;

/// How many bytes of text an explanation has at most (contract, section 6, `last-error`).
pub const TEXT_LIMIT: usize = 256;

/// What became of a request.
///
/// All texts are for people, at most [`TEXT_LIMIT`] bytes, without query strings, user names or secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The receiver answered, and in time.
    Answered {
        /// Within 200 to 599.
        status: u16,
        /// The first `Retry-After`, unread, at most [`RETRY_AFTER_LIMIT`] characters.
        retry_after: Option<String>,
        /// The beginning of the body, at most [`BODY_LIMIT`] bytes.
        body: Bytes,
    },
    /// No answer, for the reason inside.
    None(NoAnswer),
    /// HTTP does not allow the request; nothing was sent.
    Invalid(String),
}

/// Why there was no answer. The variants are the outcomes of the contract, section 6, and our own faults.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoAnswer {
    /// The time was over before the answer was complete.
    TimedOut(String),
    /// No connection, or one that was closed before a complete head had come.
    Unreachable(String),
    /// No trusted TLS connection.
    TlsFailed(String),
    /// The name has no address, or nobody knew.
    DnsFailed(String),
    /// What came back is no HTTP answer, broke off in its body, or has a status outside 200 to 599.
    InvalidResponse(String),
    /// The address rule refused every address; no connection was made.
    Blocked(String),
    /// Our own fault, such as too few file descriptors or ports; spends no attempt.
    Ours(String),
}

/// Cuts a text at the last whole character within [`TEXT_LIMIT`] bytes.
pub(crate) fn cut(mut text: String) -> String {
    if text.len() > TEXT_LIMIT {
        let end = (0..=TEXT_LIMIT).rev().find(|&end| text.is_char_boundary(end)).unwrap_or(0);
        text.truncate(end);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_at_the_last_whole_character() {
        let text = cut("é".repeat(200));
        assert_eq!(text.len(), TEXT_LIMIT);
        let text = cut(format!("a{}", "é".repeat(200)));
        assert_eq!(text.len(), TEXT_LIMIT - 1);
        assert_eq!(cut("short".into()), "short");
    }
}

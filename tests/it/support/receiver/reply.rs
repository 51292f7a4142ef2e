//! What a receiver may answer, well-behaved or not.
//! Writing it out is the business of `connection`.

use std::time::Duration;

use bytes::Bytes;

/// One answer, or what is done in its place.
#[derive(Clone, Debug)]
pub struct Reply {
    pub(super) what: What,
    pub(super) after: Duration,
}

#[derive(Clone, Debug)]
pub(super) enum What {
    Http { status: u16, headers: Vec<(String, String)>, body: Bytes, ending: Ending },
    Raw { bytes: Bytes, pause: Duration, ending: Ending },
}

/// What happens to the connection after an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The next request is read.
    Keep,
    Close,
    /// Closed with RST instead of FIN.
    Reset,
    /// Nothing more is read or written, until the other side gives up.
    Hang,
    /// The same bytes are written again and again (raw answers only).
    Repeat,
}

impl Reply {
    /// A proper answer of this status, with `content-length`.
    pub fn status(status: u16) -> Self {
        let what = What::Http { status, headers: Vec::new(), body: Bytes::new(), ending: Ending::Keep };
        Self { what, after: Duration::ZERO }
    }

    /// These very bytes, then the connection is closed.
    pub fn raw(bytes: impl Into<Bytes>) -> Self {
        let what = What::Raw { bytes: bytes.into(), pause: Duration::ZERO, ending: Ending::Close };
        Self { what, after: Duration::ZERO }
    }

    /// These bytes one by one with a pause before each, then the connection is closed.
    pub fn trickle(bytes: impl Into<Bytes>, pause: Duration) -> Self {
        let what = What::Raw { bytes: bytes.into(), pause, ending: Ending::Close };
        Self { what, after: Duration::ZERO }
    }

    /// No answer.
    pub fn hang() -> Self {
        Self::raw("").then(Ending::Hang)
    }

    /// The connection is reset without an answer.
    pub fn reset() -> Self {
        Self::raw("").then(Ending::Reset)
    }

    /// The connection is closed without an answer.
    pub fn close() -> Self {
        Self::raw("")
    }

    /// Waits before the first byte.
    pub fn after(mut self, pause: Duration) -> Self {
        self.after = pause;
        self
    }

    /// Adds a header to a proper answer.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        match &mut self.what {
            What::Http { headers, .. } => headers.push((name.into(), value.into())),
            What::Raw { .. } => panic!("a raw answer holds its headers itself"),
        }
        self
    }

    /// Gives a proper answer a body.
    pub fn body(mut self, text: impl Into<Bytes>) -> Self {
        match &mut self.what {
            What::Http { body, .. } => *body = text.into(),
            What::Raw { .. } => panic!("a raw answer holds its body itself"),
        }
        self
    }

    /// Says what happens to the connection afterwards.
    pub fn then(mut self, next: Ending) -> Self {
        match &mut self.what {
            What::Http { ending, .. } | What::Raw { ending, .. } => *ending = next,
        }
        self
    }

    /// The bytes of a proper answer.
    pub(super) fn text(status: u16, headers: &[(String, String)], body: &[u8]) -> Vec<u8> {
        let mut text = format!("HTTP/1.1 {status} Scripted\r\n");
        for (name, value) in headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        // RFC 9110, section 8.6: these two have no body and no length.
        if status != 204 && status != 304 {
            text.push_str(&format!("content-length: {}\r\n", body.len()));
        }
        text.push_str("\r\n");
        let mut bytes = text.into_bytes();
        bytes.extend_from_slice(body);
        bytes
    }
}

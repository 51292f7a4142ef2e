//! Turns an error of the HTTP library into the reason there was no answer.
//! Causes are found by their type along the chain of sources, never by words in a text. What follows from a
//! reason is the business of `outcome`.

use std::error::Error;
use std::io;
use std::iter::successors;

use super::connect::HandshakeFailed;
use super::resolver::{LookupFailed, NoRoute};
use crate::attempt::address::Blocked;
use crate::attempt::answer::{Answer, NoAnswer, cut};
use crate::attempt::tls::{self, SystemRoots};

/// Where an exchange broke off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// Before the head of an answer was complete.
    Head,
    /// In the body.
    Body,
}

/// The reason in `error` as an answer.
pub(super) fn classify(error: &reqwest::Error, stage: Stage, roots: SystemRoots) -> Answer {
    if error.is_builder() {
        return Answer::Invalid("HTTP does not allow this request".into());
    }
    Answer::None(match of_connection(error, roots) {
        Some(reason) => reason,
        None => of_exchange(error, stage),
    })
}

/// What kept a connection from being made, or made it untrusted.
fn of_connection(error: &reqwest::Error, roots: SystemRoots) -> Option<NoAnswer> {
    if let Some(blocked) = find::<Blocked>(error) {
        return Some(NoAnswer::Blocked(blocked.to_string()));
    }
    if let Some(errno) = causes(error).find_map(errno).filter(|errno| is_ours(*errno)) {
        let text = io::Error::from_raw_os_error(errno).to_string();
        return Some(NoAnswer::Ours(cut(format!("no connection could be opened here: {text}"))));
    }
    if let Some(NoRoute) = find(error) {
        return Some(NoAnswer::Unreachable(NoRoute.to_string()));
    }
    if let Some(LookupFailed(..)) = find(error) {
        return Some(NoAnswer::DnsFailed("the host name could not be resolved".into()));
    }
    if let Some(error) = find::<rustls::Error>(error) {
        return Some(NoAnswer::TlsFailed(cut(tls::explain(error, roots))));
    }
    // A time limit comes before the handshake because a kernel's time-out may surface in one.
    if error.is_timeout() {
        return Some(NoAnswer::TimedOut("no connection was made in time".into()));
    }
    if find::<HandshakeFailed>(error).is_some() {
        return Some(NoAnswer::TlsFailed("the connection was closed in the TLS handshake".into()));
    }
    if error.is_connect() {
        let text = match find::<io::Error>(error) {
            Some(error) => format!("no connection: {}", error.kind()),
            None => "no connection, or the proxy refused it".into(),
        };
        return Some(NoAnswer::Unreachable(text));
    }
    None
}

/// What went wrong on a connection that had been made.
///
/// A receiver that closes without a complete head has not answered: `unreachable`. Once a head has come, a
/// body that breaks off is a broken answer: `invalid_response`. The status does not count then, because a
/// receiver that fails while it answers may not have kept what it was given; `webhook-id` makes the repeat
/// harmless.
fn of_exchange(error: &reqwest::Error, stage: Stage) -> NoAnswer {
    if stage == Stage::Body {
        return NoAnswer::InvalidResponse("the answer broke off in its body".into());
    }
    let any = |is: fn(&hyper::Error) -> bool| causes(error).filter_map(|cause| cause.downcast_ref()).any(is);
    if any(hyper::Error::is_parse_too_large) {
        return NoAnswer::InvalidResponse("the head of the answer is too large".into());
    }
    if any(hyper::Error::is_parse_status) {
        return NoAnswer::InvalidResponse("the answer has no valid status".into());
    }
    if any(hyper::Error::is_parse) || any(is_unexpected) {
        return NoAnswer::InvalidResponse("what came back is not HTTP".into());
    }
    if let Some(error) = find::<io::Error>(error) {
        let text = format!("the connection broke before an answer: {}", error.kind());
        return NoAnswer::Unreachable(text);
    }
    NoAnswer::Unreachable("the connection was closed before an answer".into())
}

/// Whether the receiver spoke before it was asked. The library has a kind of error for it but no question;
/// it is the one that has neither a cause nor another name.
fn is_unexpected(error: &hyper::Error) -> bool {
    let has_name = error.is_incomplete_message()
        || error.is_closed()
        || error.is_canceled()
        || error.is_shutdown()
        || error.is_timeout()
        || error.is_user();
    !has_name && error.source().is_none()
}

/// The error and what caused it. An I/O error names as its source the source of what it wraps, so what it
/// wraps has to be asked for.
fn causes<'a>(error: &'a reqwest::Error) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    let first: &'a (dyn Error + 'static) = error;
    successors(Some(first), |error| {
        let error: &'a (dyn Error + 'static) = *error;
        match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(wrapped) => Some(wrapped as &'a (dyn Error + 'static)),
            None => error.source(),
        }
    })
}

fn find<T: Error + 'static>(error: &reqwest::Error) -> Option<&T> {
    causes(error).find_map(|cause| cause.downcast_ref())
}

fn errno(cause: &(dyn Error + 'static)) -> Option<i32> {
    match cause.downcast_ref::<LookupFailed>() {
        Some(LookupFailed(error)) => error.raw_os_error(),
        None => cause.downcast_ref::<io::Error>().and_then(io::Error::raw_os_error),
    }
}

/// Whether an error of the kernel says that we, and not the receiver, lack something: descriptors, local
/// ports or memory. (An address the kernel has no way to is left out by the resolver.)
fn is_ours(errno: i32) -> bool {
    [libc::EMFILE, libc::ENFILE, libc::EADDRNOTAVAIL, libc::ENOBUFS, libc::ENOMEM].contains(&errno)
}

//! Status of an answer → outcome. Knows the lists of contract section 6 and a destination's `retry_on`;
//! what came to no answer at all is named by `attempt`.

use std::collections::BTreeSet;

use super::Outcome;

/// What of an answer matters for its outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The status line's number.
    pub status: u16,
    /// Whether a readable Retry-After came with it.
    pub patience: Patience,
}

/// Whether the receiver said how long to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience {
    /// A readable Retry-After.
    Asked,
    /// None, or an unreadable one.
    Silent,
}

/// The outcome of an answer.
///
/// `retry_on` replaces the list of retried statuses: one so retried is a `server_error`, one no longer
/// retried `rejected`; a receiver that asks for patience is throttled only where its status is retried.
pub fn classify(reply: Reply, retry_on: Option<&BTreeSet<u16>>) -> Outcome {
    if (200..300).contains(&reply.status) {
        return Outcome::Delivered;
    }
    if !(200..600).contains(&reply.status) {
        return Outcome::InvalidResponse;
    }
    let retried = match retry_on {
        Some(list) => list.contains(&reply.status),
        None => retried_by_default(reply.status),
    };
    match (retried, reply.status, reply.patience) {
        (false, _, _) => Outcome::Rejected,
        (true, 429, _) | (true, 503, Patience::Asked) => Outcome::Throttled,
        (true, _, _) => Outcome::ServerError,
    }
}

fn retried_by_default(status: u16) -> bool {
    matches!(status, 408 | 423 | 429) || (status >= 500 && status != 501)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(status: u16, patience: Patience) -> Outcome {
        classify(Reply { status, patience }, None)
    }

    #[test]
    fn every_status_has_the_outcome_of_the_contract() {
        for status in 0..1000 {
            let expected = match status {
                200..300 => Outcome::Delivered,
                429 => Outcome::Throttled,
                408 | 423 | 500 | 502..600 => Outcome::ServerError,
                300..500 | 501 => Outcome::Rejected,
                _ => Outcome::InvalidResponse,
            };
            assert_eq!(of(status, Patience::Silent), expected, "status {status}");
        }
        assert_eq!(of(503, Patience::Asked), Outcome::Throttled);
        assert_eq!(of(500, Patience::Asked), Outcome::ServerError);
    }

    #[test]
    fn retry_on_replaces_the_list() {
        let list = BTreeSet::from([404, 503]);
        let of = |status| classify(Reply { status, patience: Patience::Silent }, Some(&list));
        assert_eq!(of(404), Outcome::ServerError);
        assert_eq!(of(503), Outcome::ServerError);
        assert_eq!(of(500), Outcome::Rejected);
        assert_eq!(of(429), Outcome::Rejected);
        assert_eq!(of(204), Outcome::Delivered);
    }
}

//! What a client complains of, without the flood: a broker that is away makes librdkafka say the same many times a second.
//! Each kind of error is told at once and then every ten seconds, with how many were not.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::error::KafkaError;

/// How long the same kind of error is not told again.
const PAUSE: Duration = Duration::from_secs(10);

/// The errors of one client.
#[derive(Debug, Default)]
pub(super) struct Troubles(Mutex<HashMap<Option<i32>, Told>>);

#[derive(Debug)]
struct Told {
    at: Instant,
    unsaid: u64,
}

impl Troubles {
    /// Whether an error is worth a line now: how many of its kind were not told since the last line.
    pub(super) fn tell(&self, error: &KafkaError) -> Option<u64> {
        self.tell_at(error, Instant::now())
    }

    fn tell_at(&self, error: &KafkaError, now: Instant) -> Option<u64> {
        let kind = error.rdkafka_error_code().map(|code| code as i32);
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match told.get_mut(&kind) {
            Some(before) if now.saturating_duration_since(before.at) < PAUSE => {
                before.unsaid += 1;
                None
            }
            Some(before) => {
                before.at = now;
                Some(std::mem::take(&mut before.unsaid))
            }
            None => {
                told.insert(kind, Told { at: now, unsaid: 0 });
                Some(0)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use rdkafka::types::RDKafkaErrorCode;

    use super::*;

    #[test]
    fn each_kind_is_told_at_once_and_then_every_ten_seconds() {
        let (troubles, start) = (Troubles::default(), Instant::now());
        let at = |seconds| start + Duration::from_secs(seconds);
        let (down, timeout) = (
            KafkaError::Global(RDKafkaErrorCode::AllBrokersDown),
            KafkaError::Global(RDKafkaErrorCode::OperationTimedOut),
        );
        assert_eq!(troubles.tell_at(&down, at(0)), Some(0));
        assert_eq!(troubles.tell_at(&down, at(1)), None);
        assert_eq!(troubles.tell_at(&timeout, at(1)), Some(0));
        assert_eq!(troubles.tell_at(&down, at(9)), None);
        assert_eq!(troubles.tell_at(&down, at(10)), Some(2));
        assert_eq!(troubles.tell_at(&down, at(25)), Some(0));
    }
}

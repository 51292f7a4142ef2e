//! The endpoints of the sample's destinations: each answers as told in `sample`, and checks every signature with the secret
//! of its destination. Listening is `receiver`'s.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::sample;
use crate::attempt::signature::SigningKey;
use crate::receiver::{Answering, Got, Reply, Signed};
use crate::route::destination::Secret;

/// How often the flaky one fails.
const FAILURES: u32 = 2;
/// Deliveries remembered at once; nobody has so many under way while trying things.
const MOST: usize = 100_000;

/// What the endpoints got of deliveries that are not settled yet, by `webhook-id`.
#[derive(Debug, Default)]
pub(super) struct Endpoints {
    got: Mutex<HashMap<String, Requests>>,
}

#[derive(Clone, Copy, Debug)]
struct Requests {
    count: u32,
    last: Signed,
}

impl Endpoints {
    /// How the receiver answers.
    pub(super) fn answering(self: &Arc<Self>) -> Answering {
        let keys: HashMap<String, Option<SigningKey>> = sample::DESTINATIONS
            .into_iter()
            .map(|(id, secret, _)| (format!("/{id}"), SigningKey::new(&Secret::new(secret))))
            .collect();
        let own = self.clone();
        Arc::new(move |got: &Got| {
            let signed = got.signed(keys.get(&got.path).and_then(Option::as_ref));
            let count = own.remember(got.header("webhook-id").unwrap_or_default(), signed);
            Reply { status: status(&got.path, count), delay: Duration::ZERO }
        })
    }

    /// Whether the signature of the last request of a delivery held; `None` when none arrived.
    pub(super) fn signed(&self, webhook_id: &str) -> Option<Signed> {
        self.all().get(webhook_id).map(|requests| requests.last)
    }

    /// Forgets a delivery that is settled.
    pub(super) fn forget(&self, webhook_id: &str) {
        self.all().remove(webhook_id);
    }

    fn remember(&self, webhook_id: &str, signed: Signed) -> u32 {
        let mut all = self.all();
        if all.len() >= MOST {
            all.clear();
        }
        let requests = all.entry(webhook_id.to_owned()).or_insert(Requests { count: 0, last: signed });
        *requests = Requests { count: requests.count + 1, last: signed };
        requests.count
    }

    fn all(&self) -> std::sync::MutexGuard<'_, HashMap<String, Requests>> {
        // Each change is one call; a panic elsewhere leaves no half of it.
        self.got.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What an endpoint answers to the request of this number.
fn status(path: &str, count: u32) -> u16 {
    match path {
        "/crm" => 200,
        "/flaky" if count <= FAILURES => 503,
        "/flaky" => 200,
        _ => 404,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn got(path: &str, signature: &str) -> Got {
        Got {
            method: "POST".to_owned(),
            path: path.to_owned(),
            headers: vec![
                ("webhook-id".to_owned(), "dlv_a".to_owned()),
                ("x-signature".to_owned(), signature.to_owned()),
            ],
            body: bytes::Bytes::from_static(b"{}"),
        }
    }

    #[test]
    fn the_flaky_one_fails_twice_per_delivery() {
        let endpoints = Arc::new(Endpoints::default());
        let answer = endpoints.answering();
        let statuses: Vec<u16> = (0..3).map(|_| answer(&got("/flaky", "")).status).collect();
        assert_eq!(statuses, [503, 503, 200]);
        endpoints.forget("dlv_a");
        assert_eq!(answer(&got("/flaky", "")).status, 503);
        assert_eq!((answer(&got("/crm", "")).status, answer(&got("/gone", "")).status), (200, 404));
    }

    #[test]
    fn each_endpoint_checks_with_the_secret_of_its_destination() {
        let endpoints = Arc::new(Endpoints::default());
        let answer = endpoints.answering();
        let key = SigningKey::new(&Secret::new("the secret of crm")).unwrap();
        assert_eq!(endpoints.signed("dlv_a"), None);
        answer(&got("/crm", &key.sign(b"{}")));
        assert_eq!(endpoints.signed("dlv_a"), Some(Signed::Holds));
        answer(&got("/flaky", &key.sign(b"{}")));
        assert_eq!(endpoints.signed("dlv_a"), Some(Signed::Differs));
    }
}

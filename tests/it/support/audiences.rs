//! Audience records as upstream writes them, and what receivers make of the calls that come of them. What must come of which
//! records is left to the tests.

use std::collections::BTreeMap;

use super::program::Setup;
use super::receiver::Seen;
use super::topics::{self, New};

/// Who is in what: by audience key and user.
pub type States = BTreeMap<(String, String), bool>;

/// A membership record without a time of its own.
pub fn record(audience: &str, user: &str, member: bool) -> String {
    format!(r#"{{"audience":"{audience}","userId":"{user}","member":{member}}}"#)
}

/// A membership record that was true at a time.
pub fn record_at(audience: &str, user: &str, member: bool, millis: i64) -> String {
    let time = jiff::Timestamp::from_millisecond(millis).unwrap();
    format!(r#"{{"audience":"{audience}","userId":"{user}","member":{member},"timestamp":"{time}"}}"#)
}

/// The names of so many users.
pub fn users(range: std::ops::Range<usize>) -> impl Iterator<Item = String> {
    range.map(|number| format!("u{number}"))
}

/// What a call says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    pub key: String,
    pub user: String,
    pub member: bool,
    /// When it was true.
    pub at: String,
    pub message_id: String,
}

impl Call {
    /// Reads an identify call about an audience.
    pub fn read(body: &[u8]) -> Self {
        let call: serde_json::Value = serde_json::from_slice(body).unwrap();
        let text = |value: &serde_json::Value| value.as_str().unwrap_or_else(|| panic!("{call}")).to_owned();
        assert_eq!(call["type"], "identify", "{call}");
        let key = text(&call["context"]["personas"]["computation_key"]);
        let member = call["traits"][&key].as_bool().unwrap_or_else(|| panic!("{call}"));
        let (user, at) = (text(&call["userId"]), text(&call["timestamp"]));
        Self { key, user, member, at, message_id: text(&call["messageId"]) }
    }
}

/// The calls of requests, in order of arrival.
pub fn calls(requests: &[Seen]) -> Vec<Call> {
    requests.iter().map(|seen| Call::read(&seen.body)).collect()
}

/// What a receiver holds that lets the later call win, as it must where order is not promised.
pub fn by_time(calls: &[Call]) -> States {
    let mut latest: BTreeMap<(String, String), (jiff::Timestamp, bool)> = BTreeMap::new();
    for call in calls {
        let at: jiff::Timestamp = call.at.parse().unwrap();
        let own = latest.entry((call.key.clone(), call.user.clone())).or_insert((at, call.member));
        if at >= own.0 {
            *own = (at, call.member);
        }
    }
    latest.into_iter().map(|(key, (_, member))| (key, member)).collect()
}

/// What a receiver holds that believes the last call to arrive.
pub fn by_arrival(calls: &[Call]) -> States {
    calls.iter().map(|call| ((call.key.clone(), call.user.clone()), call.member)).collect()
}

/// The members alone: who was never told of is none.
pub fn members(states: &States) -> Vec<&(String, String)> {
    states.iter().filter(|(_, member)| **member).map(|(key, _)| key).collect()
}

impl Setup {
    /// A setup with one destination, that waits for the topics of audiences too.
    pub fn with_audiences(mut self) -> Self {
        self.has_audiences = true;
        self
    }

    /// Writes audience records without keys.
    pub fn audiences(&self, records: &[String]) {
        let records: Vec<_> =
            records.iter().map(|record| New { value: Some(record.as_bytes()), ..New::default() }).collect();
        topics::produce_all(&self.brokers(), &self.topic("audiences"), &records);
    }

    /// What the memberships topic says by the last record of each key: who is in what.
    pub fn memberships(&self) -> States {
        let mut states = States::new();
        for record in self.read("memberships") {
            let (key, _, user): (String, String, String) =
                serde_json::from_slice(&record.key.clone().unwrap()).unwrap();
            match record.header("state") {
                Some(state) => drop(states.insert((key, user), state == "true")),
                None => drop(states.remove(&(key, user))),
            }
        }
        states
    }
}

#[test]
fn the_later_call_wins_by_its_time_and_the_last_by_its_arrival() {
    let call = |at: &str, member| Call {
        key: "a".to_owned(),
        user: "u".to_owned(),
        member,
        at: at.to_owned(),
        message_id: String::new(),
    };
    let calls = [call("2026-01-01T00:00:01Z", false), call("2026-01-01T00:00:00.999Z", true)];
    assert_eq!(members(&by_time(&calls)).len(), 0);
    assert_eq!(members(&by_arrival(&calls)).len(), 1);
}

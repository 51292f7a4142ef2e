//! Records of the topic of keyed records: what is said, of whom, and when that was true. Some come late, some are much
//! older than that, some delete their user, some mean nothing.

use bytes::Bytes;
use kafka_webhooks::audience::membership::record_key;
use kafka_webhooks::audience::user::UserKind;
use kafka_webhooks::audience::{State, User, Value, Version};
use kafka_webhooks::kafka::record::Headers;
use kafka_webhooks::outcome::time::KafkaTime;

use crate::rng::Rng;

/// Partitions of both topics.
pub(crate) const PARTITIONS: usize = 2;
/// Users, spread over the partitions by number.
pub(crate) const USERS: usize = 5;
/// Audiences, and last a computed trait.
pub(crate) const KEYS: [&str; 3] = ["big_spender", "vip", "score"];
pub(crate) const WEEK: i64 = 7 * 24 * 3_600_000;

/// What a record is.
#[derive(Clone, Debug)]
pub(crate) enum What {
    Fact { user: usize, key: usize, version: Version, state: State },
    Delete { user: usize, version: Version },
    Nonsense,
}

/// A record of the topic of keyed records.
#[derive(Clone, Debug)]
pub(crate) struct Input {
    pub(crate) what: What,
    pub(crate) key: Bytes,
    pub(crate) value: Bytes,
    pub(crate) headers: Headers,
    pub(crate) time: KafkaTime,
}

pub(crate) fn user(number: usize) -> User {
    User::new(UserKind::UserId, &format!("u{number}")).expect("short and not empty")
}

/// The key of the membership of a user in an audience; that of the deletion without one.
pub(crate) fn place(user_number: usize, key: Option<usize>) -> String {
    record_key(key.map_or("", |key| KEYS[key]), &user(user_number))
}

/// The next record and its partition; `number` is its place in the source.
pub(crate) fn next(rng: &mut Rng, number: i64, now: i64) -> (usize, Input) {
    let who = rng.below(USERS);
    let time = now - rng.between(0, 5);
    let late = rng.one_in(4);
    let mut millis = if late { time - rng.between(0, 2_000) } else { time };
    let partition = rng.below(3) as i32;
    let mut headers = Headers::default();
    headers.push("source", format!("audiences/{partition}@{number}"));
    headers.push("source-time", KafkaTime::from_millis(time).to_string());
    let version = |millis| Version { millis, partition, offset: number };
    let stamp = |millis| KafkaTime::from_millis(millis).to_string();
    let mut key = Bytes::from(user(who).key());
    let (what, value) = match rng.below(100) {
        0..2 => {
            key = "somebody".into();
            (What::Nonsense, format!(r#"{{"nonsense":{number}}}"#))
        }
        2..6 => {
            let value = format!(r#"{{"type":"delete","userId":"u{who}","timestamp":"{}"}}"#, stamp(millis));
            (What::Delete { user: who, version: version(millis) }, value)
        }
        6..12 => {
            // A history that is told late: over since long ago, but the last that was said of it may be older still.
            millis = time - WEEK - rng.between(10_000_000, 20_000_000);
            let (key, member) = (rng.below(2), rng.one_in(2));
            (What::Fact { user: who, key, version: version(millis), state: State::Member(member) }, {
                let audience = KEYS[key];
                let stamp = stamp(millis);
                format!(
                    r#"{{"audience":{{"key":"{audience}"}},"userId":"u{who}","member":{member},"timestamp":"{stamp}"}}"#
                )
            })
        }
        12..80 => {
            let (key, member) = (rng.below(2), rng.one_in(2));
            let audience = KEYS[key];
            let stamp =
                if late || rng.one_in(2) { format!(r#","timestamp":"{}""#, stamp(millis)) } else { String::new() };
            let value = format!(r#"{{"audience":{{"key":"{audience}"}},"userId":"u{who}","member":{member}{stamp}}}"#);
            (What::Fact { user: who, key, version: version(millis), state: State::Member(member) }, value)
        }
        _ => {
            let raw = ["null", "1", r#""high""#][rng.below(3)];
            let value = format!(
                r#"{{"type":"identify","userId":"u{who}","traits":{{"score":{raw}}},"context":{{"personas":{{"computation_class":"trait","computation_key":"score"}}}},"timestamp":"{}"}}"#,
                stamp(millis)
            );
            (What::Fact { user: who, key: 2, version: version(millis), state: State::of(&Value::Trait(raw)) }, value)
        }
    };
    (who % PARTITIONS, Input { what, key, value: value.into(), headers, time: KafkaTime::from_millis(time) })
}

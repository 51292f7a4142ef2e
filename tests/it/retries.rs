//! The consumer tries again what failed: when (`schedule`), how receivers slow it down (`throttled`), when it stops (`ends`),
//! and what waits for a destination that is not there (`absent`).

mod absent;
mod ends;
mod schedule;
mod throttled;

use kafka_webhooks::delivery::id::{DeliveryId, Origin};
use kafka_webhooks::outcome::time::KafkaTime;

use crate::support::topics::Seen;

const EVENT: &str = r#"{"type":"track","event":"Order Completed","messageId":"m-1"}"#;

/// A time in a header, in milliseconds since 1970.
fn time(record: &Seen, name: &str) -> i64 {
    let text = record.header(name).unwrap_or_else(|| panic!("{name} is missing in {record:?}"));
    text.parse::<jiff::Timestamp>().unwrap().as_millisecond()
}

/// A delivery id as the program makes them.
fn delivery_id(offset: i64) -> String {
    let time = KafkaTime::from_millis(1);
    let origin =
        Origin { topic: "events", partition: 0, offset, time, message_id: None, destination: b"crm", mapping: None };
    DeliveryId::of(&origin).to_string()
}

/// `name: value` for each header that must be there.
fn assert_headers(record: &Seen, expected: &[(&str, &str)]) {
    for (name, value) in expected {
        assert_eq!(record.header(name), Some(*value), "{name} of {record:?}");
    }
}

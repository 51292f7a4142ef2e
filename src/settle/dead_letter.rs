//! Into the dead letters: reason, fault and history of what was given up, in headers that explain themselves.
//! What is not a delivery (a malformed source record) lies there with its own key and bytes.

use crate::delivery::id::{DeliveryId, Origin};
use crate::delivery::{Delivery, MadeBy};
use crate::kafka::envelope::{self, Death};
use crate::kafka::record::{Append, Record};
use crate::outcome::disposition::{Progress, Reason};
use crate::outcome::time::KafkaTime;

use super::Topics;

/// The dead letter of a delivery.
pub fn of_delivery(delivery: &Delivery, reason: Reason, now: KafkaTime, topics: &Topics) -> Append {
    let last = delivery.last.as_deref().and_then(envelope::last_outcome);
    let death = Death { reason, fault: reason.fault(last), at: now };
    Append {
        topic: topics.dead_letters.clone(),
        partition: None,
        key: Some(delivery.key.clone()),
        value: Some(delivery.value.clone()),
        headers: envelope::dead_letter_headers(delivery, death),
    }
}

/// The dead letter of a source record that is no event: its own key and bytes; a null stays a null.
pub fn of_record(record: &Record, detail: &str, now: KafkaTime, topics: &Topics) -> Append {
    let death = Death { reason: Reason::Malformed, fault: Reason::Malformed.fault(None), at: now };
    let origin = Origin {
        topic: &record.at.topic,
        partition: record.at.partition,
        offset: record.offset,
        time: record.time,
        message_id: None,
        destination: b"",
        mapping: None,
    };
    let stand_in = Delivery {
        id: DeliveryId::of(&origin),
        key: record.key.clone().unwrap_or_default(),
        destination: None,
        source: format!("{}@{}", record.at, record.offset).into(),
        accepted_at: record.time,
        mapping: None,
        progress: Progress::default(),
        last: None,
        made_by: MadeBy::Route,
        stamp: None,
        value: record.value.clone().unwrap_or_default(),
    };
    let mut headers = envelope::dead_letter_headers(&stand_in, death);
    headers.push("last-error", envelope::cut(detail, envelope::ERROR_BYTES).into_string());
    Append {
        topic: topics.dead_letters.clone(),
        partition: None,
        key: record.key.clone(),
        value: record.value.clone(),
        headers,
    }
}

//! What requests are made of events, without sending any; `tests/it/requests` sends those of the fixtures.

mod batches;
mod filters;
mod mappings;

use std::time::Duration;

use super::*;
use crate::delivery::MadeBy;
use crate::delivery::id::{DeliveryId, Origin};
use crate::event::json::{BigIntegers, Tree};
use crate::outcome::disposition::Progress;
use crate::outcome::time::KafkaTime;
use crate::route::actions::{BatchKey, Data};
use crate::route::audiences::{AudienceCalls, Audiences};
use crate::route::destination::{ConnectionProfile, DestinationId, Secret};
use crate::route::filter::Filters;
use crate::route::flow::BreakerTerms;
use crate::route::mapping::Mapping;
use crate::route::trigger::Trigger;

fn mapping(json: &str) -> Mapping {
    Mapping::parse(&Tree::read(json.as_bytes(), BigIntegers::Exact).unwrap()).unwrap()
}

fn data(json: &str) -> Data {
    Data::Mapped(mapping(json))
}

/// A mapping of which the whole event is sent by POST.
fn whole_event() -> SendMapping {
    SendMapping {
        name: None,
        enabled: true,
        trigger: Trigger::parse(r#"type = "track""#).unwrap(),
        url: mapping(r#""https://crm.test/hook?token=hidden""#),
        method: mapping(r#""POST""#),
        headers: None,
        data: Data::WholeEvent,
        batch: None,
    }
}

fn with_data(json: &str) -> SendMapping {
    SendMapping { data: data(json), ..whole_event() }
}

fn with_headers(json: &str) -> SendMapping {
    SendMapping { headers: Some(mapping(json)), ..whole_event() }
}

fn batching(keys: &[&str]) -> Option<BatchTerms> {
    let key = |key: &&str| BatchKey(key.split('.').map(Into::into).collect());
    Some(BatchTerms { size: 10, wait: Duration::from_secs(1), keys: keys.iter().map(key).collect() })
}

fn destination(sends: Sends) -> Destination {
    Destination {
        id: DestinationId::new("crm").unwrap(),
        enabled: true,
        paused: false,
        spread: 1,
        sends,
        filters: Filters::default(),
        shared_secret: Some(Secret::new("abc123")),
        timeout: Duration::from_secs(5),
        max_in_flight: 1,
        rate_limit: None,
        breaker: BreakerTerms::OFF,
        give_up_after: Duration::from_secs(1),
        max_attempts: None,
        retry_on: None,
        big_integers: BigIntegers::Exact,
        audiences: Audiences::None,
        audience_calls: AudienceCalls::Identify,
        connection: ConnectionProfile::default(),
    }
}

fn sender_of(destination: &Destination) -> Sender {
    let mut lanes = Sender::all(destination, &mut Clients::default()).unwrap();
    assert_eq!(lanes.len(), 1);
    lanes.remove(0).1
}

fn sender(mapping: SendMapping) -> Sender {
    sender_of(&destination(Sends::Mappings(vec![Arc::new(mapping)])))
}

/// The only request of an event.
fn request(sender: &Sender, event: &str) -> Result<Preview, Box<str>> {
    sender.preview(event.as_bytes()).map(|mut previews| {
        assert_eq!(previews.len(), 1);
        previews.remove(0)
    })
}

fn body(mapping: SendMapping, event: &str) -> Result<Option<String>, Box<str>> {
    request(&sender(mapping), event).map(|preview| preview.body)
}

/// Deliveries of these events, each with an id of its own.
fn deliveries(events: &[&str]) -> Vec<Delivery> {
    let origin = |offset| Origin {
        topic: "events",
        partition: 0,
        offset,
        time: KafkaTime::from_millis(0),
        message_id: None,
        destination: b"crm",
        mapping: None,
    };
    let delivery = |(offset, event): (i64, &&str)| Delivery {
        id: DeliveryId::of(&origin(offset)),
        key: Bytes::from_static(b"crm"),
        destination: DestinationId::new("crm").ok(),
        source: "events/0@0".into(),
        accepted_at: KafkaTime::from_millis(0),
        mapping: None,
        progress: Progress::default(),
        last: None,
        made_by: MadeBy::Route,
        stamp: None,
        value: Bytes::copy_from_slice(event.as_bytes()),
    };
    (0..).zip(events).map(delivery).collect()
}

fn id_of(request: &Request) -> &str {
    let [("webhook-id", id)] = request.extra.as_slice() else {
        panic!("only the id is left to add, and there is {:?}", request.extra);
    };
    id
}

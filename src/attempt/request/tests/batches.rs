//! Several events in one request.

use super::*;
use crate::attempt::signature::SigningKey;
use crate::delivery::batch::Parcel;

fn batch_of(data: Data, keys: &[&str]) -> Sender {
    sender(SendMapping { data, batch: batching(keys), ..whole_event() })
}

fn payload() -> Sender {
    batch_of(data(r#"{"@path":"$.p"}"#), &[])
}

fn parcel(sender: &Sender, event: &str) -> Parcel {
    sender.batching().unwrap().measure.parcel(event.as_bytes())
}

fn key(sender: &Sender, event: &str) -> u64 {
    parcel(sender, event).key.unwrap()
}

fn built(sender: &Sender, events: &[&str]) -> Result<Request, Unsendable> {
    sender.build(&deliveries(events)).map(|mut requests| {
        assert_eq!(requests.len(), 1);
        requests.remove(0)
    })
}

#[test]
fn a_batch_is_an_array_signed_over_its_first_element() {
    let request = built(&payload(), &[r#"{"p":{"a":1}}"#, r#"{"q":0}"#, r#"{"p":{"a":3}}"#]).unwrap();
    assert_eq!(request.body, r#"[{"a":1},null,{"a":3}]"#);
    let signature = SigningKey::new(&Secret::new("abc123")).unwrap().sign(br#"{"a":1}"#);
    assert!(request.headers.shown().contains(&("x-signature".to_owned(), signature)));
}

#[test]
fn a_batch_whose_first_has_no_data_is_unsigned() {
    let request = built(&payload(), &[r#"{"p":null}"#, r#"{"p":{"a":3}}"#]).unwrap();
    assert_eq!(request.body, r#"[null,{"a":3}]"#);
    assert!(!request.headers.contains("x-signature"));
    assert!(request.headers.contains("content-type"));
}

#[test]
fn a_batch_of_one_is_an_array_as_well() {
    let preview = request(&payload(), r#"{"p":{"a":1}}"#).unwrap();
    assert_eq!(preview.body.as_deref(), Some(r#"[{"a":1}]"#));
    let delivery = deliveries(&[r#"{"p":{"a":1}}"#]);
    let requests = payload().build(&delivery).unwrap();
    assert_eq!(id_of(&requests[0]), BatchId::of([delivery[0].id]).to_string());
}

#[test]
fn a_batch_has_the_same_id_whenever_it_is_tried() {
    let events = [r#"{"p":{"a":1}}"#, r#"{"p":{"a":2}}"#];
    let id = |events: &[&str]| id_of(&built(&payload(), events).unwrap()).to_owned();
    assert!(id(&events).starts_with("bat_"));
    assert_eq!(id(&events), id(&events));
    assert_ne!(id(&events), id(&events[..1]));
    let single = sender(whole_event()).build(&deliveries(&["{}"])).unwrap();
    assert_eq!(id_of(&single[0]), deliveries(&["{}"])[0].id.to_string());
}

#[test]
fn different_urls_methods_or_headers_have_different_keys_and_are_never_mixed() {
    let made = |part: &str| {
        let mut mapping_of = SendMapping { batch: batching(&[]), ..whole_event() };
        match part {
            "url" => mapping_of.url = mapping(r#"{"@template":"https://crm.test/{{x}}"}"#),
            "method" => mapping_of.method = mapping(r#"{"@path":"$.x"}"#),
            _ => mapping_of.headers = Some(mapping(r#"{"X-A":{"@path":"$.x"}}"#)),
        }
        sender(mapping_of)
    };
    let (one, other) = (r#"{"x":"PUT","n":1}"#, r#"{"x":"POST","n":1}"#);
    for part in ["url", "method", "headers"] {
        let sender = made(part);
        assert_eq!(key(&sender, one), key(&sender, r#"{"x":"PUT","n":2}"#), "{part}");
        assert_ne!(key(&sender, one), key(&sender, other), "{part}");
        assert!(matches!(built(&sender, &[one, other]), Err(Unsendable::Invalid(_))), "{part}");
        assert!(built(&sender, &[one, one]).is_ok(), "{part}");
    }
}

#[test]
fn batch_keys_keep_apart_what_differs_inside_the_data() {
    let (a, b) = (r#"{"acc":{"id":1},"n":1}"#, r#"{"acc":{"id":2},"n":1}"#);
    for data_of in [Data::WholeEvent, data(r#"{"acc":{"@path":"$.acc"}}"#)] {
        let sender = batch_of(data_of.clone(), &["url", "data.acc.id"]);
        assert_eq!(key(&sender, a), key(&sender, r#"{"acc":{"id":1,"x":0},"n":3}"#));
        assert_ne!(key(&sender, a), key(&sender, b));
        assert_ne!(key(&sender, a), key(&sender, "{}"));
        assert!(matches!(built(&sender, &[a, b]), Err(Unsendable::Invalid(_))));
        // Without the key they go together.
        let sender = batch_of(data_of, &["url", "method", "headers"]);
        assert_eq!(key(&sender, a), key(&sender, b));
    }
    let sender = batch_of(data(r#"{"@path":"$.acc"}"#), &["data"]);
    assert_eq!(key(&sender, a), key(&sender, r#"{"acc":{"id":1}}"#));
    assert_ne!(key(&sender, a), key(&sender, b));
}

#[test]
fn what_cannot_be_resolved_goes_alone_and_is_told_there() {
    let sender = payload();
    let bad = r#"{"p":[1]}"#;
    assert_eq!(parcel(&sender, bad).key, None);
    assert!(matches!(built(&sender, &[bad]), Err(Unsendable::Invalid(_))));
    assert!(matches!(built(&sender, &[r#"{"p":{}}"#, bad]), Err(Unsendable::Invalid(_))));
}

#[test]
fn a_parcel_is_as_long_as_its_text_in_the_body() {
    let whole = batch_of(Data::WholeEvent, &[]);
    let events = [r#"{ "a" : 1.0 }"#, r#"{"a":1}"#, r#"{"p":{"x":"é"}}"#, "{}"];
    for sender in [whole, payload(), batch_of(Data::Nothing, &[]), batch_of(data(r#"{"k":1}"#), &["data.k"])] {
        let bytes: usize = events.iter().map(|event| parcel(&sender, event).bytes).sum();
        let body = built(&sender, &events).unwrap().body;
        assert_eq!(bytes + events.len() + 1, body.len());
    }
}

#[test]
fn only_lanes_that_batch_take_several() {
    let several = deliveries(&["{}", "{}"]);
    let hook = Hook { url: "https://crm.test/".parse().unwrap(), headers: Vec::new() };
    for sender in [sender(whole_event()), sender_of(&destination(Sends::Hooks(vec![hook])))] {
        assert!(sender.batching().is_none());
        assert!(matches!(sender.build(&several), Err(Unsendable::Ours(_))));
        assert!(matches!(sender.build(&[]), Err(Unsendable::Ours(_))));
    }
    assert!(matches!(payload().build(&[]), Err(Unsendable::Ours(_))));
    let batching = payload().batching().unwrap();
    assert_eq!((batching.size, batching.wait), (10, Duration::from_secs(1)));
}

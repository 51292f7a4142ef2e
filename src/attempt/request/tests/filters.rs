//! What filters take out never leaves, whatever is made of the event.

use super::*;
use crate::route::filter::{Action, Condition, Fields, Filter};

fn filters(condition: &str, actions: Vec<Action>) -> Filters {
    let condition = Condition::parse(condition).unwrap();
    Filters::new(vec![Filter { title: None, enabled: true, condition, actions }]).unwrap()
}

fn without(path: &str, name: &str) -> Action {
    let mut fields = Fields::new();
    fields.add(path, [name]).unwrap();
    Action::DropProperties(fields)
}

fn filtered(sends: Sends, filters: Filters) -> Sender {
    sender_of(&Destination { filters, ..destination(sends) })
}

fn mapped(mapping: SendMapping) -> Sends {
    Sends::Mappings(vec![Arc::new(mapping)])
}

fn hook() -> Sends {
    Sends::Hooks(vec![Hook { url: "https://crm.test/".parse().unwrap(), headers: Vec::new() }])
}

const EVENT: &str = r#"{"type":"track","traits":{"email":"hidden","age":1.0}}"#;

#[test]
fn a_member_is_taken_out_before_body_and_mapping_and_signature() {
    let email = || filters("all", vec![without("traits", "email")]);
    let mapped_data = with_data(r#"{"e":{"@path":"$.traits.email"},"a":{"@path":"$.traits.age"}}"#);
    let url = SendMapping { url: mapping(r#"{"@template":"https://a.test/{{traits.email}}"}"#), ..whole_event() };
    let whole = r#"{"type":"track","traits":{"age":1}}"#;
    for (sends, body) in
        [(hook(), whole), (mapped(whole_event()), whole), (mapped(mapped_data), r#"{"a":1}"#), (mapped(url), whole)]
    {
        let preview = request(&filtered(sends, email()), EVENT).unwrap();
        assert_eq!(preview.body.as_deref(), Some(body));
        assert!(!preview.url.contains("/hidden"), "{}", preview.url);
        let signature = crate::attempt::signature::signature(&Secret::new("abc123"), body.as_bytes());
        assert_eq!(preview.headers.get("x-signature"), signature.as_ref());
    }
}

#[test]
fn an_event_that_is_not_changed_is_sent_as_it_came() {
    let event = r#"{"type":"track","traits":{"name":"\ud800"}}"#;
    for sends in [hook(), mapped(whole_event())] {
        let sender = filtered(sends, filters("all", vec![without("traits", "email")]));
        assert_eq!(request(&sender, event).unwrap().body.as_deref(), Some(event));
    }
}

#[test]
fn what_only_drops_plays_no_part_at_an_attempt() {
    for sends in [hook(), mapped(whole_event())] {
        assert!(request(&filtered(sends, filters("all", vec![Action::Drop])), EVENT).is_ok());
    }
}

#[test]
fn a_condition_that_fails_holds_the_event_back() {
    let failing = || filters("type in traits.age", vec![without("traits", "email")]);
    let batching_mapping = SendMapping { batch: batching(&[]), ..whole_event() };
    for sends in [hook(), mapped(whole_event()), mapped(batching_mapping)] {
        let sender = filtered(sends, failing());
        let error = request(&sender, EVENT).unwrap_err();
        assert!(error.starts_with("filter 1: its condition fails: ") && !error.contains("hidden"), "{error}");
        let parcel = sender.batching().map(|batching| batching.measure.parcel(EVENT.as_bytes()).key);
        assert!(parcel.is_none_or(|key| key.is_none()));
    }
}

#[test]
fn what_is_taken_out_does_not_depend_on_how_integers_are_sent() {
    let event = r#"{"type":"track","id":9007199254740993,"traits":{"email":"hidden"}}"#;
    let filters = filters("id = 9007199254740993", vec![without("traits", "email")]);
    let sends = hook();
    let destination = Destination { filters, big_integers: BigIntegers::JavaScript, ..destination(sends) };
    let preview = request(&sender_of(&destination), event).unwrap();
    assert_eq!(preview.body.as_deref(), Some(r#"{"type":"track","id":9007199254740992,"traits":{}}"#));
}

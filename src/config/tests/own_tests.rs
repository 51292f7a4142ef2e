//! Tests of the tests that a configuration may hold: what they mean, and what is said of wrong ones.

use super::{Scene, loaded};
use crate::config::testing::{ConfigTest, Expect, ExpectedBody, ExpectedRequest, TestTopic};
use crate::event::json::{BigIntegers, Tree};

const DESTINATIONS: &str = r#"
destinations:
  - { id: crm, type: webhooks, url: https://a.example/ }
  - id: shop
    type: webhooks_actions
    mappings:
      - { name: orders, trigger: 'type = "track"', url: https://a.example/ }
      - { name: users, trigger: 'type = "identify"', url: https://a.example/ }
  - { id: one, type: webhooks_actions, mappings: [{ trigger: 'type = "track"', url: https://a.example/ }] }
"#;

/// A configuration with one test, which begins on line 2.
fn with_test(test: &str) -> String {
    format!("tests:\n- {test}\n{}", DESTINATIONS.trim_start())
}

fn only(test: &str) -> ConfigTest {
    loaded(with_test(test)).tests.remove(0)
}

fn request(request: &str) -> ExpectedRequest {
    match only(&format!("{{ event: {{}}, destination: crm, expect: {{ request: {request} }} }}")).expect {
        Expect::Request(request) => request,
        Expect::Reason(_) => panic!("a request"),
    }
}

#[test]
fn a_test_with_little_gets_the_defaults() {
    let test = only("{ event: { type: track, big: 12345678901234567890 }, destination: crm, expect: { request: {} } }");
    assert_eq!((test.name, test.topic, test.mapping), (None, TestTopic::Events, None));
    assert_eq!(test.event, br#"{"type":"track","big":12345678901234567890}"#);
    assert_eq!(test.destination.as_str(), "crm");
    assert_eq!(test.expect, Expect::Request(ExpectedRequest::default()));
    assert!(test.at.ends_with("webhooks.yaml:2"), "{}", test.at);
}

#[test]
fn what_is_written_in_a_test_is_what_is_meant() {
    let test = only(
        "{ name: \"${WORD}\", topic: audiences, event: '{ \"a\": 1.0, \"$b\": \"${WORD}\" }', \
         destination: shop, mapping: users, expect: { reason: no_matching_mapping } }",
    );
    assert_eq!((test.name.as_deref(), test.topic), (Some("hush-hush"), TestTopic::Audiences));
    assert_eq!(test.event, br#"{ "a": 1.0, "$b": "hush-hush" }"#);
    assert_eq!((test.destination.as_str(), test.mapping.as_deref()), ("shop", Some("users")));
    assert_eq!(test.expect, Expect::Reason("no_matching_mapping".into()));
    let full = request("{ method: PUT, url: https://b.example/$x, headers: { X-A: 1, x-b: b }, body: '{}' }");
    let expected = ExpectedRequest {
        method: Some("PUT".into()),
        url: Some("https://b.example/$x".into()),
        headers: vec![("X-A".into(), "1".into()), ("x-b".into(), "b".into())],
        body: Some(ExpectedBody::Text("{}".into())),
    };
    assert_eq!(full, expected);
    assert_eq!(request("{ body: ~ }").body, Some(ExpectedBody::None));
    let tree = |text: &str| Some(ExpectedBody::Json(Tree::read(text.as_bytes(), BigIntegers::Exact).unwrap()));
    assert_eq!(request("{ body: { a: [1.50, ~] } }").body, tree(r#"{"a":[1.5,null]}"#));
    assert_eq!(request("{ body: [] }").body, tree("[]"));
}

#[test]
fn each_mistake_of_a_test_is_named_with_place_and_remedy() {
    let rest = "event: {}, destination: shop, expect: { request: {} }";
    for (test, expected) in [
        (
            "{ destination: crm, expect: { request: {} } }".to_owned(),
            "2:3: tests[0].event: is missing | write it as an object, `event: { type: track, event: Order }`, or as the text of one",
        ),
        (
            "{ event: [], destination: crm, expect: { request: {} } }".to_owned(),
            "2:12: tests[0].event: expected an event, found a list | write it as an object, `event: { type: track, event: Order }`, or as the text of one",
        ),
        (
            "{ event: {}, expect: { request: {} } }".to_owned(),
            "2:3: tests[0].destination: is missing | name the destination the test is about by its id",
        ),
        (
            "{ event: {}, destination: shopp, expect: { request: {} } }".to_owned(),
            "2:29: tests[0].destination: there is no destination `shopp` | did you mean `shop`?",
        ),
        (
            "{ event: {}, destination: x, expect: { request: {} } }".to_owned(),
            "2:29: tests[0].destination: there is no destination `x` | there is crm, shop, one",
        ),
        (
            format!("{{ {rest}, mapping: order }}"),
            "2:69: tests[0].mapping: the destination has no mapping `order` | did you mean `orders`?",
        ),
        (
            format!("{{ {}, mapping: a }}", rest.replace("shop", "crm")),
            "2:68: tests[0].mapping: the destination has no mappings | leave `mapping` out",
        ),
        (
            format!("{{ {}, mapping: a }}", rest.replace("shop", "one")),
            "2:68: tests[0].mapping: the destination has no mapping `a` | its only mapping has no name; leave `mapping` out",
        ),
        (
            format!("{{ {rest}, topic: event }}"),
            "2:67: tests[0].topic: `event` is not a choice here | write events or audiences",
        ),
        (format!("{{ {rest}, nam: a }}"), "2:60: tests[0].nam: unknown key `nam` | did you mean `name`?"),
        (
            "{ event: {}, destination: crm }".to_owned(),
            "2:3: tests[0].expect: is missing | write `expect: { request: { … } }` or `expect: { reason: … }`; `request: {}` is any request",
        ),
        (
            "{ event: {}, destination: crm, expect: {} }".to_owned(),
            "2:42: tests[0].expect: nothing is expected | write `expect: { request: { … } }` or `expect: { reason: … }`; `request: {}` is any request",
        ),
        (
            "{ event: {}, destination: crm, expect: { request: {}, reason: malformed } }".to_owned(),
            "2:65: tests[0].expect.reason: `request` and `reason` cannot both be expected | write `expect: { request: { … } }` or `expect: { reason: … }`; `request: {}` is any request",
        ),
        (
            "{ event: {}, destination: crm, expect: { reason: filtered_by_rule } }".to_owned(),
            "2:52: tests[0].expect.reason: `filtered_by_rule` is not a reason | did you mean `filtered_by_rules`?",
        ),
        (
            "{ event: {}, destination: crm, expect: { request: { headers: { a: ~ } } } }".to_owned(),
            "2:66: tests[0].expect.request.headers.a: has no value | write the value that is expected",
        ),
        (
            "{ event: {}, destination: crm, expect: { request: { boddy: ~ } } }".to_owned(),
            "2:55: tests[0].expect.request.boddy: unknown key `boddy` | did you mean `body`?",
        ),
    ] {
        assert_eq!(Scene::new(with_test(&test)).complaints(), [format!("webhooks.yaml:{expected}")], "{test}");
    }
}

#[test]
fn a_destination_that_is_wrong_is_not_called_unknown_as_well() {
    let yaml =
        with_test("{ event: {}, destination: crm, expect: { request: {} } }").replace("id: crm", "id: crm, typ: a");
    assert_eq!(Scene::new(yaml.replace("id: crm, typ: a", "id: CRM")).complaints().len(), 1);
    assert_eq!(Scene::new(yaml).complaints().len(), 1);
}

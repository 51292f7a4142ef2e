//! The request of a single event.

use super::*;
use crate::attempt::signature::SigningKey;

const EVENT: &str = r#"{ "type": "track", "userId": "u-1", "n": 1.0, "id": 12345678901234567890 }"#;

#[test]
fn an_event_as_a_whole_is_sent_as_javascript_prints_it() {
    let preview = request(&sender(whole_event()), EVENT).unwrap();
    assert_eq!(preview.method, "POST");
    assert_eq!(preview.url, "https://crm.test/hook?token=hidden");
    let body = r#"{"type":"track","userId":"u-1","n":1,"id":12345678901234567890}"#;
    assert_eq!(preview.body.as_deref(), Some(body));
    let signature = SigningKey::new(&Secret::new("abc123")).unwrap().sign(body.as_bytes());
    let headers = [
        ("content-type", "application/json"),
        ("user-agent", "Segment (Actions)"),
        ("x-signature", signature.as_str()),
    ];
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(preview.headers, headers.into());
}

#[test]
fn a_text_that_is_right_already_is_not_copied_and_keeps_lone_surrogates() {
    let sender = sender(whole_event());
    let deliveries = deliveries(&[r#"{"type":"track","name":"\ud800"}"#]);
    let requests = sender.build(&deliveries).unwrap();
    assert_eq!(requests[0].body.as_ptr(), deliveries[0].value.as_ptr());
}

#[test]
fn integers_are_kept_or_rounded_as_the_destination_says() {
    let whole = || SendMapping {
        data: data(r#"{"id":{"@path":"$.id"},"j":{"@json":{"mode":"decode","value":{"@path":"$.t"}}}}"#),
        ..whole_event()
    };
    let event = r#"{"type":"track","id":12345678901234567890,"t":"[9007199254740993]"}"#;
    assert_eq!(body(whole(), event).unwrap().unwrap(), r#"{"id":12345678901234567890,"j":[9007199254740993]}"#);
    let mut rounding = destination(Sends::Mappings(vec![Arc::new(whole())]));
    rounding.big_integers = BigIntegers::JavaScript;
    let rounded = request(&sender_of(&rounding), event).unwrap().body;
    assert_eq!(rounded.unwrap(), r#"{"id":12345678901234567000,"j":[9007199254740992]}"#);
}

#[test]
fn url_method_and_headers_may_be_made_of_the_event() {
    let sender = sender(SendMapping {
        url: mapping(r#"{"@template":"https://{{host}}.test/{{userId}}"}"#),
        method: mapping(r#"{"@path":"$.verb"}"#),
        headers: Some(mapping(r#"{"X-User":{"@path":"$.userId"},"X-None":{"@path":"$.none"}}"#)),
        ..whole_event()
    });
    let preview = request(&sender, r#"{"host":"a","userId":"u-1","verb":"PATCH"}"#).unwrap();
    assert_eq!((preview.method, preview.url.as_str()), ("PATCH", "https://a.test/u-1"));
    assert_eq!(preview.headers["x-user"], "u-1");
    assert!(!preview.headers.contains_key("x-none"));
    let refused = |event| request(&sender, event).unwrap_err();
    assert_eq!(&*refused(r#"{"host":"a","userId":"u-1","verb":"patch"}"#), "method: is none of POST, PUT and PATCH");
    let error = refused(r#"{"host":"a","userId":"hidden name","verb":"PUT"}"#);
    assert!(error.starts_with("url: ") && !error.contains("hidden"), "{error}");
    let error = refused(r#"{"host":"a","userId":"hidden\nname","verb":"PUT"}"#);
    assert!(!error.contains("hidden"), "{error}");
}

#[test]
fn without_data_there_is_neither_body_nor_signature_nor_content_type() {
    let nothing = SendMapping { data: Data::Nothing, ..with_headers(r#"{"Content-Type":"text/plain","X-A":1}"#) };
    let made_nothing =
        [with_data(r#"{"@path":"$.none"}"#), with_data(r#"{"@path":"$.nil"}"#), with_data(r#"{"@path":"$.empty"}"#)];
    for mapping in made_nothing.into_iter().chain([nothing, with_data("null"), with_data("\"\"")]) {
        let preview = request(&sender(mapping), r#"{"nil":null,"empty":""}"#).unwrap();
        assert_eq!(preview.body, None);
        let names: Vec<&str> = preview.headers.keys().map(String::as_str).filter(|name| *name != "x-a").collect();
        assert_eq!(names, ["user-agent"]);
    }
    assert_eq!(body(with_data("{}"), "{}").unwrap().as_deref(), Some("{}"));
}

#[test]
fn data_that_is_no_object_is_refused() {
    for (data, kind) in [
        (r#"{"@path":"$.list"}"#, "data: is a list,"),
        (r#"{"@path":"$.text"}"#, "data: is a text,"),
        (r#"{"@path":"$.number"}"#, "data: is a number,"),
        (r#"{"@path":"$.yes"}"#, "data: is true or false,"),
        ("[1]", "data: is a list,"),
        ("-5", "data: is a number,"),
    ] {
        let error = body(with_data(data), r#"{"list":["hidden"],"text":"hidden","number":5,"yes":false}"#).unwrap_err();
        assert!(error.starts_with(kind) && !error.contains("hidden"), "{error}");
    }
}

#[test]
fn a_mapping_that_fails_says_where_and_shows_nothing_of_the_event() {
    let error = body(with_data(r#"{"a":{"b":{"@path":{"@path":"$.n"}}}}"#), r#"{"n":4711}"#).unwrap_err();
    assert!(error.starts_with("data.a.b.@path: ") && !error.contains("4711"), "{error}");
    let failing = SendMapping { url: mapping(r#"{"@template":{"@path":"$.n"}}"#), ..whole_event() };
    let error = body(failing, r#"{"n":4711}"#).unwrap_err();
    assert!(error.starts_with("url.@template: "), "{error}");
}

#[test]
fn what_is_no_object_is_no_event() {
    for event in ["", "[1]", "5", "null", "{", "\u{feff}{}"] {
        for mapping in [whole_event(), with_data(r#"{"a":{"@path":"$."}}"#)] {
            let error = body(mapping, event).unwrap_err();
            assert!(error.starts_with("the value is no event: "), "{error}");
        }
    }
}

#[test]
fn a_mapping_may_bring_its_own_signature_and_id() {
    let sender = sender(with_headers(r#"{"x-SIGNATURE":"mine","Webhook-Id":"mine"}"#));
    let preview = request(&sender, "{}").unwrap();
    assert_eq!((preview.headers["x-signature"].as_str(), preview.headers["webhook-id"].as_str()), ("mine", "mine"));
}

#[test]
fn a_constant_that_cannot_be_sent_is_told_at_each_attempt() {
    let url = SendMapping { url: mapping(r#""https://crm.test/a b""#), ..whole_event() };
    let method = SendMapping { method: mapping(r#""GET""#), ..whole_event() };
    for (part, faulty) in
        [("url", url), ("method", method), ("headers", with_headers(r#"{"Host":"a"}"#)), ("data", with_data("[1]"))]
    {
        let error = body(faulty, "{}").unwrap_err();
        assert!(error.starts_with(part), "{error}");
    }
}

#[test]
fn each_mapping_of_a_destination_is_a_lane_of_its_own() {
    let named = |name: &str| Arc::new(SendMapping { name: Some(name.into()), ..whole_event() });
    let lanes = Sender::all(&destination(Sends::Mappings(vec![named("a"), named("b")])), &mut Clients::default());
    let names: Vec<_> = lanes.unwrap().into_iter().map(|(lane, _)| lane.mapping).collect();
    assert_eq!(names, [Some("a".into()), Some("b".into())]);
}

#[test]
fn nothing_of_a_request_shows_in_debug_output() {
    let shown = format!("{:?}", sender(with_headers(r#"{"Authorization":"hidden"}"#)));
    assert!(!shown.contains("hidden"), "{shown}");
    let hook = Hook { url: "https://crm.test/hidden".parse().unwrap(), headers: vec![("a".into(), "hidden".into())] };
    let shown = format!("{:?}", sender_of(&destination(Sends::Hooks(vec![hook]))));
    assert!(!shown.contains("hidden"), "{shown}");
}

//! Odd but valid events are delivered as JavaScript would print them.

use crate::support::program::Setup;
use crate::support::receiver::Receiver;

#[test]
fn odd_but_valid_events_are_delivered() {
    let digits = "123456789012345678901234567890".repeat(2);
    let long = format!(r#"{{"type":"track","n":{digits}}}"#);
    let deep = format!(r#"{{"type":"track","a":{}{}}}"#, "[".repeat(999), "]".repeat(999));
    let cases = [
        (r#"{"type":"track","a":"\ud800"}"#, r#"{"type":"track","a":"\ud800"}"#),
        (r#"{"type":"track","a":"\udc00\ud800"}"#, r#"{"type":"track","a":"\udc00\ud800"}"#),
        (r#"{"type":"track","n":1e400}"#, r#"{"type":"track","n":null}"#),
        (r#"{"type":"track","n":-1e400}"#, r#"{"type":"track","n":null}"#),
        (r#"{"type":"track","a":1,"b":2,"a":3}"#, r#"{"type":"track","a":3,"b":2}"#),
        (r#"{"type":"page","type":"track"}"#, r#"{"type":"track"}"#),
        (long.as_str(), long.as_str()),
        (deep.as_str(), deep.as_str()),
        (r#"{"type":"track","a":"\u0000"}"#, r#"{"type":"track","a":"\u0000"}"#),
        (r#"{"type":"track","__proto__":{"x":1}}"#, r#"{"type":"track","__proto__":{"x":1}}"#),
        (r#"{"type":"track","userId":null,"messageId":7}"#, r#"{"type":"track","userId":null,"messageId":7}"#),
    ];
    let receiver = Receiver::start();
    let mut setup = Setup::local("odd");
    setup.destination("crm", receiver.url("/hook"), "");
    let program = setup.start_ready();
    setup.events(&cases.map(|(event, _)| event));

    let seen = receiver.wait_for(cases.len());
    setup.quiet();
    let mut bodies: Vec<_> = seen.iter().map(|seen| String::from_utf8(seen.body.to_vec()).unwrap()).collect();
    let mut expected: Vec<_> = cases.iter().map(|(_, body)| (*body).to_owned()).collect();
    bodies.sort();
    expected.sort();
    assert_eq!(bodies, expected);
    assert!(setup.read("dead-letters").is_empty());
    assert_eq!(program.metric("webhooks_events_malformed_total", &[]), 0.0);
    program.stop();
}

//! The consumer sends an event to each hook of a destination once; any success settles it, else all are tried again.

use kafka_webhooks::attempt::signature::signature;
use kafka_webhooks::route::destination::Secret;

use crate::support::program::Setup;
use crate::support::receiver::{Receiver, Reply};
use crate::support::topics::{New, Seen};

const EVENT: &str = r#"{"type":"track","event":"Order Completed","messageId":"m-1"}"#;

/// A destination `crm` with one hook for each path.
fn with_hooks(name: &str, receiver: &Receiver, paths: &[&str]) -> Setup {
    let hooks: Vec<String> = paths.iter().map(|path| format!("{{ url: \"{}\" }}", receiver.url(path))).collect();
    let mut setup = Setup::local(name);
    setup.destinations = format!("  - {{ id: crm, type: webhooks, hooks: [{}] }}\n", hooks.join(", "));
    setup
}

fn answering(replies: &[(&str, &[u16])]) -> Receiver {
    let receiver = Receiver::start();
    for (path, statuses) in replies {
        receiver.script(path, statuses.iter().map(|status| Reply::status(*status)));
    }
    receiver
}

#[test]
fn one_success_among_failures_settles_the_delivery() {
    let receiver = answering(&[("/a", &[500]), ("/b", &[200]), ("/c", &[500])]);
    let setup = with_hooks("hooks-any", &receiver, &["/a", "/b", "/c"]);
    let program = setup.start_ready();
    setup.events(&[EVENT]);

    program.counts("webhooks_deliveries_delivered_total", &[r#"destination="crm""#], 1.0);
    setup.quiet();
    for path in ["/a", "/b", "/c"] {
        assert_eq!(receiver.requests_for(path).len(), 1, "{path}");
    }
    assert_eq!(program.metric("webhooks_deliveries_delivered_total", &[]), 1.0);
    assert_eq!(program.metric("webhooks_attempts_total", &[r#"outcome="delivered""#]), 1.0);
    assert_eq!(program.metric("webhooks_attempts_total", &[]), 1.0, "an attempt counts once, however many hooks");
    assert!(setup.read("dead-letters").is_empty());
    program.stop();
}

#[test]
fn one_failure_that_can_be_retried_outweighs_a_rejection() {
    let receiver = answering(&[("/a", &[404]), ("/b", &[503, 200])]);
    let setup = with_hooks("hooks-retried", &receiver, &["/a", "/b"]);
    let program = setup.start_ready();
    setup.events(&[EVENT]);

    let waited = setup.wait_for("delays.100ms", 1);
    assert_eq!(waited[0].header("last-outcome"), Some("server_error"));
    assert_eq!(waited[0].header("last-status"), Some("503"));
    program.counts("webhooks_deliveries_delivered_total", &[], 1.0);
    setup.quiet();
    for path in ["/a", "/b"] {
        let seen = receiver.requests_for(path);
        assert_eq!(seen.len(), 2, "all hooks are tried again: {path}");
        assert_eq!(seen[0].header("webhook-id"), seen[1].header("webhook-id"));
    }
    assert_eq!(program.metric("webhooks_deliveries_first_attempt_delivered_total", &[]), 0.0);
    program.stop();
}

#[test]
fn rejections_alone_make_a_dead_letter_at_once() {
    let receiver = answering(&[("/a", &[404]), ("/b", &[404])]);
    let setup = with_hooks("hooks-rejected", &receiver, &["/a", "/b"]);
    let program = setup.start_ready();
    let event = " {\"type\":\"track\", \"n\": 1.0}\n";
    setup.put("events", New { key: Some(b"user-7"), value: Some(event.as_bytes()), ..New::default() });

    let dead = setup.wait_for("dead-letters", 1);
    setup.quiet();
    check_rejected(&dead[0], &setup, event);
    let source = &setup.read("events")[0];
    let at = format!("{}/{}@{}", setup.topic("events"), source.partition, source.offset);
    assert_eq!(dead[0].header("source"), Some(at.as_str()));
    assert_eq!(dead[0].header("delivery-id"), receiver.requests()[0].header("webhook-id"));
    assert_eq!(receiver.requests().len(), 2, "one for each hook and no more");
    assert_eq!(program.metric("webhooks_deliveries_dead_lettered_total", &[r#"reason="rejected""#]), 1.0);
    assert!(setup.read("delays.100ms").is_empty());
    program.stop();
}

fn check_rejected(dead: &Seen, setup: &Setup, event: &str) {
    assert_eq!(dead.key_text(), "crm");
    assert_eq!(dead.value.as_deref(), Some(event.as_bytes()), "byte for byte");
    for (name, value) in [
        ("reason", "rejected"),
        ("fault", "receiver"),
        ("last-outcome", "rejected"),
        ("last-status", "404"),
        ("attempts", "1"),
        ("hops", "0"),
        ("replays", "0"),
    ] {
        assert_eq!(dead.header(name), Some(value), "{name}");
    }
    let accepted = setup.read("events")[0].timestamp;
    assert_eq!(time(dead, "accepted-at"), accepted);
    let order = [accepted, time(dead, "window-started-at"), time(dead, "last-attempt-at"), time(dead, "dead-at")];
    assert!(order.is_sorted(), "{order:?}");
    assert_eq!(dead.header("final-wait"), None);
    assert_eq!(dead.header("last-error"), Some("the receiver answered 404"));
}

/// A time in a header, which must be RFC 3339 in UTC with milliseconds.
fn time(record: &Seen, name: &str) -> i64 {
    let text = record.header(name).unwrap();
    assert!(text.len() == "2012-12-02T00:30:08.276Z".len() && text.ends_with('Z'), "{name}: {text}");
    text.parse::<jiff::Timestamp>().unwrap().as_millisecond()
}

#[test]
fn seven_hooks_are_refused() {
    let receiver = Receiver::start();
    let setup = with_hooks("hooks-seven", &receiver, &["/1", "/2", "/3", "/4", "/5", "/6", "/7"]);
    for command in ["check", "run"] {
        let output = setup.command(&[command]);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{command}: {said}");
        assert!(said.contains("destinations[0].hooks: there are 7 hooks"), "{said}");
        assert!(output.stdout.is_empty());
    }
    assert_eq!(receiver.connections(), 0);
}

#[test]
fn headers_of_a_hook_win_over_ours() {
    let receiver = Receiver::start();
    let mut setup = Setup::local("hooks-headers");
    let headers = "{ X-Team: growth, USER-AGENT: mine/2, Authorization: Bearer abc, X-Empty: \"\" }";
    let url = receiver.url("/a");
    setup.destinations = format!(
        "  - {{ id: crm, type: webhooks, shared_secret: s3, hooks: [{{ url: \"{url}\", headers: {headers} }}] }}\n"
    );
    let program = setup.start_ready();
    setup.events(&[EVENT]);

    let seen = &receiver.wait_for(1)[0];
    assert_eq!(seen.header("x-team"), Some("growth"));
    assert_eq!(seen.header("authorization"), Some("Bearer abc"));
    assert_eq!(seen.header("x-empty"), Some(""));
    let agents = seen.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("user-agent"));
    assert_eq!(agents.map(|(_, value)| value.as_str()).collect::<Vec<_>>(), ["mine/2"]);
    assert_eq!(seen.header("content-type"), Some("application/json"));
    assert_eq!(seen.header("x-signature"), signature(&Secret::new("s3"), &seen.body).as_deref());
    program.stop();
}

#[test]
fn a_hook_cannot_change_the_content_type() {
    let mut setup = Setup::local("hooks-content-type");
    let hook = "{ url: \"http://127.0.0.1:9/\", headers: { content-TYPE: text/plain } }";
    setup.destinations = format!("  - {{ id: crm, type: webhooks, hooks: [{hook}] }}\n");
    let output = setup.command(&["check"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("destinations[0].hooks[0].headers.content-TYPE"), "{said}");
}

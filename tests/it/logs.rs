//! The consumer logs one object a line, one wide line for each failed attempt, and never a secret, a body or a query.

use serde_json::Value;

use crate::support::program::{Program, Setup, command};
use crate::support::receiver::{Receiver, Reply};

/// What must never be seen: each stands in one place that a careless line would show.
const SECRETS: [&str; 5] = ["SHARED-SECRET-1", "QUERY-TOKEN-2", "HEADER-TOKEN-3", "BODY-OF-EVENT-4", "ANSWER-BODY-5"];

/// Destinations that fail in different ways, each with secrets wherever there can be some.
fn failing(setup: &mut Setup, receiver: &Receiver) {
    let refused = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap();
    for (id, url) in [
        ("rejecting", receiver.url("/404?token=QUERY-TOKEN-2").to_string()),
        ("failing", receiver.url("/500?token=QUERY-TOKEN-2").to_string()),
        ("silent", receiver.url("/silent?token=QUERY-TOKEN-2").to_string()),
        ("closing", receiver.url("/closing?token=QUERY-TOKEN-2").to_string()),
        ("babbling", receiver.url("/babbling?token=QUERY-TOKEN-2").to_string()),
        ("nowhere", format!("http://{refused}/x?token=QUERY-TOKEN-2")),
        ("nameless", "http://no-such-name.invalid/x?token=QUERY-TOKEN-2".to_owned()),
        ("blocked", "http://localhost:9/x?token=QUERY-TOKEN-2".to_owned()),
        ("plain", format!("https://127.0.0.1:{}/x?token=QUERY-TOKEN-2", receiver.address().port())),
        ("fine", receiver.url("/200?token=QUERY-TOKEN-2").to_string()),
    ] {
        let allow = if id == "blocked" { "" } else { ", allow_networks: [127.0.0.0/8]" };
        let headers = "{ Authorization: Bearer HEADER-TOKEN-3 }";
        setup.destinations.push_str(&format!(
            "  - {{ id: {id}, type: webhooks, timeout: 500ms, shared_secret: SHARED-SECRET-1{allow}, \
             hooks: [{{ url: \"{url}\", headers: {headers} }}] }}\n"
        ));
    }
    let answer = |status| Reply::status(status).body("ANSWER-BODY-5").header("x-answer", "ANSWER-BODY-5");
    receiver.script("/404", [answer(404)]);
    receiver.script("/500", [answer(500)]);
    receiver.script("/silent", [Reply::hang()]);
    receiver.script("/closing", [Reply::close()]);
    receiver.script("/babbling", [Reply::raw("ANSWER-BODY-5\r\n\r\n")]);
    receiver.script("/200", [answer(200)]);
}

fn start(setup: &Setup, level: &str) -> Program {
    let mut command = command();
    command.arg("--config").arg(setup.write_config()).args(["run", "--log-level", level]);
    let program = Program::spawn(command);
    program.ready();
    program
}

/// Every line as an object; fails if one is none.
fn objects(program: &Program) -> Vec<Value> {
    let log = program.log();
    let object = |line: &str| {
        let value: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert!(value.is_object(), "{line}");
        value
    };
    log.lines().map(object).collect()
}

#[test]
fn a_failed_attempt_is_one_wide_line() {
    let receiver = Receiver::start();
    receiver.script("*", [Reply::status(503), Reply::status(200)]);
    let mut setup = Setup::local("logs-wide");
    setup.destination("crm", receiver.url("/hook"), "");
    setup.create_topics();
    let program = start(&setup, "info");
    setup.events(&[r#"{"type":"track"}"#]);
    program.counts("webhooks_deliveries_delivered_total", &[], 1.0);

    let lines = objects(&program);
    let failed: Vec<_> = lines.iter().filter(|line| line["message"] == "attempt failed").collect();
    assert_eq!(failed.len(), 1, "a success is no line at this level");
    let line = failed[0];
    assert_eq!(line["destination"], "crm");
    assert_eq!(line["delivery_id"].as_str(), receiver.requests()[0].header("webhook-id"));
    assert_eq!((line["attempt"].as_u64(), line["status"].as_u64()), (Some(1), Some(503)));
    assert_eq!(line["outcome"], "server_error");
    assert_eq!(line["error"], "the receiver answered 503");
    assert!(line["duration_ms"].as_f64().is_some_and(|ms| ms > 0.0 && ms < 60_000.0), "{line}");
    assert!(line["source"].as_str().is_some_and(|source| source.starts_with(&setup.topic("events"))), "{line}");
    assert!(!program.log().contains("/registry/src/"), "a line names a place on the machine that built this");
    for line in &lines {
        for field in ["timestamp", "level", "message", "target"] {
            assert!(line[field].is_string(), "{field} is missing in {line}");
        }
    }
    program.stop();
}

#[test]
fn no_line_shows_a_secret_a_body_or_a_query() {
    for level in ["info", "trace"] {
        let receiver = Receiver::start();
        let mut setup = Setup::local(&format!("logs-{level}"));
        setup.more = String::new();
        setup.retries = "{ tiers: [100ms], give_up_after: 1s, max_attempts: 2 }".to_owned();
        setup.tiers = vec!["100ms"];
        failing(&mut setup, &receiver);
        setup.create_topics();
        let program = start(&setup, level);
        setup.events(&[r#"{"type":"track","email":"BODY-OF-EVENT-4"}"#, "BODY-OF-EVENT-4"]);

        // Nine that fail, and the value that is no event.
        let dead = setup.wait_for("dead-letters", 10);
        program.counts("webhooks_deliveries_delivered_total", &[], 1.0);
        let delivered = receiver.requests().into_iter().find(|seen| seen.path == "/200?token=QUERY-TOKEN-2").unwrap();
        assert_eq!(delivered.header("authorization"), Some("Bearer HEADER-TOKEN-3"), "the secrets were in use");
        assert!(delivered.header("x-signature").is_some());
        let (_, metrics) = program.get("/metrics").unwrap();
        let failures = objects(&program).iter().filter(|line| line["message"] == "attempt failed").count();
        assert!(failures >= 17, "one rejected, eight tried twice: {failures}");
        for secret in SECRETS {
            let line = program.log().lines().find(|line| line.contains(secret)).map(str::to_owned);
            assert_eq!(line, None, "{secret} in the log at {level}");
            assert!(!metrics.contains(secret), "{secret} in the metrics");
            for letter in &dead {
                assert!(!format!("{:?}", letter.headers).contains(secret), "{secret} in {:?}", letter.headers);
            }
        }
        program.stop();
    }
}

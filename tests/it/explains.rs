//! The consumer explains what it would send, and a stranger can receive it: `explain` and `receive`.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::support::program::command;
use crate::support::wait::until;

/// Runs `explain --output json` over some lines with a configuration, and answers its lines.
fn explain(destinations: &str, lines: &str) -> Vec<Value> {
    explain_with(destinations, &[], lines)
}

fn explain_with(destinations: &str, options: &[&str], lines: &str) -> Vec<Value> {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("webhooks.yaml");
    std::fs::write(&config, format!("destinations:\n{destinations}")).unwrap();
    let mut command = command();
    command.arg("--config").arg(config).args(["explain", "--output", "json"]).args(options);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", output.status);
    output.stdout.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect()
}

fn fixtures(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

const CRM: &str = "  - { id: crm, type: webhooks, url: \"https://crm.example.com/hook\", shared_secret: s3cret }\n";

#[test]
fn the_integrations_object_decides_as_the_fixtures_say() {
    let cases = fixtures(include_str!("../fixtures/integrations.jsonl"));
    let event = |case: &Value| {
        let mut event = serde_json::json!({ "type": "track" });
        if let Some(integrations) = case.get("integrations") {
            event["integrations"] = integrations.clone();
        }
        format!("{event}\n")
    };
    let explained = explain(CRM, &cases.iter().map(event).collect::<String>());
    assert_eq!(explained.len(), cases.len());
    for (case, explained) in cases.iter().zip(&explained) {
        let names = case["names"].as_array().unwrap();
        let own = names.iter().position(|name| name == "Webhooks").unwrap();
        let expected = if case["enabled"][own] == true { "deliver" } else { "filtered" };
        assert_eq!(explained["decision"], expected, "{case}");
        let reason = (expected == "filtered").then_some("filtered_by_integrations_object");
        assert_eq!(explained["reason"].as_str(), reason, "{case}");
    }
}

#[test]
fn a_body_is_shown_byte_for_byte_and_signed() {
    let line = "{ \"type\": \"track\", \"n\": 1.0, \"2\": \"\\u00e9\", \"big\": 9007199254740993 }\n";
    let explained = explain(CRM, line);
    let request = &explained[0]["requests"][0];
    assert_eq!(request["body"], "{\"2\":\"é\",\"type\":\"track\",\"n\":1,\"big\":9007199254740993}");
    assert_eq!(request["method"], "POST");
    assert_eq!(request["url"], "https://crm.example.com/hook");
    assert_eq!(request["headers"]["user-agent"], "Segment.io/1.0");
    assert_eq!(request["headers"]["content-type"], "application/json");
    assert_eq!(request["headers"]["x-signature"].as_str().map(str::len), Some(40));
}

#[test]
fn what_is_no_event_is_one_line_without_a_destination() {
    let two = format!("{CRM}  - {{ id: off, type: webhooks, url: \"https://b.example.com/\", enabled: false }}\n");
    let explained = explain(&two, "nonsense\n{\"type\":\"video\"}\n");
    let of = |index: usize, key: &str| explained[index][key].clone();
    assert_eq!(explained.len(), 3);
    assert_eq!((of(0, "event"), of(0, "destination"), of(0, "reason")), (0.into(), Value::Null, "malformed".into()));
    assert_eq!((of(1, "destination"), of(1, "reason")), ("crm".into(), "unsupported_event_type".into()));
    assert_eq!((of(2, "destination"), of(2, "reason")), ("off".into(), "destination_disabled".into()));
    assert!(explained.iter().all(|line| line["mapping"].is_null() && line["requests"] == serde_json::json!([])));
}

#[test]
fn an_audience_record_is_explained_as_if_it_changed_something() {
    let destinations = format!(
        "{CRM}  - {{ id: one, type: webhooks, url: \"https://b.example.com/\", audiences: [vip], audience_calls: track }}\n  \
         - {{ id: deaf, type: webhooks, url: \"https://c.example.com/\", audiences: none }}\n"
    );
    let lines = [
        r#"{"audience":"VIP","userId":"u1","member":true,"messageId":"m","timestamp":"2026-01-31T08:00:00Z"}"#,
        r#"{"audience":"用户","userId":"u1","member":true}"#,
        r#"{"type":"delete","userId":"u1"}"#,
        r#"{"audience":"Others","userId":"u1","member":false,"integrations":{"All":false}}"#,
    ];
    let explained = explain_with(&destinations, &["--topic", "audiences"], &format!("{}\n", lines.join("\n")));
    let of = |index: usize| {
        let line = &explained[index];
        let text = |key: &str| line[key].as_str().unwrap_or("-").to_owned();
        (line["event"].as_u64().unwrap(), text("destination"), text("decision"), text("reason"))
    };
    let line = |event: u64, rest: [&str; 3]| {
        let [destination, decision, reason] = rest.map(str::to_owned);
        (event, destination, decision, reason)
    };
    let expected = [
        line(0, ["crm", "deliver", "-"]),
        line(0, ["one", "deliver", "-"]),
        line(0, ["deaf", "filtered", "filtered_by_rules"]),
        line(1, ["-", "invalid", "malformed"]),
        line(2, ["-", "filtered", "-"]),
        line(3, ["crm", "filtered", "filtered_by_integrations_object"]),
        line(3, ["one", "filtered", "filtered_by_integrations_object"]),
        line(3, ["deaf", "filtered", "filtered_by_integrations_object"]),
    ];
    assert_eq!((0..explained.len()).map(of).collect::<Vec<_>>(), expected);
    let personas = r#""context":{"personas":{"computation_class":"audience","computation_key":"vip"}}"#;
    let common = r#""messageId":"m","userId":"u1","timestamp":"2026-01-31T08:00:00Z""#;
    let body = |index: usize| explained[index]["requests"][0]["body"].as_str().unwrap().to_owned();
    assert_eq!(body(0), format!(r#"{{"type":"identify",{common},"traits":{{"vip":true}},{personas}}}"#));
    let properties = r#""properties":{"audience_key":"vip","vip":true}"#;
    assert_eq!(body(1), format!(r#"{{"type":"track","event":"Audience Entered",{common},{personas},{properties}}}"#));
}

/// A running `receive`, ended by its process id when it is dropped.
struct Receiving(Child, String);

impl Receiving {
    fn start(args: &[&str]) -> Self {
        let mut command = command();
        command.args(["receive", "--listen", "127.0.0.1:0"]).args(args);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stderr.take().unwrap()).read_line(&mut line).unwrap();
        let url = line.trim().strip_prefix("listening on ").unwrap_or_else(|| panic!("{line}")).to_owned();
        Self(child, url)
    }

    fn end(mut self) -> String {
        let ended = Command::new("kill").arg("-TERM").arg(self.0.id().to_string()).status().unwrap();
        assert!(ended.success());
        until("the end of the receiver", Duration::from_secs(10), || self.0.try_wait().unwrap());
        std::io::read_to_string(self.0.stdout.take().unwrap()).unwrap()
    }
}

impl Drop for Receiving {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

fn post(url: &str, signature: Option<&str>) -> u16 {
    let address = url.strip_prefix("http://").unwrap();
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    let signature = signature.map(|signature| format!("X-Signature: {signature}\r\n")).unwrap_or_default();
    write!(stream, "POST /hook?a=b HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{signature}content-length: 13\r\n\r\n{{\"cool\":true}}")
        .unwrap();
    let answer = std::io::read_to_string(stream).unwrap();
    answer.split(' ').nth(1).unwrap().parse().unwrap()
}

#[test]
fn a_receiver_says_whether_the_signature_holds_and_fails_as_told() {
    let receiving = Receiving::start(&["--secret", "abc123", "--fail-first", "1", "--status", "202"]);
    let url = receiving.1.clone();
    let published = "5099cab379b3be52908387457007040cc934ef86";
    assert_eq!(post(&url, Some(published)), 503);
    assert_eq!(post(&url, Some("5099")), 202);
    assert_eq!(post(&url, None), 202);
    let printed = receiving.end();
    let verdicts: Vec<&str> = printed.lines().filter(|line| line.starts_with('→')).collect();
    assert_eq!(verdicts, ["→ signature holds, 503", "→ signature differs, 202", "→ not signed, 202"]);
    assert!(printed.contains("POST /hook?a=b\n") && printed.contains("\n{\"cool\":true}\n"), "{printed}");
}

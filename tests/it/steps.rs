//! The consumer shows each step to a person: what `explain` tells of triggers, filters and requests, and which tests of the
//! file `check` says fail.

use std::io::Write as _;
use std::process::{Output, Stdio};

use crate::support::program::command;

const DESTINATIONS: &str = r#"
destinations:
  - id: crm
    type: webhooks
    url: https://crm.example.com/hook
    filters:
      - title: no mail
        if: all
        actions: [{ type: drop_properties, fields: { properties: [mail] } }]
      - title: no tests
        if: 'contains(event, "Test")'
        actions: [{ type: drop }]
  - id: shop
    type: webhooks_actions
    mappings:
      - { name: orders, trigger: 'event = "Order"', url: "https://shop.example.com/", data: { id: { "@path": $.userId } } }
      - { name: all, trigger: 'type = "track"', url: "https://shop.example.com/all", enable_batching: true }
      - { name: "off", enabled: false, trigger: 'type = "track"', url: "https://shop.example.com/off" }
  - id: pages
    type: webhooks_actions
    mappings:
      - { trigger: 'type = "page"', url: "https://pages.example.com/" }
"#;

/// Runs a command with these destinations and more of the file.
fn run(more: &str, args: &[&str], lines: &str) -> Output {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("webhooks.yaml"), format!("{DESTINATIONS}{more}")).unwrap();
    let mut command = command();
    command.current_dir(folder.path()).args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

#[test]
fn explain_tells_a_person_each_step() {
    let lines = [
        r#"{"type":"track","event":"Order","userId":"u1","properties":{"mail":"m"}}"#,
        r#"{"type":"track","event":"Test"}"#,
        "nonsense",
    ];
    let output = run("", &["explain"], &format!("{}\n", lines.join("\n")));
    let expected = r#"event 0  track "Order"
  crm    -       deliver   without what filter 1 (`no mail`) takes out
      POST https://crm.example.com/hook
      content-type: application/json
      user-agent: Segment.io/1.0

      {"type":"track","event":"Order","userId":"u1","properties":{}}

  shop   orders  deliver
      POST https://shop.example.com/
      content-type: application/json
      user-agent: Segment (Actions)

      {"id":"u1"}

  shop   all     deliver
      POST https://shop.example.com/all
      content-type: application/json
      user-agent: Segment (Actions)

      [{"type":"track","event":"Order","userId":"u1","properties":{"mail":"m"}}]

  shop   off     filtered  the mapping is not enabled
  pages  -       filtered  none of its mappings wants the event
         -       filtered  `type = "page"` does not hold; the event has "track" there

event 1  track "Test"
  crm    -       filtered  filter 2 (`no tests`): it drops such events
  shop   orders  filtered  `event = "Order"` does not hold; the event has "Test" there
  shop   all     deliver
      POST https://shop.example.com/all
      content-type: application/json
      user-agent: Segment (Actions)

      [{"type":"track","event":"Test"}]

  shop   off     filtered  the mapping is not enabled
  pages  -       filtered  none of its mappings wants the event
         -       filtered  `type = "page"` does not hold; the event has "track" there

event 2  ?
  -      -       invalid   the value is not JSON at byte 1

"#;
    assert_eq!(text(output.stdout), expected);
}

#[test]
fn a_line_for_programs_is_about_a_mapping_or_about_the_destination_as_a_whole() {
    let output = run("", &["explain", "--output", "json"], "{\"type\":\"track\",\"event\":\"Test\"}\n");
    let of = |line: &str| {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        ["destination", "mapping", "decision", "reason"].map(|key| line[key].as_str().unwrap_or("-").to_owned())
    };
    let expected = [
        ["crm", "-", "filtered", "filtered_by_rules"],
        ["shop", "orders", "filtered", "no_matching_mapping"],
        ["shop", "all", "deliver", "-"],
        ["shop", "off", "filtered", "no_matching_mapping"],
        ["pages", "-", "filtered", "no_matching_mapping"],
    ];
    assert_eq!(text(output.stdout).lines().map(of).collect::<Vec<_>>(), expected);
}

#[test]
fn tests_of_the_file_that_hold_are_counted() {
    let tests = r#"
tests:
  - name: an order
    event: { type: track, event: Order, userId: u1 }
    destination: shop
    mapping: orders
    expect: { request: { method: POST, url: "https://shop.example.com", body: { id: u1 } } }
  - event: { type: track, event: Order, userId: u1 }
    destination: shop
    expect: { request: { body: '[{"type":"track","event":"Order","userId":"u1"}]' } }
  - event: { type: track, event: A Test }
    destination: crm
    expect: { reason: filtered_by_rules }
  - event: { audience: VIP, userId: u1, member: true }
    topic: audiences
    destination: pages
    expect: { reason: no_matching_mapping }
"#;
    let output = run(tests, &["check"], "");
    assert_eq!(text(output.stderr), "");
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(text(output.stdout), "webhooks.yaml: ok, 3 destinations, 4 tests passed\n");
}

#[test]
fn a_test_that_fails_is_told_with_its_place_and_what_differs() {
    let tests = r#"
tests:
  - name: an order
    event: { type: track, event: Order, userId: u1 }
    destination: shop
    mapping: orders
    expect: { request: { method: PUT, body: { id: u2 } } }
  - event: { type: track, event: Order }
    destination: pages
    expect: { request: { method: POST } }
  - event: { type: track, event: Order }
    destination: crm
    expect: { reason: filtered_by_rules }
  - event: { type: track, event: Test }
    destination: crm
    expect: { reason: filtered_by_rules }
"#;
    let output = run(tests, &["check"], "");
    assert_eq!((output.status.code(), text(output.stdout)), (Some(1), String::new()));
    let told = text(output.stderr);
    let first = DESTINATIONS.lines().count() + 3;
    let [order, pages, crm] = [first, first + 5, first + 8];
    let expected = format!(
        r#"webhooks.yaml:{order}: test `an order` failed (destination shop, mapping orders)
  method: expected PUT, found POST
  body at $.id: expected "u2", found "u1"
webhooks.yaml:{pages}: test failed (destination pages)
  request: expected one, found no_matching_mapping (none of its mappings wants the event; `type = "page"` does not hold; the event has "track" there)
webhooks.yaml:{crm}: test failed (destination crm)
  reason: expected filtered_by_rules, found POST https://crm.example.com/hook
webhooks.yaml: 3 of 4 tests failed
"#
    );
    assert_eq!(told, expected);
}
